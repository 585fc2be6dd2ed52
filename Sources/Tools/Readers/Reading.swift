import Kernels
import ToolSupport

/// What a reader made of codes.
struct Reading: Equatable {
  /// Its error in the last epoch of its training, as it trained: on augmented images, with what dropout left. Nil for a
  /// reader that is not trained in epochs.
  var trainError: Double?
  /// Its error on test images as they are.
  var error: Double
  /// Its cross-entropy there, in nats.
  var crossEntropy: Double
  /// H(y) of the test labels, in nats.
  var entropy: Double

  /// max(0, H(y) − cross-entropy), in nats: a bound from below on the information that what was read has about the class
  /// (Barber & Agakov 2003; paper, lemma 10).
  var information: Double { max(0, entropy - crossEntropy) }

  /// The reading of samples of which half were read one way and the rest another.
  static func mean(_ parts: [(reading: Reading, count: Int)], entropy: Double) -> Reading {
    let total = Double(max(parts.reduce(0) { $0 + $1.count }, 1))
    func mean(_ value: (Reading) -> Double) -> Double {
      parts.reduce(0) { $0 + value($1.reading) * Double($1.count) } / total
    }
    return Reading(error: mean { $0.error }, crossEntropy: mean { $0.crossEntropy }, entropy: entropy)
  }

  /// H(y) of the labels' frequencies, in nats.
  static func entropy(of labels: [UInt8]) -> Double {
    var counts = [Int](repeating: 0, count: 256)
    for label in labels { counts[Int(label)] += 1 }
    return counts.reduce(0) { sum, count in
      guard count > 0 else { return sum }
      let share = Double(count) / Double(labels.count)
      return sum - share * naturalLogarithm(share)
    }
  }

  /// Records all of it under a path.
  func record(in metrics: inout Metrics, at path: String) {
    if let trainError { metrics["\(path).train_error"] = .number(trainError) }
    metrics["\(path).test_error"] = .number(error)
    metrics["\(path).cross_entropy_nats"] = .number(crossEntropy)
    metrics["\(path).information_lower_bound_nats"] = .number(information)
  }
}
