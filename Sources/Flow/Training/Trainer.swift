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

/// What one epoch came to, over its batches as they were trained on.
public struct EpochOutcome: Sendable {
  /// Mean loss in nats.
  public var loss = 0.0
  /// Fraction classified rightly.
  public var accuracy = 0.0
  /// Means of the learner's other figures.
  public var figures: [(name: String, value: Double)] = []
}

/// The one trainer: batches in a seeded order, one step of the learner a batch.
///
/// The order of epoch e depends on the seed and e alone, so that a resumed run draws what it would have drawn.
public struct Trainer<Student: Learner>: Sendable {
  /// What is trained.
  public private(set) var learner: Student
  /// Epochs completed.
  public private(set) var epochs = 0
  private let batch: Int
  private let seed: UInt64
  private let rate: Float
  private let schedule: LearningRateSchedule
  private let plannedEpochs: Int

  /// A trainer at step 0, with batches of `batch` samples. A schedule that decays, or a learner whose objective changes,
  /// is told how far training is by `plannedEpochs`.
  public init(
    learner: Student, batch: Int, seed: UInt64, schedule: LearningRateSchedule = .constant, plannedEpochs: Int = 1
  ) {
    precondition(batch >= 1, "trainer: expected batches of at least 1, found \(batch)")
    self.learner = learner
    self.batch = batch
    self.seed = seed
    self.schedule = schedule
    self.plannedEpochs = plannedEpochs
    rate = learner.learningRate
  }

  /// One pass over all samples of `source`; the last batch may be smaller. `progress` is called after every step with the
  /// samples done and that batch's outcome, and may stop training by throwing.
  ///
  /// - Throws: `TrainingDiverged` where a loss is not finite, and what `progress` throws.
  public mutating func runEpoch(
    _ source: some BatchSource, progress: (_ done: Int, _ outcome: StepOutcome) throws -> Void
  ) throws -> EpochOutcome {
    let order = RandomStream(seed: seed, name: "order of epoch \(epochs)").permutation(count: source.labels.count)
    var total = EpochOutcome()
    var start = 0
    while start < order.count {
      let indices = Array(order[start..<min(start + batch, order.count)])
      let x = source.batch(indices, epoch: epochs)
      let done = Double(epochs) + Double(start) / Double(order.count)
      learner.learningRate = rate * Float(schedule.factor(done: done, total: Double(plannedEpochs)))
      let outcome = learner.learn(
        x, labels: indices.map { source.labels[$0] }, progress: done / Double(plannedEpochs))
      guard outcome.loss.isFinite else {
        throw TrainingDiverged(step: learner.steps + 1, part: learner.firstNonFinitePart(x) ?? "the loss")
      }
      let share = Double(indices.count) / Double(order.count)
      total.loss += outcome.loss * Double(indices.count)
      total.accuracy += Double(outcome.correct)
      if total.figures.isEmpty { total.figures = outcome.figures.map { ($0.name, 0) } }
      for (index, figure) in outcome.figures.enumerated() { total.figures[index].value += share * figure.value }
      start += indices.count
      try progress(start, outcome)
    }
    epochs += 1
    let count = Double(max(order.count, 1))
    total.loss /= count
    total.accuracy /= count
    return total
  }

  /// Visits everything that the next epoch depends on; see `Learner`.
  public mutating func visitState(_ visit: (Parameter, inout [Float]) -> Void) {
    var counter = [Float(epochs)]
    visit(Parameter(name: "trainer.epochs", shape: [1]), &counter)
    epochs = Int(counter[0])
    learner.visitState(visit)
  }
}

extension Trainer {
  /// Cross-entropy training with Adam.
  public init<Model: Classifier>(
    model: Model, optimiser: Adam, batch: Int, seed: UInt64
  ) where Student == CrossEntropyLearner<Model, Adam> {
    self.init(learner: CrossEntropyLearner(model: model, optimiser: optimiser), batch: batch, seed: seed)
  }
}

extension Classifier {
  /// The class of every row, or of the given columns of it, in batches that bound the memory.
  public func classify(_ samples: Matrix, columns: Range<Int>? = nil, batch: Int = 2000) -> [UInt8] {
    let source = MatrixSource(
      samples: samples, columns: columns, labels: [UInt8](repeating: 0, count: samples.rows))
    return classify(source, batch: batch)
  }

  /// The class of every sample, in batches that bound the memory.
  public func classify(_ source: some BatchSource, batch: Int) -> [UInt8] {
    var classes: [UInt8] = []
    classes.reserveCapacity(source.labels.count)
    forEachBatch(of: source.labels.count, size: batch) { range in
      classes += logits(source.batch(Array(range), epoch: 0)).argmaxChannels().map { UInt8($0) }
    }
    return classes
  }

  /// The fraction of rows whose class is their label.
  public func accuracy(_ samples: Matrix, columns: Range<Int>? = nil, labels: [UInt8]) -> Double {
    accuracy(MatrixSource(samples: samples, columns: columns, labels: labels), batch: 2000)
  }

  /// The mean cross-entropy in nats and the fraction of samples whose class is not their label, in batches that bound the
  /// memory.
  public func evaluate(_ source: some BatchSource, batch: Int) -> (crossEntropy: Double, error: Double) {
    precondition(!source.labels.isEmpty, "evaluate: expected a label for each of some samples")
    var (nats, correct) = (0.0, 0)
    forEachBatch(of: source.labels.count, size: batch) { range in
      let logits = logits(source.batch(Array(range), epoch: 0))
      let outcome = softmaxCrossEntropy(logits, labels: Array(source.labels[range]))
      nats += outcome.loss * Double(range.count)
      correct += outcome.correct
    }
    let count = Double(source.labels.count)
    return (nats / count, 1 - Double(correct) / count)
  }

  /// The fraction of samples whose class is their label.
  public func accuracy(_ source: some BatchSource, batch: Int) -> Double {
    precondition(!source.labels.isEmpty, "accuracy: expected a label for each of some samples")
    let hits = zip(classify(source, batch: batch), source.labels).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }
    return Double(hits) / Double(source.labels.count)
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
