import Datasets
import Flow
import Foundation
import Kernels
import ToolSupport

/// A run's model and its images: what every command that looks at a trained model begins with.
struct ModelRun {
  /// Samples that are computed together, which bounds the memory.
  static let batch = 200

  static let arguments = [Argument("RUN", help: "folder of the run, which holds \(ModelFile.name)")]

  /// The options of every such command.
  static var options: [Option] {
    [
      .text(
        ImageSource.option.name, metavar: "DIR",
        help: "\(ImageSource.option.help); if not given, what the run was trained on"),
      .threads,
    ]
  }

  /// The option for the folder that a command writes into, when it writes more than one file.
  static func outputOption(_ command: String) -> Option {
    .text("output", metavar: "DIR", help: "folder for what the command writes; if not given, RUN/\(command)")
  }

  /// The folder as the user gave it.
  let path: String
  let model: TrainedModel
  let source: ImageSource
  private let options: Options
  private let console: Console
  /// Whether the code is the one behind the whitening.
  private let isWhitened: Bool

  /// What the images are, in words.
  private let summary: String

  /// Reads the run that a command line names, and says what it is. A command that takes its images from elsewhere than
  /// `ImageSource` says from where.
  init(_ options: Options, images: String? = nil, console: Console) throws {
    Parallel.threads = options.integer("threads")
    path = options.text("RUN")
    let stored = try ModelFile.read(run: path)
    let configuration = stored.configuration
    isWhitened = options.declares(CodeWhitening.option.name) && options.flag(CodeWhitening.option.name)
    if isWhitened, case .bijective(let model) = stored {
      self.model = .bijective(model.whitened(by: try CodeWhitening(run: path, model)))
    } else {
      model = stored
    }
    let asked = images == nil ? options.textIfGiven(ImageSource.option.name) : nil
    source = asked.map { ImageSource($0, seed: configuration.seed) } ?? configuration.source
    summary = images ?? source.summary
    self.options = options
    self.console = console
    try console.output("\(path): \(configuration.summary)\(isWhitened ? ", whitened" : ""); images: \(summary)\n")
  }

  /// The model of a run that can be inverted.
  ///
  /// - Throws: `FileError` where it has no inverse, which `command` needs.
  func bijection(for command: some Command) throws(FileError) -> ImageModel {
    guard case .bijective(let model) = model else {
      throw FileError("use", path, reason: "it is a ResNet, which has no inverse, and `\(command.name)` needs one")
    }
    return model
  }

  /// The file `name` in the run's folder.
  func file(_ name: String) -> String { path.hasSuffix("/") ? path + name : "\(path)/\(name)" }

  /// The folder that `--output` names, made where it does not exist.
  func outputFolder(_ command: String) throws -> OutputFolder {
    try OutputFolder(creating: options.textIfGiven("output") ?? file(resultName(command)))
  }

  /// What a command's results in the run's folder are called: those of the whitened code are not in the place of the others.
  func resultName(_ command: String) -> String { isWhitened ? "\(command)-whitened" : command }

  /// The command line, as a user would type it.
  var command: String { (["swift run Tools"] + CommandLine.arguments.dropFirst()).joined(separator: " ") }

  /// How the model was trained, as its file says.
  ///
  /// - Throws: `TensorFileError` where it does not.
  func training() throws -> TrainingConfiguration {
    try TensorFile(path: file(ModelFile.name)).decode(TrainingConfiguration.self, "training")
  }

  /// At most `train` and `test` of the images.
  ///
  /// - Throws: `FileError` or `DataFileError` where there are none, or where they are not such as the model takes.
  func images(train: Int, test: Int) throws -> ImageSplits {
    let splits = try source.load(train: train, test: test)
    let (images, configuration) = (splits.test, model.configuration)
    guard (images.height, images.width) == (configuration.height, configuration.width) else {
      throw FileError(
        "use", source.summary,
        reason: "the model takes \(configuration.height) × \(configuration.width) pixels, these have "
          + "\(images.height) × \(images.width)")
    }
    guard images.classes <= configuration.classes else {
      throw FileError(
        "use", source.summary,
        reason: "the model has \(configuration.classes) classes, these images \(images.classes)")
    }
    return splits
  }

  /// Pairs of test images of different classes; see `ImagePairs`.
  func pairs(of images: LabelledImages, count: Int, seed: UInt64) throws -> ImagePairs {
    guard let pairs = ImagePairs(labels: images.labels, count: count, seed: seed) else {
      throw FileError("use", source.summary, reason: "its test images are all of one class")
    }
    return pairs
  }

  /// Metrics that say which run and which images they are about, to be filled.
  var metrics: Metrics {
    var metrics = Metrics()
    metrics["run"] = .text(path)
    metrics["data"] = .text(summary)
    for (name, value) in model.configuration.metadata { metrics["configuration.\(name)"] = .text(value) }
    if case .bijective(let model) = model { model.whitening?.record(in: &metrics) }
    return metrics
  }
}

extension ImageModelConfiguration {
  /// What the model is, in a few words.
  fileprivate var summary: String {
    let structure =
      architecture == .resNet
      ? "\(ResidualNetwork.stageCount) stages of \(blocks) blocks, \(filters) filters in the first"
      : "\(stages) stages of \(steps) steps, \(filters) filters, \(coupling.rawValue) couplings"
    return "\(architecture.rawValue), \(structure), objective \(objective.rawValue), seed \(seed)"
  }
}
