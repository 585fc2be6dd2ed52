import Datasets
import Flow
import Foundation
import Kernels
import ToolSupport

/// The whitening of a run's codes that `Tools whiten` leaves in the run's folder.
struct CodeWhitening: Sendable {
  /// The file's name in the folder of a run.
  static let file = "whitening.safetensors"
  /// The option of commands that can look at the code behind it.
  static let option = Option.flag("whitened", help: "the code behind the whitening that `Tools whiten` fitted")

  /// How it was fitted.
  struct Origin: Codable, Equatable {
    /// s of the covariances (1 − s)·C + s·diag(C).
    var shrinkage: Double
    /// The first epoch whose draws of the training images it was fitted on; training itself saw the ones before.
    var firstEpoch: Int
    /// How many epochs' draws it was fitted on.
    var draws: Int
    /// Training images of each draw.
    var images: Int
    /// SHA-256 of the model's file.
    var model: String

    /// The first epoch whose draws neither training nor the whitening saw.
    var nextEpoch: Int { firstEpoch + draws }
  }

  let layer: ClassWhitening
  let origin: Origin

  /// The file's bytes.
  func encode(command: String) -> Data {
    Checkpoint.encode(layer, metadata: ["whitening": origin.jsonText, "command": command])
  }

  init(layer: ClassWhitening, origin: Origin) {
    self.layer = layer
    self.origin = origin
  }

  /// The whitening of the model in the folder of a run.
  ///
  /// - Throws: `FileError` or `TensorFileError` where there is none, or not one of this model as it is now.
  init(run: String, _ model: ImageModel) throws {
    let configuration = model.configuration
    let folder = run.hasSuffix("/") ? run : run + "/"
    let path = folder + Self.file
    guard FileManager.default.fileExists(atPath: path) else {
      throw FileError("read the whitening of", run, reason: "it holds no \(Self.file), which `Tools whiten` makes")
    }
    let file = try TensorFile(path: path)
    origin = try file.decode(Origin.self, "whitening")
    guard try Self.digest(of: folder + ModelFile.name) == origin.model else {
      throw FileError("use", path, reason: "it was fitted to another \(ModelFile.name) than the run now holds")
    }
    var layer = ClassWhitening(
      classes: configuration.classes, dimensions: configuration.dimensions - configuration.classes,
      logitMap: model.classifier.logitMap)
    try file.fill { layer.visitParameters($0) }
    do {
      try layer.checkInvertibility(prefix: "")
    } catch {
      throw FileError("use", path, reason: "\(error)")
    }
    self.layer = layer
  }

  /// SHA-256 of a file.
  static func digest(of path: String) throws -> String {
    SHA256.hexadecimal(try ImageFiles.read(path, limit: ModelFile.largestFile))
  }

  /// Records how it was fitted.
  func record(in metrics: inout Metrics) {
    metrics["whitening.shrinkage"] = .number(origin.shrinkage)
    metrics["whitening.first_epoch"] = .integer(origin.firstEpoch)
    metrics["whitening.draws"] = .integer(origin.draws)
    metrics["whitening.images"] = .integer(origin.images)
  }
}
