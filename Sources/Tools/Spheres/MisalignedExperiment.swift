import Datasets
import Kernels
import ToolSupport

/// Example 8 of the paper: the classifier that does not look at the last coordinate, on 10 million and 2 million
/// samples, and on those samples with that coordinate moved. Streams: memory does not grow with the counts.
struct MisalignedExperiment {
  let spheres: Spheres
  let seed: UInt64
  let console: Console

  static let trainingCount = 10_000_000
  static let testCount = 2_000_000

  /// Counts of right answers.
  struct Outcome {
    var samples = 0
    var correct = 0
    var correctPerturbed = 0
    var accuracy: Double { Double(correct) / Double(samples) }
    var accuracyPerturbed: Double { Double(correctPerturbed) / Double(samples) }
  }

  /// Runs one split.
  func run(_ split: String, count: Int) throws -> Outcome {
    let stream = RandomStream(seed: seed, name: "spheres misaligned \(split)")
    let classifier = MisalignedClassifier(spheres: spheres)
    let progress = Progress("example 8, \(split)", total: count, unit: "samples", console: console)
    var outcome = Outcome()
    for start in stride(from: 0, to: count, by: 8192) {
      try Interrupt.check()
      let (points, classes) = spheres.samples(start..<min(start + 8192, count), from: stream)
      outcome.samples += classes.count
      outcome.correct += zip(classifier.classify(points), classes).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }
      // The oracle's class after the move: the outer sphere for all.
      let moved = classifier.perturbed(points, classes: classes)
      outcome.correctPerturbed += zip(classifier.classify(moved), norms(moved)).reduce(0) {
        $0 + ($1.0 == spheres.oracle(norm: $1.1) ? 1 : 0)
      }
      progress.update(done: outcome.samples)
    }
    progress.finish()
    return outcome
  }

  private func norms(_ points: Matrix) -> [Double] {
    (0..<points.rows).map { row in
      points.values[(row * points.columns)..<((row + 1) * points.columns)].reduce(0) {
        $0 + Double($1) * Double($1)
      }.squareRoot()
    }
  }
}
