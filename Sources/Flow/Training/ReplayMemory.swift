import Kernels

/// The last few batches of something, by number: what a classifier is shown again so that it does not forget.
struct ReplayMemory: Sendable {
  private let capacity: Int
  private let batch: Int
  private let width: Int
  /// `[place][sample][value]`, samples that a smaller batch lacks undefined.
  private var values: [Float]
  private var labels: [Float]
  private var counts: [Float]
  private var seen: [Float] = [0]

  init(capacity: Int, batch: Int, width: Int) {
    precondition(capacity >= 1, "replay: expected room for at least 1 batch, found \(capacity)")
    self.capacity = capacity
    self.batch = batch
    self.width = width
    values = [Float](repeating: 0, count: capacity * batch * width)
    labels = [Float](repeating: 0, count: capacity * batch)
    counts = [Float](repeating: 0, count: capacity)
  }

  /// Takes the place of the oldest batch.
  mutating func remember(_ x: Activation, labels newLabels: [UInt8]) {
    let place = Int(seen[0]) % capacity
    let rows = x.matrix()
    values.replaceSubrange((place * batch * width)..<(place * batch * width + rows.values.count), with: rows.values)
    for (index, label) in newLabels.enumerated() { labels[place * batch + index] = Float(label) }
    counts[place] = Float(x.samples)
    // A float counts exactly to 2²⁴; beyond, only the place matters.
    seen[0] = seen[0] >= 8_388_608 ? Float(place + 1 + capacity) : seen[0] + 1
  }

  /// A batch of those remembered, the one that number `index` of a seeded sequence says.
  func recall(at index: UInt64, seed: UInt64) -> (x: Activation, labels: [UInt8]) {
    let known = min(Int(seen[0]), capacity)
    let place = RandomStream(seed: seed, name: "replay").integer(below: max(known, 1), at: index)
    let count = Int(counts[place])
    let start = place * batch * width
    let rows = Matrix(rows: count, columns: width, values: Array(values[start..<(start + count * width)]))
    return (Activation(rowsOf: rows), labels[(place * batch)..<(place * batch + count)].map { UInt8($0) })
  }

  mutating func visitState(prefix: String, _ visit: (Parameter, inout [Float]) -> Void) {
    visit(Parameter(name: prefix + "values", shape: [capacity, batch, width]), &values)
    visit(Parameter(name: prefix + "labels", shape: [capacity, batch]), &labels)
    visit(Parameter(name: prefix + "counts", shape: [capacity]), &counts)
    visit(Parameter(name: prefix + "seen", shape: [1]), &seen)
  }
}
