import Datasets

/// A file whose contents are not what its format or its neighbours ask for.
struct DataFileError: Error, Equatable, CustomStringConvertible {
  /// The file as the user gave it.
  let path: String
  /// Where in it, what was expected and what was found.
  let error: FormatError

  /// One sentence.
  var description: String { "\(path): \(error)" }
}
