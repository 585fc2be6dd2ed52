import Datasets
import Flow
import Kernels
import ToolSupport

/// The experiment's stages in order: train the bijective classifier, train a classifier on its nuisance, attack, draw.
struct SpheresExperiment {
  let configuration: SpheresConfiguration
  let folder: OutputFolder
  let console: Console

  /// Everything that was measured, and the figure.
  struct Result {
    var metrics = Metrics()
    var figure: Canvas
    var innerToOuter: SpheresAttack.Outcome
    var outerToInner: SpheresAttack.Outcome
  }

  /// Runs all stages; writes a checkpoint after every epoch.
  func run() throws -> Result {
    let began = Progress.seconds()
    let spheres = configuration.spheres
    var metrics = Metrics()
    metrics["seed"] = .text(String(configuration.seed))
    for (name, value) in configuration.values { metrics["configuration.\(name)"] = value }

    var (samples, labels) = spheres.samples(count: configuration.samples, from: configuration.trainingStream)
    let (holdout, holdoutLabels) = spheres.samples(count: configuration.holdout, from: configuration.holdoutStream)

    let classifier = try trainClassifier(samples, labels, &metrics)
    metrics["classifier.train_accuracy"] = .number(classifier.accuracy(samples, labels: labels))
    metrics["classifier.validation_accuracy"] = .number(classifier.accuracy(holdout, labels: holdoutLabels))
    metrics["inverse.max_absolute_error"] = .number(roundTripError(classifier, holdout))

    // The network is a bijection: the codes can take the samples' place in memory.
    encode(classifier, &samples)
    var holdoutCodes = holdout
    encode(classifier, &holdoutCodes)
    let columns = SpheresConfiguration.classes..<spheres.dimension
    let nuisance = try trainNuisanceClassifier(samples, columns, labels, &metrics)
    metrics["nuisance_classifier.train_accuracy"] = .number(
      nuisance.accuracy(samples, columns: columns, labels: labels))
    metrics["nuisance_classifier.validation_accuracy"] = .number(
      nuisance.accuracy(holdoutCodes, columns: columns, labels: holdoutLabels))

    let attack = SpheresAttack(
      classifier: classifier, nuisanceClassifier: nuisance, spheres: spheres, points: holdout)
    let outward = try attack.run(from: 0, console: console)
    let inward = try attack.run(from: 1, console: console)
    record(outward, inward, &metrics)
    let line = SpheresLine(attack: attack)
    try line.run(from: 0, console: console).record(in: &metrics, at: "attack.line.inner_to_outer")
    try line.run(from: 1, console: console).record(in: &metrics, at: "attack.line.outer_to_inner")

    let figure = figure4(attack, holdout, outward).draw()
    metrics.recordMachine()
    metrics["seconds"] = .number(Progress.seconds() - began)
    return Result(metrics: metrics, figure: figure, innerToOuter: outward, outerToInner: inward)
  }

  private func trainClassifier(
    _ samples: Matrix, _ labels: [UInt8], _ metrics: inout Metrics
  ) throws -> BijectiveClassifier<DenseFiRevNet> {
    let network = DenseFiRevNet(
      dimension: configuration.spheres.dimension, blocks: configuration.blocks, hidden: configuration.hidden,
      seed: configuration.seed, memory: configuration.memory)
    var trainer = Trainer(
      model: BijectiveClassifier(
        network: network, classes: SpheresConfiguration.classes, logitMap: .fixed(Float(configuration.logitScale))),
      optimiser: Adam(learningRate: Float(configuration.learningRate)), batch: configuration.batch,
      seed: configuration.seed)
    let epochs = try TrainingRun(
      name: "classifier", unit: "samples", epochs: configuration.epochs, console: console
    ).run(
      &trainer, on: MatrixSource(samples: samples, labels: labels),
      afterEpoch: { trainer, _ in
        try save(trainer.learner.model, "fi-RevNet classifier", to: "classifier.safetensors")
      })
    metrics["classifier.seconds_per_epoch"] = .number(epochs.map(\.seconds).lowerMedian)
    metrics["classifier.loss"] = .numbers(epochs.map(\.outcome.loss))
    metrics["classifier.parameters"] = .integer(trainer.learner.model.parameterCount())
    return trainer.learner.model
  }

  private func trainNuisanceClassifier(
    _ codes: Matrix, _ columns: Range<Int>, _ labels: [UInt8], _ metrics: inout Metrics
  ) throws -> RectifierNetwork {
    let hidden = configuration.nuisanceHidden
    let network = RectifierNetwork(
      widths: [columns.count, hidden, hidden, hidden, SpheresConfiguration.classes],
      random: RandomStream(seed: configuration.seed, name: "nuisance classifier"))
    var trainer = Trainer(
      model: network, optimiser: Adam(learningRate: Float(configuration.learningRate)), batch: configuration.batch,
      seed: configuration.seed)
    let epochs = try TrainingRun(
      name: "nuisance classifier", unit: "samples", epochs: configuration.nuisanceEpochs, console: console
    ).run(
      &trainer,
      on: NoisySource(
        MatrixSource(samples: codes, columns: columns, labels: labels), deviation: Float(configuration.nuisanceNoise),
        seed: configuration.seed, name: "nuisance noise"),
      afterEpoch: { trainer, _ in
        try save(trainer.learner.model, "nuisance classifier", to: "nuisance.safetensors")
      })
    metrics["nuisance_classifier.seconds_per_epoch"] = .number(epochs.map(\.seconds).lowerMedian)
    metrics["nuisance_classifier.loss"] = .numbers(epochs.map(\.outcome.loss))
    return trainer.learner.model
  }

  /// Writes a checkpoint and returns its path.
  private func save(_ model: some Parameterised, _ name: String, to file: String) throws -> String {
    try folder.write(Checkpoint.encode(model, metadata: metadata(name)), to: file)
    return folder.file(file)
  }

  private func metadata(_ model: String) -> [String: String] {
    var result = ["model": model, "seed": String(configuration.seed)]
    for (name, value) in configuration.values {
      switch value {
      case .integer(let number): result[name] = String(number)
      case .number(let number): result[name] = Decimals.shortest(number)
      case .text(let text): result[name] = text
      default: break
      }
    }
    return result
  }

  /// The largest |F⁻¹(F(x)) − x| over all points and coordinates.
  private func roundTripError(_ classifier: BijectiveClassifier<DenseFiRevNet>, _ points: Matrix) -> Double {
    var largest = 0.0
    forEachBatch(of: points.rows, size: 2000) { range in
      let x = Activation(gathering: Array(range), from: points)
      largest = max(largest, classifier.network.inverse(classifier.network.forward(x).y).x.largestDifference(from: x))
    }
    return largest
  }

  /// Replaces every row by its code z.
  private func encode(_ classifier: BijectiveClassifier<DenseFiRevNet>, _ points: inout Matrix) {
    for start in stride(from: 0, to: points.rows, by: 2000) {
      let rows = Array(start..<min(start + 2000, points.rows))
      classifier.network.forward(Activation(gathering: rows, from: points)).y.write(to: &points, firstRow: start)
    }
  }

  private func record(_ outward: SpheresAttack.Outcome, _ inward: SpheresAttack.Outcome, _ metrics: inout Metrics) {
    let pairs = Double(outward.pairs + inward.pairs)
    func fraction(_ count: Int, of total: Int) -> MetricsValue {
      total > 0 ? .number(Double(count) / Double(total)) : .null
    }
    metrics["attack.pairs"] = .integer(outward.pairs + inward.pairs)
    metrics["attack.max_logit_difference"] = .number(
      max(outward.largestLogitDifference, inward.largestLogitDifference))
    metrics["attack.predictions_unchanged"] = .number(Double(outward.unchanged + inward.unchanged) / pairs)
    metrics["attack.oracle_flipped"] = .number(Double(outward.flipped + inward.flipped) / pairs)
    metrics["attack.nuisance_predictions_follow_oracle"] = .number(
      Double(outward.nuisanceFollows + inward.nuisanceFollows) / pairs)
    for (name, outcome) in [("inner_to_outer", outward), ("outer_to_inner", inward)] {
      let path = "attack.\(name)"
      metrics["\(path).oracle_flipped"] = fraction(outcome.flipped, of: outcome.pairs)
      metrics["\(path).nuisance_predictions_follow_oracle"] = fraction(outcome.nuisanceFollows, of: outcome.pairs)
      metrics["\(path).norm_quantiles_0_5_50_95_100"] = .numbers(outcome.norms.quantiles([0, 0.05, 0.5, 0.95, 1]))
    }
    record(onSphere: outward, "attack.on_sphere", &metrics)
    record(onSphere: inward, "attack.on_sphere.outer_to_inner", &metrics)
  }

  private func record(onSphere outcome: SpheresAttack.Outcome, _ path: String, _ metrics: inout Metrics) {
    metrics["\(path).reached"] = .number(Double(outcome.reached) / Double(max(outcome.pairs, 1)))
    guard outcome.reached > 0 else { return }
    let reached = Double(outcome.reached)
    metrics["\(path).max_logit_difference"] = .number(outcome.largestLogitDifferenceOnSphere)
    metrics["\(path).max_relative_radius_error"] = .number(outcome.largestRadiusError)
    metrics["\(path).predictions_unchanged"] = .number(Double(outcome.unchangedOnSphere) / reached)
    metrics["\(path).nuisance_predictions_follow_oracle"] = .number(Double(outcome.nuisanceFollowsOnSphere) / reached)
  }

  /// Draws the pair that first reached the other sphere, or the bare swap of the first pair if none did.
  private func figure4(
    _ attack: SpheresAttack, _ holdout: Matrix, _ outcome: SpheresAttack.Outcome
  ) -> Figure4 {
    let pair = outcome.example?.pair ?? 0
    let x = Activation(gathering: [2 * pair, 2 * pair + 1], from: holdout)
    let points = x.matrix()
    let z = attack.classifier.network.forward(x).y.matrix()
    let sampling = MetamericSampling(network: attack.classifier.network, readOut: attack.classifier.readOut)
    let metamer = sampling.metamers(
      logitSource: Activation(gathering: [0], from: z), towards: Activation(gathering: [1], from: z),
      at: [outcome.example?.position ?? 1]
    ).matrix()
    let dimension = holdout.columns
    return Figure4(
      classifier: attack.classifier, nuisanceClassifier: attack.nuisanceClassifier, spheres: configuration.spheres,
      first: Array(points.values[..<dimension]), second: Array(points.values[dimension...]), metamer: metamer.values,
      metamerText: outcome.example == nil
        ? "metamer: x₁'s logits, x₂'s nuisance" : "metamer on the outer sphere: x₁'s logits")
  }
}
