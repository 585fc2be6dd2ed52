import Datasets
import Flow
import Foundation
import Kernels
import ToolSupport

/// One image run from its first or last checkpoint to its end: epochs, their errors, checkpoints, and the figures of the
/// finished model.
struct ImageTraining {
  let model: ImageModelConfiguration
  let training: TrainingConfiguration
  let splits: ImageSplits
  /// The test images without the shortcut to their class, of a folder of shiftMNIST.
  let shifted: LabelledImages?
  let memory: Memory
  let folder: OutputFolder
  let console: Console

  /// What is kept of an epoch; nothing in it depends on the clock.
  struct Epoch: Codable, Equatable {
    var loss: Double
    var trainError: Double
    var testError: Double
    /// On the shifted test, of a folder that has one.
    var shiftedError: Double?
    var figures: [String: Double]
  }

  /// Everything that the next epoch depends on, by the name of its file in the run's folder.
  static let stateFile = "state.safetensors"
  /// The state an epoch before.
  static let previousFile = "state.previous.safetensors"

  /// Images in a batch of an evaluation: enough to fill the machine, few enough to stay in the caches.
  static let evaluationBatch = 128

  /// Trains, and returns what the run measured.
  func run(resuming: Bool) throws -> (metrics: Metrics, epochs: [Epoch]) {
    let optimiser = Adamax(learningRate: training.learningRate, weightDecay: training.weightDecay)
    if model.architecture == .resNet {
      return try run(resuming, model.makeResidualNetwork()) { CrossEntropyLearner(model: $0, optimiser: optimiser) }
    }
    let bijection = model.makeClassifier(memory: memory)
    if model.objective == .crossEntropy && !training.hasPenalty {
      return try run(resuming, bijection) { CrossEntropyLearner(model: $0, optimiser: optimiser) }
    }
    let settings = training.independence(model.objective, images: imageCount)
    return try run(resuming, bijection) { classifier in
      IndependenceLearner(
        classifier: classifier, dimensions: model.dimensions, classMean: Float(model.logitScale.classMean),
        optimiser: optimiser, batch: training.batch, settings: settings, seed: model.seed)
    }
  }

  /// The command line, as a user would type it.
  private static var command: String {
    (["swift run Tools"] + CommandLine.arguments.dropFirst()).joined(separator: " ")
  }

  /// Images that are trained on.
  private var imageCount: Int { min(training.limit ?? .max, splits.train.count) }

  private func run<Student: ImageStudent>(
    _ resuming: Bool, _ fresh: Student.Model, _ learner: (Student.Model) -> Student
  ) throws -> (Metrics, [Epoch]) {
    let images = training.limit.map { splits.train.prefix($0) } ?? splits.train
    let source = ImageBatches(images, model, augmentation: training.augmentation)
    let test = ImageBatches(splits.test, model)
    let shifted = shifted.map { ImageBatches($0, model) }
    // Actnorms are set on the first images as training will show them.
    let first = Array(0..<min(256, images.count))
    let classifier = resuming ? fresh : fresh.initialised(on: source.batch(first, epoch: 0))
    var epochs: [Epoch] = []
    var trainer = Trainer(
      learner: learner(classifier), batch: training.batch, seed: model.seed,
      schedule: training.rateSchedule, plannedEpochs: training.epochs)
    if resuming {
      let file = try TensorFile(path: folder.file(ImageTraining.stateFile))
      try file.fill { trainer.visitState($0) }
      epochs = try file.decode([Epoch].self, "history")
      console.error("continuing after epoch \(trainer.epochs) of \(training.epochs)\n")
    }
    let records = try TrainingRun(
      name: model.objective == .crossEntropy ? "cross-entropy" : "independence cross-entropy", unit: "images",
      epochs: training.epochs, console: console
    ).run(
      &trainer, on: source,
      afterEpoch: { trainer, record in
        let classifier = trainer.learner.classifier
        let testError = 1 - classifier.accuracy(test, batch: Self.evaluationBatch)
        let shiftedError = shifted.map { 1 - classifier.accuracy($0, batch: Self.evaluationBatch) }
        epochs.append(
          Epoch(
            loss: record.outcome.loss, trainError: 1 - record.outcome.accuracy, testError: testError,
            shiftedError: shiftedError,
            figures: Dictionary(uniqueKeysWithValues: record.outcome.figures.map { ($0.name, $0.value) })))
        let figures = record.outcome.figures.map { "\($0.name) \(Decimals.fixed($0.value, places: 3))" }
        console.error(
          "  test error \(Decimals.fixed(100 * testError, places: 2)) %"
            + (shiftedError.map { ", without the shortcut \(Decimals.fixed(100 * $0, places: 2)) %" } ?? "")
            + (figures.isEmpty ? "" : ", \(figures.joined(separator: ", "))") + "\n")
        return try save(&trainer, epochs)
      })
    if records.isEmpty { _ = try save(&trainer, epochs) }
    var metrics = measure(trainer.learner, images, records)
    metrics["epochs"] = .array(epochs.map(\.metrics))
    return (metrics, epochs)
  }

  /// Writes state and model; the state before is kept under another name.
  private func save<Student: ImageStudent>(_ trainer: inout Trainer<Student>, _ epochs: [Epoch]) throws -> String {
    var metadata = ["training": training.jsonText]
    let extras = (trainer.learner.prior?.parameters() ?? []).map {
      Safetensors.Tensor(name: "prior.\($0.parameter.name)", shape: $0.parameter.shape, values: $0.values)
    }
    try ModelFile.write(trainer.learner.classifier.trained(model, extras: extras), metadata: metadata, to: folder)
    if let whitening = (trainer.learner as? IndependenceLearner<ImageNetwork>)?.whitening {
      try folder.write(
        CodeWhitening(
          layer: whitening.layer,
          origin: CodeWhitening.Origin(
            shrinkage: WhiteningSettings().shrinkage, firstEpoch: 0, draws: trainer.epochs, images: imageCount,
            model: try CodeWhitening.digest(of: folder.file(ModelFile.name)))
        ).encode(command: Self.command), to: CodeWhitening.file)
    }
    metadata.merge(model.metadata) { own, _ in own }
    metadata["history"] = epochs.jsonText
    let state = folder.file(ImageTraining.stateFile)
    if FileManager.default.fileExists(atPath: state) {
      try folder.write(ImageFiles.read(state, limit: 1 << 32), to: ImageTraining.previousFile)
    }
    var tensors: [Safetensors.Tensor] = []
    trainer.visitState { parameter, values in
      tensors.append(Safetensors.Tensor(name: parameter.name, shape: parameter.shape, values: values))
    }
    try folder.write(Data(Safetensors(metadata: metadata, tensors: tensors).encode()), to: ImageTraining.stateFile)
    return state
  }

  /// The finished model on all images as they are.
  private func measure<Student: ImageStudent>(
    _ learner: Student, _ images: LabelledImages, _ records: [TrainingRun.Record]
  ) -> Metrics {
    let classifier = learner.classifier
    var metrics = Metrics()
    metrics["seed"] = .text(String(model.seed))
    metrics["train.error"] = .number(
      1 - classifier.accuracy(ImageBatches(images, model), batch: Self.evaluationBatch))
    let test = ImageBatches(splits.test, model)
    metrics["test.error"] = .number(1 - classifier.accuracy(test, batch: Self.evaluationBatch))
    if let error = roundTripError(classifier.trained(model, extras: []), test) {
      metrics["inverse.max_absolute_error"] = .number(error)
    }
    if let shifted {
      metrics["shifted.error"] = .number(
        1 - classifier.accuracy(ImageBatches(shifted, model), batch: Self.evaluationBatch))
    }
    if let independence = learner as? IndependenceLearner<ImageNetwork>, independence.hasDensity {
      metrics["test.bits_per_dimension"] = .number(bitsPerDimension(independence))
    }
    let seconds = records.map(\.seconds)
    if !seconds.isEmpty {
      metrics["images_per_second"] = .number(Double(images.count) / seconds.lowerMedian)
      metrics["seconds_per_epoch"] = .number(seconds.lowerMedian)
    }
    metrics["parameters"] = .integer(classifier.parameterCount())
    return metrics
  }

  /// The largest |F⁻¹(F(x)) − x| over all pixels of all images; nil without an inverse.
  private func roundTripError(_ trained: TrainedModel, _ batches: ImageBatches) -> Double? {
    var largest: Double?
    forEachBatch(of: batches.labels.count, size: Self.evaluationBatch) { range in
      if let error = trained.roundTripError(batches.batch(Array(range), epoch: 0)) {
        largest = max(largest ?? 0, error)
      }
    }
    return largest
  }

  /// −log₂ p(x | y), or p(x) where training was not told the class, a dimension of the dequantised test images.
  private func bitsPerDimension(_ learner: IndependenceLearner<ImageNetwork>) -> Double {
    let (encoder, whitening) = (learner.encoder, learner.whitening?.layer)
    let batches = ImageBatches(
      splits.test, model, augmentation: ImageBatches.Augmentation(dequantises: true))
    var total = 0.0
    var unused = encoder.prior
    forEachBatch(of: batches.labels.count, size: Self.evaluationBatch) { range in
      var (z, logDet) = encoder.classifier.network.forward(batches.batch(Array(range), epoch: 0))
      if let whitened = whitening?.forward(z) {
        z = whitened.y
        logDet += whitened.logDet
      }
      let nats = encoder.prior.likelihood(
        z, logDet: logDet, labels: training.likelihood == .mixture ? nil : Array(batches.labels[range]), weight: 1,
        gradient: &unused
      ).negative
      total += nats * Double(range.count)
    }
    return Flow.bitsPerDimension(total / Double(max(batches.labels.count, 1)), dimensions: model.dimensions)
  }
}

extension ImageTraining.Epoch {
  /// For `metrics.json`.
  var metrics: MetricsValue {
    var values: [String: MetricsValue] = [
      "loss": .number(loss), "train_error": .number(trainError), "test_error": .number(testError),
    ]
    if let shiftedError { values["shifted_error"] = .number(shiftedError) }
    for (name, value) in figures { values[name] = .number(value) }
    return .object(values)
  }
}
