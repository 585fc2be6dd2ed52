import Datasets
import ToolSupport

/// A variant of shiftMNIST on disk: MNIST's four files with the shortcut to the class in all images, and two more,
/// `shifted-…`, of images without it.
struct ShiftMNISTFolder {
  /// What the names of the files without the shortcut begin with.
  static let shiftedSplit = "shifted"

  /// The folder that holds the six files.
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
    let files = ImageFiles(folder: path)
    let splits = try files.load()
    let shifted = try files.load(split: Self.shiftedSplit)
    guard (shifted.height, shifted.width) == (splits.train.height, splits.train.width) else {
      throw FileError(
        "use", path,
        reason: "its training images have \(splits.train.height) × \(splits.train.width) pixels, its shifted ones "
          + "\(shifted.height) × \(shifted.width)")
    }
    guard shifted.classes <= splits.train.classes else {
      throw FileError(
        "use", path,
        reason: "its training images have \(splits.train.classes) classes, its shifted ones \(shifted.classes)")
    }
    guard shifted.count >= 2, splits.test.count >= 2 else {
      throw FileError("use", path, reason: "a test set of one image cannot be split in halves")
    }
    return (splits, shifted)
  }
}
