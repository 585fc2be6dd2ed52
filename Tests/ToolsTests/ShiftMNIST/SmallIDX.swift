import Datasets
import Foundation

@testable import Tools

/// Folders of small IDX files.
enum SmallIDX {
  /// Writes MNIST's four files: `train` and `test` images of pixels that depend on place and index, labels in turn.
  static func write(
    to folder: String, train: Int = 60, test: Int = 40, height: Int = 28, width: Int = 28, classes: Int = 10
  ) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for (stem, count) in [("train", train), ("t10k", test)] {
      let pixels = (0..<(count * height * width)).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
      let labels = (0..<count).map { UInt8($0 % classes) }
      let images = IDX(dimensions: [count, height, width], bytes: pixels)
      try Data(images.encode()).write(to: URL(fileURLWithPath: "\(folder)/\(stem)-images-idx3-ubyte"))
      try Data(IDX(dimensions: [count], bytes: labels).encode())
        .write(to: URL(fileURLWithPath: "\(folder)/\(stem)-labels-idx1-ubyte"))
    }
  }
}
