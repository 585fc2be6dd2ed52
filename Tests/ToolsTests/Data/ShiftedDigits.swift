import Foundation

@testable import Datasets

/// A small binary shiftMNIST: built-in digits with one white pixel in column 0 at row 4 + 2·label; the shifted test is the
/// i.i.d. test's digits without it.
enum ShiftedDigits {
  /// Writes a folder of it.
  static func write(_ path: String, train: Int, test: Int) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let splits = Digits(seed: 11).splits(train: train, test: test)
    try DigitFolder.write(coded(splits.train), "train", to: path)
    try DigitFolder.write(coded(splits.test), "t10k", to: path)
    try DigitFolder.write(splits.test, "shifted", to: path)
  }

  private static func coded(_ images: LabelledImages) -> LabelledImages {
    var pixels = images.pixels
    for (index, label) in images.labels.enumerated() {
      pixels[index * images.height * images.width + (4 + 2 * Int(label)) * images.width] = 255
    }
    return LabelledImages(
      height: images.height, width: images.width, classes: images.classes, pixels: pixels, labels: images.labels)
  }
}
