import Kernels

extension [Float] {
  /// Takes the values, or adds them to those it has.
  mutating func accumulate(_ values: [Float], _ accumulation: Accumulation) {
    precondition(values.count == count, "accumulate: expected \(count) values, found \(values.count)")
    switch accumulation {
    case .replace: self = values
    case .add: for index in indices { self[index] += values[index] }
    }
  }
}
