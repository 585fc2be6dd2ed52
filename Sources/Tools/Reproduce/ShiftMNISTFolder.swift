import Datasets
import Foundation
import ToolSupport

/// A variant of shiftMNIST on disk: MNIST's four files with the shortcut to the class in all images, and the images without
/// it, `shifted-…` for tests and `unshortcut-…` for readers to learn from.
struct ShiftMNISTFolder {
  /// What the names of the test files without the shortcut begin with.
  static let shiftedSplit = "shifted"

  /// The folder that holds the files.
  let path: String

  /// The folder as the user gave it, or the one named for the variant, where one is asked for, in it.
  init(_ path: String, variant: Figure8.Variant?) {
    let inner = variant.map { path.hasSuffix("/") ? path + $0.rawValue : "\(path)/\($0.rawValue)" }
    self.path = inner.flatMap { OutputFolder.isFolder($0) ? $0 : nil } ?? path
  }

  /// D_train with its i.i.d. test, and the shifted test.
  ///
  /// - Throws: `FileError` or `DataFileError`, which name the file.
  func load() throws -> (splits: ImageSplits, shifted: LabelledImages) {
    let splits = try ImageFiles(folder: path).load()
    let shifted = try load(Self.shiftedSplit, "shifted ones", like: splits.train)
    guard shifted.count >= 2, splits.test.count >= 2 else {
      throw FileError("use", path, reason: "a test set of one image cannot be split in halves")
    }
    return (splits, shifted)
  }

  /// The training images without the shortcut.
  ///
  /// - Throws: `FileError` or `DataFileError`, which name the file; folders of before they were built have none.
  func loadUnshortcut(like images: LabelledImages) throws -> LabelledImages {
    try load("unshortcut", "ones without the shortcut", like: images)
  }

  private func load(_ split: String, _ name: String, like images: LabelledImages) throws -> LabelledImages {
    let found = try ImageFiles(folder: path).load(split: split)
    guard (found.height, found.width) == (images.height, images.width) else {
      throw FileError(
        "use", path,
        reason: "its training images have \(images.height) × \(images.width) pixels, its \(name) \(found.height) × "
          + "\(found.width)")
    }
    guard found.classes <= images.classes else {
      throw FileError(
        "use", path, reason: "its training images have \(images.classes) classes, its \(name) \(found.classes)")
    }
    return found.with(classes: images.classes)
  }

  /// Test and training images whose shortcut is that of another class than the label's. Binary: the plain digits with such a
  /// code, drawn by the folder's seed. Texture: those of the images without the shortcut whose random texture is one.
  ///
  /// - Parameters:
  ///   - unshortcut: the training images without the shortcut.
  ///   - shifted: the test images without it.
  /// - Throws: `FileError` or `DataFileError` where manifest.json or provenance.csv is missing or says nothing of the kind.
  func wronglyCoded(
    unshortcut: LabelledImages, shifted: LabelledImages
  ) throws -> (train: WronglyCodedImages, test: WronglyCodedImages) {
    guard unshortcut.classes >= 2 else {
      throw FileError("use", path, reason: "its images are all of one class, so that no shortcut can be wrong")
    }
    let manifest = try ShiftMNISTDescription(folder: path)
    switch manifest.shortcut {
    case .code(let code):
      do {
        return (
          try code.wronglyCoded(unshortcut, .unshortcut, seed: manifest.seed),
          try code.wronglyCoded(shifted, .shifted, seed: manifest.seed)
        )
      } catch {
        throw FileError("use", manifest.path, reason: String(error.description.dropLast()))
      }
    case .textures(let names):
      return (
        try wrongTextures(unshortcut, .unshortcut, names), try wrongTextures(shifted, .shifted, names)
      )
    }
  }

  private func wrongTextures(
    _ images: LabelledImages, _ part: ShiftMNIST.Part, _ names: [String]
  ) throws -> WronglyCodedImages {
    let file = "\(path)/provenance.csv"
    let bytes = [UInt8](try ImageFiles.read(file, limit: ImageFiles.largestFile))
    let textures: [UInt8]
    do {
      textures = try Provenance.textures(bytes, of: part, names: names)
    } catch {
      throw DataFileError(path: file, error: error)
    }
    // A limit on the training images leaves the first ones.
    guard textures.count >= images.count else {
      throw FileError(
        "use", file, reason: "it has \(textures.count) lines of \(part.rawValue) for \(images.count) images")
    }
    let wrong = WronglyCodedImages(selecting: Array(textures.prefix(images.count)), of: images)
    guard wrong.images.count >= 2 else {
      throw FileError("use", file, reason: "fewer than two \(part.rawValue) images have another class's texture")
    }
    return wrong
  }
}
