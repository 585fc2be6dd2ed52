import Datasets
import Flow
import Foundation
import Kernels
import ToolSupport

/// A safetensors file that a model or a training's state is read from.
struct TensorFile {
  private static let limit = 1 << 32

  let path: String
  let metadata: [String: String]
  private let tensors: [String: Safetensors.Tensor]

  /// Reads the whole file.
  ///
  /// - Throws: `FileError` or `DataFileError`, which name the file.
  init(path: String) throws {
    self.path = path
    let bytes = try ImageFiles.read(path, limit: Self.limit)
    let file: Safetensors
    do {
      file = try Safetensors.decode([UInt8](bytes))
    } catch {
      throw DataFileError(path: path, error: error)
    }
    metadata = file.metadata
    tensors = Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.name, $0) })
  }

  /// Fills everything that `visit` visits from the tensors of those names.
  ///
  /// - Throws: `TensorFileError` where a tensor is missing, has another shape, holds NaN or infinity, or, unless
  ///   `ignoresOthers`, is one that nobody asked for.
  func fill(ignoringOthers: Bool = false, _ visit: ((Parameter, inout [Float]) -> Void) -> Void) throws {
    var error: TensorFileError?
    var used: Set<String> = []
    visit { parameter, values in
      guard error == nil else { return }
      func fail(_ expected: String, _ found: String) {
        error = TensorFileError(path: path, tensor: parameter.name, expected: expected, found: found)
      }
      guard let tensor = tensors[parameter.name] else {
        return fail("a tensor of shape \(parameter.shape)", "none of this name")
      }
      guard tensor.shape == parameter.shape else { return fail("shape \(parameter.shape)", "\(tensor.shape)") }
      if let place = tensor.values.firstIndex(where: { !$0.isFinite }) {
        return fail("finite numbers", "\(tensor.values[place]) at element \(place)")
      }
      used.insert(parameter.name)
      values = tensor.values
    }
    if let error { throw error }
    if !ignoringOthers, let other = tensors.keys.filter({ !used.contains($0) }).min() {
      throw TensorFileError(path: path, tensor: other, expected: "no such tensor", found: "one")
    }
  }

  /// The value of type `Value` that was written as JSON under `keyword`.
  ///
  /// - Throws: `TensorFileError`, where there is none.
  func decode<Value: Decodable>(_ type: Value.Type, _ keyword: String) throws -> Value {
    guard let text = metadata[keyword] else {
      throw TensorFileError(path: path, tensor: "metadata \(keyword)", expected: "a value", found: "none")
    }
    guard let value = try? JSONDecoder().decode(type, from: Data(text.utf8)) else {
      throw TensorFileError(
        path: path, tensor: "metadata \(keyword)", expected: "the JSON form of \(type)",
        found: "\"\(text.prefix(60))\"")
    }
    return value
  }
}

/// A file of tensors that does not hold what it should.
struct TensorFileError: Error, Equatable, CustomStringConvertible {
  let path: String
  let tensor: String
  let expected: String
  let found: String

  /// One sentence.
  var description: String { "\(path), \(tensor): expected \(expected), found \(found)." }
}

extension Encodable {
  /// The JSON form on one line, keys sorted: the same text for the same value.
  var jsonText: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(self) else { preconditionFailure("\(Self.self) has a JSON form") }
    return String(decoding: data, as: UTF8.self)
  }
}
