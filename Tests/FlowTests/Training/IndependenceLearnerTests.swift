import Flow
import Kernels
import TestSupport
import Testing

/// The game on vectors: two clouds, and a bijection of a few numbers.
struct IndependenceLearnerTests {
  private typealias Student = IndependenceLearner<DenseFiRevNet>

  private static let dimension = 8

  private func student(
    seed: UInt64 = 61, network: DenseFiRevNet? = nil, change: (inout IndependenceSettings) -> Void = { _ in }
  ) -> Student {
    let network = network ?? DenseFiRevNet(dimension: Self.dimension, blocks: 3, hidden: 12, seed: seed)
    var settings = IndependenceSettings()
    settings.nuisanceHidden = 16
    settings.replay = 4
    change(&settings)
    return IndependenceLearner(
      classifier: BijectiveClassifier(network: network, classes: 2, logitMap: .fixed(3)), dimensions: Self.dimension,
      classMean: 3,
      optimiser: Adamax(learningRate: 1e-2), batch: 24, settings: settings, seed: seed)
  }

  private func trainer(planned: Int, change: (inout IndependenceSettings) -> Void = { _ in }) -> Trainer<Student> {
    Trainer(
      learner: student(change: change), batch: 24, seed: 62, schedule: .linearDecay(lastFraction: 0.5),
      plannedEpochs: planned)
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

  /// Everything that a learner may have.
  private static func everything(_ settings: inout IndependenceSettings) {
    settings.gainWeight = 2
    settings.inverseGainWeight = 1
    settings.whitening = WhiteningSettings()
    settings.whitening?.interval = 3
    settings.nuisanceClassifiers = 2
    settings.nuisanceReset = 9
    settings.nuisanceNoise = 0.3
    settings.nuisanceScale = .whole
  }

  @Test("A state put into a fresh learner goes on to the bit", arguments: [false, true])
  func resume(hasEverything: Bool) throws {
    let change: (inout IndependenceSettings) -> Void = { if hasEverything { Self.everything(&$0) } }
    var whole = trainer(planned: 4, change: change)
    for _ in 0..<2 { _ = try whole.runEpoch(source) { _, _ in } }
    let saved = state(whole)
    #expect(Set(saved.map(\.parameter.name)).count == saved.count, "names are unique")
    for _ in 0..<2 { _ = try whole.runEpoch(source) { _, _ in } }

    var resumed = trainer(planned: 4, change: change)
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

  /// Adamax's first step is the rate against the gradient's sign, for every parameter: it must lead down the very loss that is
  /// reported wherever a step of 2⁻⁷ changes that by more than rounding does. Losses are below 30, of some fifty roundings: 1e-4.
  @Test(
    "The first step leads down the loss, all its terms included",
    arguments: [0, 3] as [Float], [true, false])
  func downhill(gainWeight: Float, knowsClass: Bool) {
    let network = perturbed(DenseFiRevNet(dimension: Self.dimension, blocks: 2, hidden: 6, seed: 64), seed: 65)
    func student(_ network: DenseFiRevNet) -> Student {
      self.student(network: network) {
        $0.gainWeight = gainWeight
        $0.logitDecay = 0.1 * gainWeight
        $0.likelihoodKnowsClass = knowsClass
        $0.gainShare = 0.5
        $0.ramp = 0
        $0.nuisanceScale = .whole
      }
    }
    let x = source.batch(Array(0..<40), epoch: 0)
    let labels = Array(source.labels[0..<40])
    func loss(_ network: DenseFiRevNet) -> Double {
      var copy = student(network)
      return copy.learn(x, labels: labels, progress: 1).loss
    }
    var learner = student(network)
    _ = learner.learn(x, labels: labels, progress: 1)
    let after = learner.encoder.classifier.network.parameters()
    var (steep, wrong) = (0, 0)
    for (place, before) in network.parameters().enumerated() {
      for index in stride(from: 0, to: before.values.count, by: 2) {
        func at(_ step: Float) -> Double {
          var (copy, seen) = (network, 0)
          copy.visitParameters { _, values in
            if seen == place { values[index] += step }
            seen += 1
          }
          return loss(copy)
        }
        let (below, here, above) = (at(-0x1p-7), at(0), at(0x1p-7))
        let change = above - below
        // Not at a kink of a rectifier, where the loss turns.
        guard abs(change) > 4e-4, (above > here) == (here > below) else { continue }
        steep += 1
        if (after[place].values[index] < before.values[index]) != (change > 0) { wrong += 1 }
      }
    }
    #expect(steep > 10 && wrong == 0, "seeds 64, 65: \(wrong) of \(steep) slopes lead up")
  }

  @Test("With a whitening the game sees codes that are white class by class, and the density counts its volume")
  func whitening() throws {
    var trainer = trainer(planned: 6) {
      $0.whitening = WhiteningSettings()
      $0.whitening?.interval = 10
    }
    var outcome = try trainer.runEpoch(source) { _, _ in }
    for _ in 1..<6 { outcome = try trainer.runEpoch(source) { _, _ in } }
    let layer = try #require(trainer.learner.whitening?.layer)
    let x = source.batch(Array(0..<250), epoch: 0)
    let z = trainer.learner.encoder.classifier.network.forward(x).y
    let before = BatchMoments(ReadOut(classes: 2).nuisance(z)).variance
    let after = BatchMoments(ReadOut(classes: 2).nuisance(layer.forward(z).y))
    // The layer lags behind the network by up to ten batches.
    #expect(after.variance.allSatisfy { abs($0 - 1) < 0.5 }, "seeds 61 to 63: \(before), \(after.variance)")
    #expect(before.contains { abs($0 - 1) > 0.5 })
    #expect(outcome.accuracy > 0.9)
    // The nats are those of the whitened code with both volumes: the very sums that the next step makes.
    let encoder = trainer.learner.encoder
    let first = source.batch(Array(0..<24), epoch: 0)
    let labels = Array(source.labels[0..<24])
    let (code, own) = encoder.classifier.network.forward(first)
    let (y, volume) = layer.forward(code)
    var (total, unused) = (own, encoder.prior)
    total += volume
    let nats = encoder.prior.likelihood(y, logDet: total, labels: labels, weight: 1, gradient: &unused).negative
    var next = trainer.learner
    let reported = next.learn(first, labels: labels, progress: 1).figures.first { $0.name == "nats_per_dimension" }
    #expect(abs(nats / Double(Self.dimension) - (try #require(reported)).value) < 1e-6, "seeds 61 to 63")
    #expect(abs(volume.total) > 1, "a volume this small would prove nothing")
  }

  /// As `downhill`, from a state with maps that are not the identity and moments of zero, so that the step is against the gradient's sign.
  @Test("A step leads down the loss through the whitening too")
  func downhillWhitened() throws {
    var trainer = trainer(planned: 6) {
      $0.whitening = WhiteningSettings()
      $0.whitening?.interval = 10
    }
    for _ in 0..<6 { _ = try trainer.runEpoch(source) { _, _ in } }
    var learner = trainer.learner
    learner.visitState { parameter, values in
      if parameter.name.contains("optimiser.first") || parameter.name.contains("optimiser.second") {
        values = values.map { _ in 0 }
      }
    }
    let x = source.batch(Array(0..<24), epoch: 0)
    let labels = Array(source.labels[0..<24])
    var after = learner
    _ = after.learn(x, labels: labels, progress: 1)
    let (before, moved) = (learner.encoder.parameters(), after.encoder.parameters())
    var (steep, wrong) = (0, 0)
    for (place, parameter) in before.enumerated() where !parameter.parameter.name.hasPrefix("prior.") {
      for index in stride(from: 0, to: parameter.values.count, by: 2) {
        func at(_ step: Float) -> Double {
          var copy = learner
          copy.visitState { named, values in
            if named.name == parameter.parameter.name { values[index] += step }
          }
          return copy.learn(x, labels: labels, progress: 1).loss
        }
        let (below, here, above) = (at(-0x1p-7), at(0), at(0x1p-7))
        guard abs(above - below) > 4e-4, (above > here) == (here > below) else { continue }
        steep += 1
        if (moved[place].values[index] < parameter.values[index]) != (above > below) { wrong += 1 }
      }
    }
    #expect(steep > 10 && wrong == 0, "seeds 61 to 63: \(wrong) of \(steep) slopes lead up")
  }

  @Test("Decay keeps the logits small")
  func decay() throws {
    func squares(_ decay: Float) throws -> Double {
      var trainer = trainer(planned: 20) {
        $0.logitDecay = decay
        $0.likelihoodWeight = 0
        $0.nuisanceWeight = 0
        $0.nuisanceClassifiers = 0
      }
      for _ in 0..<20 { _ = try trainer.runEpoch(source) { _, _ in } }
      let logits = trainer.learner.encoder.classifier.logits(source.batch(Array(0..<250), epoch: 0))
      return logits.norms().reduce(0) { $0 + $1 * $1 } / 250
    }
    let (free, held) = (try squares(0), try squares(0.1))
    #expect(held < 0.5 * free && free > 1, "seeds 61 to 63: \(held), \(free)")
  }

  @Test("A gain falls where it has weight, and cross-entropy alone lets it rise", arguments: ["gain", "inverse_gain"])
  func gain(name: String) throws {
    func last(_ weight: Float) throws -> Double {
      var trainer = trainer(planned: 20) {
        if name == "gain" { $0.gainWeight = weight } else { $0.inverseGainWeight = weight }
        $0.likelihoodWeight = 0
        $0.nuisanceWeight = 0
        $0.nuisanceClassifiers = 0
      }
      var outcome = try trainer.runEpoch(source) { _, _ in }
      for _ in 1..<20 { outcome = try trainer.runEpoch(source) { _, _ in } }
      #expect(outcome.accuracy > 0.97, "seeds 61 to 63")
      #expect(!outcome.figures.contains { $0.name == "game_nuisance_accuracy" })
      return try #require(outcome.figures.first { $0.name == name }).value
    }
    let (bounded, free) = (try last(3), try last(1e-6))
    #expect(bounded < 0.9 * free, "seeds 61 to 63: \(bounded), \(free)")
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
