import Datasets
import Flow
import Foundation
import Kernels
import ToolSupport

/// The folder of a training run: where its model lies, and what it was trained with.
struct ImageRun {
  static let modelFile = "model.safetensors"
  static let stateFile = "state.safetensors"
  static let previousFile = "state.previous.safetensors"

  let folder: String
  let configuration: ImageModelConfiguration
  let training: TrainingConfiguration
  let classifier: BijectiveClassifier<ImageNetwork>
  /// The density of the code, of a model that was trained with it.
  let prior: LatentPrior?

  /// The argument of every command that takes a run.
  static let argument = Argument("RUN", help: "folder that `Tools train` wrote")

  /// Reads the model of a run.
  ///
  /// - Throws: an error that names the file, what was expected and what was found; `InvertibilityError` for a singular
  ///   1×1 convolution.
  init(folder: String) throws {
    self.folder = folder
    let path = folder.hasSuffix("/") ? folder + Self.modelFile : "\(folder)/\(Self.modelFile)"
    let file = try TensorFile(path: path)
    configuration = try file.decode(ImageModelConfiguration.self, "configuration")
    training = try file.decode(TrainingConfiguration.self, "training")
    var classifier = configuration.classifier(configuration.network())
    switch configuration.objective {
    case .ce:
      try file.fill { classifier.visitParameters(prefix: "", $0) }
      prior = nil
    case .ice:
      var prior = LatentPrior(
        classes: configuration.classes, dimensions: configuration.dimensions, classMean: configuration.logitScale)
      try file.fill { visit in
        classifier.visitParameters(prefix: "", visit)
        prior.visitParameters(prefix: "prior.", visit)
      }
      self.prior = prior
    }
    try classifier.network.checkInvertibility(prefix: "")
    self.classifier = classifier
  }

  /// The images that the run was trained on, or those of another source.
  func source(_ options: Options) -> ImageSource {
    options.isGiven("data") ? ImageSource(options, seed: configuration.seed) : training.source(configuration.seed)
  }

  /// Loads them.
  ///
  /// - Throws: `UsageError` where they have another size than the model's, and what reading throws.
  func load(_ source: ImageSource) throws -> ImageSplits {
    let splits = try source.load()
    guard splits.test.height == configuration.height && splits.test.width == configuration.width else {
      throw UsageError.refused(
        "the model is for images of \(configuration.height)×\(configuration.width), \(source.summary) has "
          + "\(splits.test.height)×\(splits.test.width)")
    }
    return splits
  }

  /// Codes of all of a data set's images, a row each, shown as they are made.
  func encode(_ batches: ImageBatches, epoch: Int = 0, label: String, console: Console) throws -> Matrix {
    var codes = Matrix(rows: batches.labels.count, columns: configuration.dimensions)
    let progress = Progress(label, total: codes.rows, unit: "images", console: console)
    try forEachBatch(of: codes.rows, size: 128) { range in
      try Interrupt.check()
      classifier.network.forward(batches.batch(Array(range), epoch: epoch)).y.write(
        to: &codes, firstRow: range.lowerBound)
      progress.update(done: range.upperBound)
    }
    progress.finish()
    return codes
  }
}
