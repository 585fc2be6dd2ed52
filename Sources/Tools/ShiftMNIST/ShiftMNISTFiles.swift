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

  /// The names of all files that `formats` give.
  var names: [String] { encoders.map(\.name) }

  /// Each file's name and what makes its bytes.
  var encoders: [(name: String, encode: () throws -> [UInt8])] {
    var encoders: [(name: String, encode: () throws -> [UInt8])] = []
    if formats.contains(.idx) {
      for part in ShiftMNIST.Part.allCases {
        let (images, stem) = (set[part].images, Self.stem(part))
        encoders.append(("\(stem)-images-idx3-ubyte.gz", { Gzip.compress(images.idx.images.encode()) }))
        encoders.append(("\(stem)-labels-idx1-ubyte.gz", { Gzip.compress(images.idx.labels.encode()) }))
      }
    }
    if formats.contains(.npz) { encoders.append((Self.archive, { try NPZ.encode(arrays) })) }
    return encoders
  }

  /// x_train, y_train and so on: images as [image][row][column], labels as [image].
  private var arrays: [(name: String, array: NPY)] {
    ShiftMNIST.Part.allCases.flatMap { part in
      let images = set[part].images
      return [
        (
          "x_\(part.rawValue)",
          NPY(element: .uint8, shape: [images.count, images.height, images.width], payload: images.pixels)
        ), ("y_\(part.rawValue)", NPY(element: .uint8, shape: [images.count], payload: images.labels)),
      ]
    }
  }
}
