import Datasets
import Foundation
import Kernels
import ToolSupport

/// A folder of class folders of textures, as the Describable Textures Dataset has it in `images/`.
struct TextureFolder {
  /// The largest image file that is read, in bytes.
  static let largestFile = 1 << 26
  /// What an image file's name ends with; other files are passed over.
  static let endings = ["jpg", "jpeg", "png"]

  /// The folder as the user gave it.
  let path: String
  /// Pixels that are kept of all textures together, a byte each. A class that has more than its share loses the images
  /// that come last by name.
  var largestTotal = 1 << 30
  /// What is done to every image; its result must have room for a patch.
  var preparation = TexturePreparation()
  /// Usable images that a class must have.
  var leastImages = 2
  /// Takes an image file's bytes to a grey image.
  var decode: @Sendable ([UInt8]) throws(FormatError) -> Raster = { bytes throws(FormatError) in
    try StillImage.decodeGrey(bytes)
  }

  /// The first `classes` textures in the order of their names that have at least ``leastImages`` usable images: those
  /// that can be read and have room for a patch when they are prepared. What is skipped is said on the console.
  ///
  /// Cost: reading and decoding, on all threads. Memory: the prepared images, at most ``largestTotal`` bytes, and a few
  /// images under way.
  /// - Throws: `FileError` where the folder cannot be listed, or holds too few usable textures.
  func load(classes: Int, height: Int, width: Int, console: Console) throws -> [TextureType] {
    let names = try folders()
    let smallest = (height: height * preparation.scale, width: width * preparation.scale)
    let images = leastImages == 1 ? "one JPEG or PNG image" : "\(leastImages) JPEG or PNG images"
    var types: [TextureType] = []
    let progress = Progress("textures", total: classes, unit: "classes", console: console)
    var warnings = ""
    for name in names where types.count < classes {
      let (type, warning) = try load(
        name, height: smallest.height, width: smallest.width, limit: largestTotal / classes)
      warnings += warning
      if type.images.count >= leastImages {
        types.append(type)
        progress.update(done: types.count)
      } else {
        warnings += "warning: \(path)/\(name): skipped, as fewer than \(leastImages) of its images are usable.\n"
      }
    }
    if types.count == classes { progress.finish() }
    console.error(warnings)
    guard types.count == classes else {
      // DTD as it is unpacked has its class folders one level below.
      let hint = OutputFolder.isFolder("\(path)/images") ? "; are the class folders in \(path)/images?" : ""
      throw FileError(
        "use the textures in", path,
        reason: "\(classes) labels need \(classes) folders of at least \(images) of \(smallest.width) × "
          + "\(smallest.height) pixels or more, found \(types.count)\(hint)")
    }
    return types
  }

  /// The folders in the folder, hidden ones left out, sorted.
  private func folders() throws(FileError) -> [String] {
    try Self.list(path).filter { OutputFolder.isFolder("\(path)/\($0)") }
  }

  private static func list(_ path: String) throws(FileError) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: path).filter { !$0.hasPrefix(".") }.sorted()
    } catch {
      throw FileError("read the folder", path, error)
    }
  }

  /// What became of an image file.
  private enum Outcome: Sendable {
    case image(TextureImage)
    case unreadable(String)
    case small
  }

  /// The usable images of a class, and a warning about the others, empty where there are none.
  private func load(
    _ name: String, height: Int, width: Int, limit: Int
  ) throws -> (type: TextureType, warning: String) {
    let files = try Self.list("\(path)/\(name)").filter { file in
      Self.endings.contains { file.lowercased().hasSuffix(".\($0)") }
    }
    var (images, pixels, small, beyond) = ([TextureImage](), 0, 0, 0)
    var unreadable: [String] = []
    // Some files at a time, so that only few are in memory beside what is kept of them.
    let atOnce = 4 * Parallel.threads
    for start in stride(from: 0, to: files.count, by: atOnce) where beyond == 0 {
      try Interrupt.check()
      let part = Array(files[start..<min(start + atOnce, files.count)])
      let outcomes = Parallel.map(part.count) { read("\(name)/\(part[$0])", height: height, width: width) }
      for (index, outcome) in outcomes.enumerated() where beyond == 0 {
        switch outcome {
        case .image(let image):
          pixels += image.raster.pixels.count
          if pixels <= limit { images.append(image) } else { beyond = files.count - start - index }
        case .unreadable(let sentence): unreadable.append(sentence)
        case .small: small += 1
        }
      }
    }
    var reasons: [String] = []
    if let first = unreadable.first { reasons.append("\(unreadable.count) cannot be read (\(first))") }
    if small > 0 { reasons.append("\(small) are smaller than \(width) × \(height) pixels") }
    if beyond > 0 { reasons.append("\(beyond) are more than the \(limit) pixels that are kept of a texture") }
    let skipped = unreadable.count + small + beyond
    return (
      TextureType(name: name, images: images),
      reasons.isEmpty
        ? ""
        : "warning: \(path)/\(name): \(skipped) of \(files.count) images skipped: "
          + "\(reasons.joined(separator: "; ")).\n"
    )
  }

  /// Reads and decodes one file.
  private func read(_ name: String, height: Int, width: Int) -> Outcome {
    do {
      let bytes = [UInt8](try ImageFiles.read("\(path)/\(name)", limit: Self.largestFile))
      let raster = try decode(bytes)
      guard raster.height >= height && raster.width >= width else { return .small }
      return .image(
        TextureImage(name: name, raster: preparation.apply(to: raster), digest: SHA256.hexadecimal(bytes)))
    } catch {
      let text = String(describing: error)
      return .unreadable("\(name): \(text.hasSuffix(".") ? String(text.dropLast()) : text)")
    }
  }
}
