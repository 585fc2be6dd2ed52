import Foundation

@testable import Datasets

/// A folder of a few built-in digits in MNIST's four files.
enum DigitFolder {
  /// Writes one, which must not exist.
  static func write(_ path: String, train: Int, test: Int) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let splits = Digits(seed: 3).splits(train: train, test: test)
    try write(splits.train, "train", to: path)
    try write(splits.test, "t10k", to: path)
  }

  /// Writes the two files of a split.
  static func write(_ images: LabelledImages, _ split: String, to path: String) throws {
    let idx = images.idx
    try Data(idx.images.encode()).write(to: URL(fileURLWithPath: "\(path)/\(split)-images-idx3-ubyte"))
    try Data(idx.labels.encode()).write(to: URL(fileURLWithPath: "\(path)/\(split)-labels-idx1-ubyte"))
  }
}
