import Flow
import Kernels
import Testing

/// The game on vectors: two clouds, and a bijection of a few numbers.
struct IndependenceLearnerTests {
  private typealias Student = IndependenceLearner<DenseFiRevNet>

  private static let dimension = 8

  private func student(seed: UInt64 = 61) -> Student {
    let network = DenseFiRevNet(dimension: Self.dimension, blocks: 3, hidden: 12, seed: seed)
    var settings = IndependenceSettings()
    settings.nuisanceHidden = 16
    settings.replay = 4
    return IndependenceLearner(
      classifier: BijectiveClassifier(network: network, classes: 2, logitScale: 3), dimensions: Self.dimension,
      optimiser: Adamax(learningRate: 1e-2), batch: 24, settings: settings, seed: seed)
  }

  private func trainer(planned: Int) -> Trainer<Student> {
    Trainer(
      learner: student(), batch: 24, seed: 62, schedule: .linearDecay(lastFraction: 0.5), plannedEpochs: planned)
  }

  /// Every number is the class, and noise.
  private var source: MatrixSource {
    let count = 250
    var rows = Matrix(
      rows: count, columns: Self.dimension,
      values: RandomStream(seed: 63, name: "clouds").gaussians(count: count * Self.dimension))
    let labels = (0..<count).map { UInt8($0 % 2) }
    for row in 0..<count {
      for column in 0..<Self.dimension { rows[row, column] += labels[row] == 0 ? 1.5 : -1.5 }
    }
    return MatrixSource(samples: rows, labels: labels)
  }

  private func state(_ trainer: Trainer<Student>) -> [(parameter: Parameter, values: [Float])] {
    var copy = trainer
    var result: [(parameter: Parameter, values: [Float])] = []
    copy.visitState { parameter, values in result.append((parameter, values)) }
    return result
  }

  @Test("A state put into a fresh learner goes on to the bit")
  func resume() throws {
    var whole = trainer(planned: 4)
    for _ in 0..<2 { _ = try whole.runEpoch(source) { _, _ in } }
    let saved = state(whole)
    #expect(Set(saved.map(\.parameter.name)).count == saved.count, "names are unique")
    for _ in 0..<2 { _ = try whole.runEpoch(source) { _, _ in } }

    var resumed = trainer(planned: 4)
    var index = 0
    resumed.visitState { parameter, values in
      #expect(parameter == saved[index].parameter && values.count == saved[index].values.count)
      values = saved[index].values
      index += 1
    }
    #expect(index == saved.count && resumed.epochs == 2)
    for _ in 0..<2 { _ = try resumed.runEpoch(source) { _, _ in } }
    for (one, other) in zip(state(whole), state(resumed)) {
      #expect(one.values == other.values, "\(one.parameter.name)")
    }
  }

  @Test("The classes are learned, and what the nuisance classifier reads falls")
  func learns() throws {
    var trainer = trainer(planned: 30)
    var outcomes: [EpochOutcome] = []
    for _ in 0..<30 { outcomes.append(try trainer.runEpoch(source) { _, _ in }) }
    func figure(_ name: String, _ outcome: EpochOutcome) throws -> Double {
      try #require(outcome.figures.first { $0.name == name }).value
    }
    let last = outcomes[29]
    #expect(last.accuracy > 0.97, "seeds 61 to 63: \(last.accuracy)")
    let before = try figure("uniform_cross_entropy", outcomes[3])
    let after = try figure("uniform_cross_entropy", last)
    #expect(after < before, "seeds 61 to 63: \(before), then \(after)")
    #expect(try figure("nats_per_dimension", last) < figure("nats_per_dimension", outcomes[0]))
  }

  @Test("A number that is not finite stops it before it spreads")
  func diverges() throws {
    var rows = source.samples
    rows[7, 3] = .infinity
    var trainer = trainer(planned: 1)
    #expect(throws: TrainingDiverged.self) {
      _ = try trainer.runEpoch(MatrixSource(samples: rows, labels: source.labels)) { _, _ in }
    }
    #expect(trainer.learner.encoder.parameters().allSatisfy { $0.values.allSatisfy(\.isFinite) })
  }
}
