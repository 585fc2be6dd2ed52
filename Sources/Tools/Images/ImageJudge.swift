import Datasets
import Kernels
import ToolSupport

/// A classifier that was trained apart, asked what it sees in images: what stands in for a person's eye.
struct ImageJudge {
  /// The option that names its run.
  static let option = Option.text(
    "judge", metavar: "RUN",
    help: "a run that was trained apart, such as a ResNet's, to say whose class a metamer shows")

  /// The folder of its run, as the user gave it.
  let path: String
  private let model: TrainedModel

  /// The classifier of a run, for images like those of `configuration`.
  ///
  /// - Throws: `FileError` or `ModelFileError` where there is none, or where it takes other images.
  init(_ path: String, like configuration: ImageModelConfiguration) throws {
    self.path = path
    model = try ModelFile.read(run: path)
    let own = model.configuration
    guard (own.height, own.width) == (configuration.height, configuration.width), own.classes >= configuration.classes
    else {
      throw FileError(
        "use", path,
        reason: "the judge takes \(own.height) × \(own.width) pixels of \(own.classes) classes, the run "
          + "\(configuration.height) × \(configuration.width) of \(configuration.classes)")
    }
  }

  /// The class of every image of bytes.
  func classify(_ images: [[UInt8]]) -> [UInt8] {
    let own = model.configuration
    let all = LabelledImages(
      height: own.height, width: own.width, classes: own.classes, pixels: images.flatMap { $0 },
      labels: [UInt8](repeating: 0, count: images.count))
    return model.classify(model.batch.activation(all, Array(images.indices)))
  }
}
