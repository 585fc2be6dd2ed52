import Datasets

/// The files of images of a variant.
struct ShiftMNISTFiles: Sendable {
  /// The name of the NumPy archive.
  static let archive = "shiftmnist.npz"

  /// A file that is yet to be encoded.
  typealias Encoder = (name: String, encode: @Sendable () throws(FormatError) -> [UInt8])

  /// One of the sets, compressed once for all files that hold it.
  private struct Compressed {
    let part: ShiftMNIST.Part
    let shape: [Int]
    let pixels, labels: DeflatedBytes
  }

  private let formats: [ShiftMNISTConfiguration.Format]
  private var parts: [Compressed] = []

  /// Compresses the sets. Cost: that of the whole, nearly, on all threads.
  ///
  /// - Parameter compressed: called after each set; what it throws is thrown.
  init(
    _ set: ShiftMNIST, formats: [ShiftMNISTConfiguration.Format], compressed: (ShiftMNIST.Part) throws -> Void
  ) rethrows {
    self.formats = formats
    for part in ShiftMNIST.Part.allCases {
      let images = set[part].images
      parts.append(
        Compressed(
          part: part, shape: [images.count, images.height, images.width], pixels: DeflatedBytes(images.pixels),
          labels: DeflatedBytes(images.labels)))
      try compressed(part)
    }
  }

  /// The names of the files that formats give.
  static func names(_ formats: [ShiftMNISTConfiguration.Format]) -> [String] {
    var names: [String] = []
    if formats.contains(.npz) { names.append(archive) }
    if formats.contains(.idx) {
      names += ShiftMNIST.Part.allCases.flatMap { [imagesName($0), labelsName($0)] }
    }
    return names
  }

  /// Names begin with the set's, but those of the i.i.d. test are MNIST's, so that its readers find them.
  private static func stem(_ part: ShiftMNIST.Part) -> String { part == .test ? "t10k" : part.rawValue }
  private static func imagesName(_ part: ShiftMNIST.Part) -> String { "\(stem(part))-images-idx3-ubyte.gz" }
  private static func labelsName(_ part: ShiftMNIST.Part) -> String { "\(stem(part))-labels-idx1-ubyte.gz" }

  /// What makes each file, the largest first. Cost of a call: a pass over the images.
  var encoders: [Encoder] {
    var encoders: [Encoder] = []
    if formats.contains(.npz) {
      encoders.append((Self.archive, { () throws(FormatError) in try archive() }))
    }
    if formats.contains(.idx) {
      for part in parts {
        encoders.append(
          (Self.imagesName(part.part), { Gzip.compress(IDX.header(dimensions: part.shape), part.pixels) }))
        encoders.append(
          (Self.labelsName(part.part), { Gzip.compress(IDX.header(dimensions: [part.shape[0]]), part.labels) }))
      }
    }
    return encoders
  }

  private func archive() throws(FormatError) -> [UInt8] {
    try NPZ.encode(
      parts.flatMap { part in
        [
          (name: "x_\(part.part.rawValue)", shape: part.shape, payload: part.pixels),
          (name: "y_\(part.part.rawValue)", shape: [part.shape[0]], payload: part.labels),
        ]
      })
  }
}
