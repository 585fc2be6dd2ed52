import Datasets
import Foundation
import Kernels
import ToolSupport

/// The work of `Tools build-shiftmnist`.
struct ShiftMNISTBuild {
  let configuration: ShiftMNISTConfiguration
  let console: Console

  /// A variant with all that its files say.
  private struct Built: Sendable {
    let set: ShiftMNIST
    var types: [TextureType] = []
    var sources: [TextureSources] = []
  }

  /// Builds the variants, stages all their files, and gives them their names when the last one is complete.
  ///
  /// - Throws: `UsageError` where the code does not fit the images, `ShiftMNISTError`, and what sources and files throw.
  func run() throws {
    let output = try OutputFolder(creating: configuration.output)
    console.error("digits: \(configuration.source.summary)\n")
    let splits = try configuration.source.load()
    let digests = ShiftMNISTManifest.digests(of: splits)
    let staged = StagedFiles()
    for variant in configuration.variants {
      try Interrupt.check()
      let built =
        switch variant {
        case .binary: try binary(splits)
        case .texture: try texture(splits)
        }
      let folder = try OutputFolder(creating: output.file(variant.rawValue))
      try stage(built, variant, splits, digests, in: folder, staged)
    }
    try Interrupt.check()
    try staged.commit()
    let previews = configuration.variants.map { output.file("\($0.rawValue)/\(Self.preview)") }
    try console.output("shiftMNIST is in \(output.path); look at \(previews.joined(separator: " and ")).\n")
  }

  private static let preview = "preview.png"

  private func binary(_ splits: ImageSplits) throws -> Built {
    do {
      return Built(set: try configuration.code.apply(to: splits))
    } catch {
      let sentence = String(error.description.dropLast())
      throw UsageError.refused("\(sentence); --code-column, --code-first-row and --code-row-step say where")
    }
  }

  private func texture(_ splits: ImageSplits) throws -> Built {
    let (height, width, classes) = (splits.train.height, splits.train.width, splits.train.classes)
    let types: [TextureType]
    if let path = configuration.textures {
      console.error("textures: image files in \(path)\n")
      let least = TextureSources.least(count: configuration.textureSources, split: configuration.textureSplit)
      let folder = TextureFolder(path: path, preparation: configuration.preparation, leastImages: least)
      types = try folder.load(classes: classes, height: height, width: width, console: console)
    } else {
      console.error("textures: built-in, seed \(configuration.seed)\n")
      types = try builtIn(classes: classes, height: height, width: width)
    }
    let shift = TextureShift(
      types: types, low: configuration.low, high: configuration.high, sourceCount: configuration.textureSources,
      split: configuration.textureSplit, seed: configuration.seed)
    return Built(set: try shift.apply(to: splits), types: types, sources: try shift.sources(classes: classes))
  }

  /// Built-in textures, drawn large enough that they have room for patches when they are reduced.
  private func builtIn(classes: Int, height: Int, width: Int) throws -> [TextureType] {
    let scale = configuration.preparation.scale
    let largest = BuiltInTexture.largestSide
    guard scale == 1 || max(height, width) * scale <= largest else {
      throw UsageError.refused(
        "--texture-scale \(scale) needs texture images of \(width * scale) × \(height * scale) pixels, and built-in "
          + "ones are drawn for \(largest) × \(largest) at most")
    }
    return try BuiltInTexture.types(
      classes: classes, height: height * scale, width: width * scale, seed: configuration.seed
    ).map { $0.prepared(configuration.preparation) }
  }

  /// Writes a variant's files under hidden names, the manifest last.
  private func stage(
    _ built: Built, _ variant: ShiftMNISTConfiguration.Variant, _ splits: ImageSplits,
    _ digests: [(name: String, digest: String)], in folder: OutputFolder, _ staged: StagedFiles
  ) throws {
    let names = ShiftMNISTFiles.names(configuration.formats)
    for other in ShiftMNISTFiles.names(ShiftMNISTConfiguration.Format.allCases) where !names.contains(other) {
      // It need not hold the same images.
      guard FileManager.default.fileExists(atPath: folder.file(other)) else { continue }
      console.error("warning: \(folder.file(other)) is from an earlier run and is left as it is.\n")
    }
    // Compressing the sets, and writing the files.
    let total = ShiftMNIST.Part.allCases.count + names.count + 3
    let progress = Progress("writing \(variant.rawValue)", total: total, unit: "steps", console: console)
    var done = 0
    func step(_ name: String) throws {
      done += 1
      progress.update(done: done, extra: name)
      try Interrupt.check()
    }
    let images = try ShiftMNISTFiles(built.set, formats: configuration.formats) { try step($0.rawValue) }
    var encoded: [EncodedFile] = []
    for file in encode(built, variant, images) {
      let file = try file.get()
      try staged.add(file.bytes, as: file.name, in: folder)
      encoded.append(file)
      try step(file.name)
    }
    let manifest = ShiftMNISTManifest(
      configuration: configuration, variant: variant, splits: splits, digests: digests, types: built.types,
      sources: built.sources, files: encoded.map { ($0.name, $0.bytes.count, $0.digest) })
    try staged.add([UInt8](manifest.json()), as: "manifest.json", in: folder)
    try step("manifest.json")
    progress.finish()
  }

  private struct EncodedFile: Sendable {
    let name: String
    let bytes: [UInt8]
    /// The SHA-256 of the bytes.
    let digest: String
  }

  /// All files but the manifest, each made by one thread.
  private func encode(
    _ built: Built, _ variant: ShiftMNISTConfiguration.Variant, _ images: ShiftMNISTFiles
  ) -> [Result<EncodedFile, FormatError>] {
    var encoders = images.encoders
    encoders.append(("provenance.csv", { Provenance.csv(built.set, types: built.types) }))
    let preview = ShiftMNISTPreview(variant: variant, set: built.set, textures: built.types.map(\.name))
    encoders.append((Self.preview, { preview.render().png }))
    let all = encoders
    return Parallel.map(all.count) { index in
      let (name, encode) = all[index]
      return Result { () throws(FormatError) in
        let bytes = try encode()
        return EncodedFile(name: name, bytes: bytes, digest: SHA256.hexadecimal(bytes))
      }
    }
  }
}
