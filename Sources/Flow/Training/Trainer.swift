import Kernels

/// Training stopped because a number was no longer finite.
public struct TrainingDiverged: Error, CustomStringConvertible, Sendable {
  /// The step, counted from 1 over all epochs.
  public let step: Int
  /// The first layer whose parameters or output were not finite.
  public let part: String

  /// The step and the part, in words.
  public var description: String { "training diverged at step \(step): \(part) is not finite" }
}

/// The one trainer: batches in a seeded order, one optimiser step a batch.
///
/// The order of epoch e depends on the seed and e alone, so that a resumed run draws what it would have drawn.
public struct Trainer<Model: Classifier>: Sendable {
  /// The model as trained so far.
  public private(set) var model: Model
  /// The optimiser with its moments.
  public private(set) var optimiser: Adam
  /// Epochs completed.
  public private(set) var epochs = 0
  private var gradient: Model
  private let batch: Int
  private let seed: UInt64

  /// A trainer at step 0, with batches of `batch` samples.
  public init(model: Model, optimiser: Adam, batch: Int, seed: UInt64) {
    precondition(batch >= 1, "trainer: expected batches of at least 1, found \(batch)")
    self.model = model
    self.optimiser = optimiser
    gradient = model
    self.batch = batch
    self.seed = seed
  }

  /// What one epoch came to, over its batches as they were trained on.
  public struct Epoch: Sendable {
    /// Mean cross-entropy in nats.
    public let loss: Double
    /// Fraction classified rightly.
    public let accuracy: Double
  }

  /// One pass over all rows of `samples`, or the given columns of them; the last batch may be smaller. `progress` is called after every step with the
  /// samples done and that batch's loss, and may stop training by throwing.
  public mutating func runEpoch(
    samples: Matrix, columns: Range<Int>? = nil, labels: [UInt8], progress: (_ done: Int, _ loss: Double) throws -> Void
  ) throws -> Epoch {
    precondition(samples.rows == labels.count, "trainer: \(samples.rows) samples and \(labels.count) labels")
    let order = RandomStream(seed: seed, name: "order of epoch \(epochs)").permutation(count: samples.rows)
    var loss = 0.0
    var correct = 0
    var start = 0
    while start < order.count {
      let indices = Array(order[start..<min(start + batch, order.count)])
      let x = Activation(gathering: indices, from: samples, columns: columns)
      let result = model.loss(x, labels: indices.map { labels[$0] }, gradient: &gradient)
      guard result.loss.isFinite else { throw diverged(x) }
      optimiser.update(&model, gradient: &gradient)
      loss += result.loss * Double(indices.count)
      correct += result.correct
      start += indices.count
      try progress(start, result.loss)
    }
    epochs += 1
    let count = Double(max(order.count, 1))
    return Epoch(loss: loss / count, accuracy: Double(correct) / count)
  }

  private func diverged(_ x: Activation) -> TrainingDiverged {
    let broken = model.parameters().first { !$0.values.allSatisfy(\.isFinite) }
    let part = broken.map { "parameter \($0.parameter.name)" } ?? model.firstNonFinitePart(x) ?? "the loss"
    return TrainingDiverged(step: optimiser.steps + 1, part: part)
  }
}

extension Classifier {
  /// The class of every row, or of the given columns of it, in batches that bound the memory.
  public func classify(_ samples: Matrix, columns: Range<Int>? = nil, batch: Int = 2000) -> [UInt8] {
    var classes: [UInt8] = []
    classes.reserveCapacity(samples.rows)
    forEachBatch(of: samples.rows, size: batch) { rows in
      classes += logits(Activation(gathering: Array(rows), from: samples, columns: columns)).argmaxChannels().map {
        UInt8($0)
      }
    }
    return classes
  }

  /// The fraction of rows whose class is their label.
  public func accuracy(_ samples: Matrix, columns: Range<Int>? = nil, labels: [UInt8]) -> Double {
    precondition(
      samples.rows == labels.count && samples.rows > 0, "accuracy: expected a label for each of some samples")
    let hits = zip(classify(samples, columns: columns), labels).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }
    return Double(hits) / Double(labels.count)
  }
}

/// Calls `body` with consecutive ranges of at most `size` that cover 0..<count.
public func forEachBatch(of count: Int, size: Int, _ body: (Range<Int>) throws -> Void) rethrows {
  var start = 0
  while start < count {
    let end = min(start + size, count)
    try body(start..<end)
    start = end
  }
}
