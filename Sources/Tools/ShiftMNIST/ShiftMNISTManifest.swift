import Datasets
import Foundation
import Kernels
import ToolSupport

/// `manifest.json`: all that a variant's bytes depend on, and what they are.
///
/// It names no path, machine or time, so that the same data set has the same manifest everywhere.
struct ShiftMNISTManifest {
  /// To be raised whenever the same parameters give other bytes.
  static let version = 2

  let configuration: ShiftMNISTConfiguration
  let variant: ShiftMNISTConfiguration.Variant
  let splits: ImageSplits
  /// The SHA-256 of the source's pixels and labels, as `digests(of:)` gives them.
  let digests: [(name: String, digest: String)]
  /// The textures in the order of their labels; none for the binary variant.
  let types: [TextureType]
  let sources: [TextureSources]
  /// The other files: name, size and SHA-256.
  let files: [(name: String, size: Int, digest: String)]

  /// The SHA-256 of what a source's files hold. Cost: a pass over the images, on up to four threads.
  static func digests(of splits: ImageSplits) -> [(name: String, digest: String)] {
    let parts = [
      ("train_pixels", splits.train.pixels), ("test_pixels", splits.test.pixels),
      ("train_labels", splits.train.labels), ("test_labels", splits.test.labels),
    ]
    return Parallel.map(parts.count) { (parts[$0].0, SHA256.hexadecimal(parts[$0].1)) }
  }

  /// The file.
  func json() -> Data {
    var metrics = Metrics()
    metrics["format"] = "shiftMNIST"
    metrics["version"] = .integer(Self.version)
    metrics["made_by"] = "Metamer, Tools build-shiftmnist"
    metrics["variant"] = .text(variant.rawValue)
    metrics["seed"] = .text(String(configuration.seed))
    metrics["counts.train"] = .integer(splits.train.count)
    metrics["counts.test"] = .integer(splits.test.count)
    metrics["counts.shifted"] = .integer(splits.test.count)
    metrics["counts.unshortcut"] = .integer(splits.train.count)
    metrics["classes"] = .integer(splits.train.classes)
    metrics["image.height"] = .integer(splits.train.height)
    metrics["image.width"] = .integer(splits.train.width)
    for (name, digest) in digests { metrics["source.\(name)_sha256"] = .text(digest) }
    switch configuration.source {
    case .folder: metrics["source.kind"] = "IDX files"
    case .digits: metrics["source.kind"] = "built-in digits of the seed"
    }
    switch variant {
    case .binary:
      metrics["parameters.code_value"] = .integer(Int(BinaryShift.value))
      metrics["parameters.code_column"] = .integer(configuration.code.column)
      metrics["parameters.code_first_row"] = .integer(configuration.code.firstRow)
      metrics["parameters.code_row_step"] = .integer(configuration.code.rowStep)
    case .texture:
      metrics["parameters.texture_low"] = .integer(Int(configuration.low))
      metrics["parameters.texture_high"] = .integer(Int(configuration.high))
      recordSelection(in: &metrics)
      let kind = configuration.textures == nil ? "built-in textures of the seed" : "image files"
      metrics["textures.kind"] = .text(kind)
      metrics["textures.labels"] = .array(zip(types, sources).enumerated().map { label($0, $1.0, $1.1) })
    }
    // The names have dots, which parts of a path cannot have.
    let entries = files.map { file in
      (file.name, MetricsValue.object(["bytes": .integer(file.size), "sha256": .text(file.digest)]))
    }
    metrics["files"] = .object(Dictionary(uniqueKeysWithValues: entries))
    return metrics.json()
  }

  /// How images were chosen and prepared: nothing where it is the default, so that the manifest has the bytes it always
  /// had.
  private func recordSelection(in metrics: inout Metrics) {
    let preparation = configuration.preparation
    let isDefault =
      preparation == TexturePreparation() && configuration.textureSources == nil
      && configuration.textureSplit == .images
    guard !isDefault else { return }
    metrics["parameters.texture_scale"] = .integer(preparation.scale)
    metrics["parameters.texture_contrast"] = .text(preparation.contrast.rawValue)
    metrics["parameters.texture_sources"] = configuration.textureSources.map { .integer($0) } ?? "all"
    metrics["parameters.texture_split"] = .text(configuration.textureSplit.rawValue)
  }

  private func label(_ label: Int, _ type: TextureType, _ sources: TextureSources) -> MetricsValue {
    func images(_ indices: [Int]) -> MetricsValue {
      .array(
        indices.map {
          .object(["name": .text(type.images[$0].name), "sha256": .text(type.images[$0].digest)])
        })
    }
    return .object([
      "label": .integer(label), "texture": .text(type.name), "train": images(sources.train),
      "test": images(sources.test),
    ])
  }
}
