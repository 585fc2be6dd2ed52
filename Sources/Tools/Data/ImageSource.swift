import Datasets
import ToolSupport

/// Where a command takes its images from: a folder of IDX files, or digits that it draws itself.
enum ImageSource: Equatable {
  /// A folder that holds MNIST's four files, or others of that form.
  case folder(String)
  /// The built-in digits of a seed.
  case digits(seed: UInt64)

  /// The word that asks for the built-in digits.
  static let synthetic = "synthetic"

  /// The option of every command that takes images.
  static let option = Option.text(
    "data", default: synthetic, metavar: "DIR",
    help: "folder of MNIST's four files, plain or .gz; \(synthetic): digits drawn by the program")

  /// The source that ``option`` names; the seed is that of built-in digits.
  init(_ options: Options, seed: UInt64) { self.init(options.text(Self.option.name), seed: seed) }

  /// The source that ``text`` names; the seed is that of built-in digits.
  init(_ text: String, seed: UInt64) { self = text == Self.synthetic ? .digits(seed: seed) : .folder(text) }

  /// What ``option`` names it by.
  var text: String {
    switch self {
    case .folder(let path): path
    case .digits: Self.synthetic
    }
  }

  /// What it is, for a tool's first line and for manifests.
  var summary: String {
    switch self {
    case .folder(let path): "IDX files in \(path)"
    case .digits(let seed): "built-in digits (\(Self.synthetic)), seed \(seed)"
    }
  }

  /// At most `train` and `test` of its images; nil for all that a folder holds, or as many as MNIST has.
  ///
  /// - Throws: `FileError` or `DataFileError`, which name the file.
  func load(train: Int? = nil, test: Int? = nil) throws -> ImageSplits {
    switch self {
    case .folder(let path):
      return try ImageFiles(folder: path).load().prefix(train: train, test: test)
    case .digits(let seed):
      return Digits(seed: seed).splits(
        train: min(train ?? .max, Digits.trainCount), test: min(test ?? .max, Digits.testCount))
    }
  }

  /// Whether it is a folder of shiftMNIST, with test images that have lost the shortcut.
  var hasShiftedTest: Bool {
    guard case .folder(let path) = self else { return false }
    return ImageFiles(folder: path).has(split: ShiftMNISTFolder.shiftedSplit)
  }

  /// Test images that have lost the shortcut to their class, of a folder of shiftMNIST.
  ///
  /// - Throws: `FileError` or `DataFileError`, which name the file.
  func loadShifted() throws -> LabelledImages? {
    guard case .folder(let path) = self, hasShiftedTest else { return nil }
    return try ShiftMNISTFolder(path, variant: nil).load().shifted
  }
}
