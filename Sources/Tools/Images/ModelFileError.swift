import Datasets
import Flow

/// A file that does not hold the model that it says it holds.
struct ModelFileError: Error, Equatable, CustomStringConvertible {
  /// What is wrong with it.
  enum Cause: Equatable {
    /// It is no safetensors file.
    case format(FormatError)
    /// A value of its metadata.
    case metadata(MetadataError)
    /// A tensor that is missing, left over or not as the model needs it.
    case tensor(name: String, expected: String, found: String)
    /// A weight without an inverse.
    case notInvertible(InvertibilityError)
    /// The tensors as a whole.
    case model(expected: String, found: String)
  }

  /// The file as the user gave it.
  let path: String
  let cause: Cause

  /// One sentence.
  var description: String {
    switch cause {
    case .format(let error): "\(path): \(error)"
    case .metadata(let error):
      "\(path): metadata \"\(error.key)\": expected \(error.expected), found \(error.found)."
    case .tensor(let name, let expected, let found): "\(path): tensor \(name): expected \(expected), found \(found)."
    case .notInvertible(let error): "\(path): \(error)."
    case .model(let expected, let found): "\(path): expected \(expected), found \(found)."
    }
  }
}
