import Datasets
import Flow
import Kernels
import ToolSupport

/// A fresh classifier of the nuisance z_n of a frozen network: what is still to be read there about the class.
///
/// The one that plays against the network in training is fooled long before a fresh one is, so that this is the only one
/// that counts.
struct NuisanceProbe {
  let hidden: Int
  let epochs: Int
  let seed: UInt64
  let console: Console

  /// What it came to.
  struct Outcome {
    var trainError: Double
    var testError: Double
    /// max(0, H(y) − cross-entropy on the test set) ≤ I(y; z_n), in nats (Barber & Agakov 2003; paper, lemma 10).
    var information: Double
    var trainInformation: Double

    /// Records all of it under a path; beside the others where that is empty.
    func record(in metrics: inout Metrics, at path: String) {
      let prefix = path.isEmpty ? "" : "\(path)."
      metrics["\(prefix)train_error"] = .number(trainError)
      metrics["\(prefix)test_error"] = .number(testError)
      metrics["\(prefix)information_lower_bound_nats"] = .number(information)
      metrics["\(prefix)train_information_lower_bound_nats"] = .number(trainInformation)
    }
  }

  /// Trains on the codes `train`, rows of z whose first `classes` columns are left out, and tests on `test`. Both are
  /// standardised by the training codes' moments in place.
  func run(
    train: inout Matrix, _ trainLabels: [UInt8], test: inout Matrix, _ testLabels: [UInt8], classes: Int, label: String
  ) throws -> Outcome {
    let columns = classes..<train.columns
    let moments = ColumnMoments(train)
    moments.standardise(&train)
    moments.standardise(&test)
    let network = RectifierNetwork(
      widths: [columns.count, hidden, hidden, classes],
      random: RandomStream(seed: seed, name: "fresh nuisance classifier"))
    let source = MatrixSource(samples: train, columns: columns, labels: trainLabels)
    var trainer = Trainer(
      learner: CrossEntropyLearner(model: network, optimiser: Adam(learningRate: 1e-3)), batch: 128, seed: seed,
      schedule: .linearDecay(lastFraction: 0.7), plannedEpochs: epochs)
    _ = try TrainingRun(name: label, unit: "codes", epochs: epochs, console: console).run(
      &trainer, on: source, afterEpoch: { _, _ in "" })
    let model = trainer.learner.model
    let held = MatrixSource(samples: test, columns: columns, labels: testLabels)
    let entropy = Self.entropy(trainLabels, classes: classes)
    return Outcome(
      trainError: 1 - model.accuracy(source, batch: 2000), testError: 1 - model.accuracy(held, batch: 2000),
      information: max(0, entropy - Self.crossEntropy(model, held)),
      trainInformation: max(0, entropy - Self.crossEntropy(model, source)))
  }

  private static func crossEntropy(_ model: RectifierNetwork, _ source: MatrixSource) -> Double {
    var total = 0.0
    forEachBatch(of: source.labels.count, size: 2000) { range in
      let logits = model.logits(source.batch(Array(range), epoch: 0))
      total += softmaxCrossEntropy(logits, labels: Array(source.labels[range])).loss * Double(range.count)
    }
    return total / Double(max(source.labels.count, 1))
  }

  /// H(y) of the labels' frequencies, in nats.
  private static func entropy(_ labels: [UInt8], classes: Int) -> Double {
    var counts = [Int](repeating: 0, count: classes)
    for label in labels { counts[Int(label)] += 1 }
    return counts.reduce(0) { sum, count in
      guard count > 0 else { return sum }
      let share = Double(count) / Double(labels.count)
      return sum - share * naturalLogarithm(share)
    }
  }
}

/// Mean and deviation of every column of a matrix.
private struct ColumnMoments {
  private let mean: [Float]
  private let inverseDeviation: [Float]

  init(_ matrix: Matrix) {
    let columns = matrix.columns
    let count = Double(max(matrix.rows, 1))
    var sums = [Double](repeating: 0, count: columns)
    for row in 0..<matrix.rows {
      for column in 0..<columns { sums[column] += Double(matrix.values[row * columns + column]) }
    }
    let means = sums.map { $0 / count }
    var squares = [Double](repeating: 0, count: columns)
    for row in 0..<matrix.rows {
      for column in 0..<columns {
        let difference = Double(matrix.values[row * columns + column]) - means[column]
        squares[column] += difference * difference
      }
    }
    mean = means.map { Float($0) }
    inverseDeviation = squares.map { Float(1 / ($0 / count + 1e-12).squareRoot()) }
  }

  func standardise(_ matrix: inout Matrix) {
    let columns = matrix.columns
    for row in 0..<matrix.rows {
      for column in 0..<columns {
        let place = row * columns + column
        matrix.values[place] = (matrix.values[place] - mean[column]) * inverseDeviation[column]
      }
    }
  }
}
