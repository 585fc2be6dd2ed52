import Datasets

/// The files of images of a variant, encoded one at a time.
struct ShiftMNISTFiles {
  /// The name of the NumPy archive.
  static let archive = "shiftmnist.npz"

  let set: ShiftMNIST
  let formats: [ShiftMNISTConfiguration.Format]

  /// What the IDX files of a set begin with: those of the i.i.d. test are called as MNIST's, so that its readers find
  /// them.
  static func stem(_ part: ShiftMNIST.Part) -> String { part == .test ? "t10k" : part.rawValue }

  /// The names of the files of images that `formats` give.
  static func names(_ formats: [ShiftMNISTConfiguration.Format]) -> [String] {
    var names: [String] = []
    if formats.contains(.idx) {
      names += ShiftMNIST.Part.allCases.flatMap { [imagesName($0), labelsName($0)] }
    }
    if formats.contains(.npz) { names.append(archive) }
    return names
  }

  private static func imagesName(_ part: ShiftMNIST.Part) -> String { "\(stem(part))-images-idx3-ubyte.gz" }
  private static func labelsName(_ part: ShiftMNIST.Part) -> String { "\(stem(part))-labels-idx1-ubyte.gz" }

  /// Encodes the files, each array compressed once for all that hold it, and hands them over one by one.
  ///
  /// - Throws: `FormatError` where an archive would be too large, and what `take` throws.
  func encode(_ take: (_ name: String, _ bytes: [UInt8]) throws -> Void) throws {
    var arrays: [(name: String, shape: [Int], payload: DeflatedBytes)] = []
    for part in ShiftMNIST.Part.allCases {
      let images = set[part].images
      let shape = [images.count, images.height, images.width]
      let (pixels, labels) = (DeflatedBytes(images.pixels), DeflatedBytes(images.labels))
      if formats.contains(.idx) {
        try take(Self.imagesName(part), Gzip.compress(IDX.header(dimensions: shape), pixels))
        try take(Self.labelsName(part), Gzip.compress(IDX.header(dimensions: [images.count]), labels))
      }
      if formats.contains(.npz) {
        arrays.append(("x_\(part.rawValue)", shape, pixels))
        arrays.append(("y_\(part.rawValue)", [images.count], labels))
      }
    }
    if formats.contains(.npz) { try take(Self.archive, NPZ.encode(arrays)) }
  }
}
