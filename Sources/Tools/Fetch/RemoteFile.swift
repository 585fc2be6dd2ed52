/// A file whose contents are known before it is fetched.
struct RemoteFile: Equatable, Sendable {
  /// Its name, below a base URL and in the output folder.
  let name: String
  /// Its length in bytes.
  let size: Int
  /// Its SHA-256 as lower-case hexadecimal digits.
  let digest: String

  /// MNIST as its authors packed it (LeCun, Cortes, Burges).
  static let mnist = [
    RemoteFile(
      name: "train-images-idx3-ubyte.gz", size: 9_912_422,
      digest: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
    RemoteFile(
      name: "train-labels-idx1-ubyte.gz", size: 28_881,
      digest: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
    RemoteFile(
      name: "t10k-images-idx3-ubyte.gz", size: 1_648_877,
      digest: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
    RemoteFile(
      name: "t10k-labels-idx1-ubyte.gz", size: 4_542,
      digest: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
  ]
}
