import Datasets
import Flow
import Foundation
import ToolSupport

/// A model as a safetensors file: every parameter by its name, and what it is in the metadata.
enum Checkpoint {
  /// The file's bytes.
  static func encode(_ model: some Parameterised, metadata: [String: String]) -> Data {
    let tensors = model.parameters().map {
      Safetensors.Tensor(name: $0.parameter.name, shape: $0.parameter.shape, values: $0.values)
    }
    return Data(Safetensors(metadata: metadata, tensors: tensors).encode())
  }
}
