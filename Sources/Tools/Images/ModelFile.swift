import Datasets
import Flow
import Foundation
import Kernels
import ToolSupport

/// A run's model as a safetensors file: the network's parameters by name, what else training left, and the
/// configuration in the metadata.
enum ModelFile {
  /// The file's name in the folder of a run.
  static let name = "model.safetensors"
  /// What the names of tensors that are not the network's begin with.
  static let extraPrefixes = ["prior.", "nuisance."]
  /// What the names of tensors begin with that say again, for readers in other languages, what follows from the rest: the
  /// weights of the 1×1 convolutions, whose factors are permuted and signed by the seed. They are not read.
  static let derivedPrefix = "weights."
  /// The largest file that is read. The paper's model has 6 MB.
  static let largestFile = 1 << 32

  /// The file's bytes. `metadata` is added to the configuration's, which it must not change.
  static func encode(_ model: TrainedModel, metadata: [String: String] = [:]) -> Data {
    for extra in model.extras {
      precondition(extraPrefixes.contains { extra.name.hasPrefix($0) }, "a tensor named \(extra.name) beside a network")
    }
    let tensors = model.network.parameters().map {
      Safetensors.Tensor(name: $0.parameter.name, shape: $0.parameter.shape, values: $0.values)
    }
    let all = model.configuration.metadata.merging(metadata) { own, other in
      preconditionFailure("metadata \(other) in place of \(own)")
    }
    return Data(Safetensors(metadata: all, tensors: tensors + model.extras + derived(model)).encode())
  }

  /// A bijection's 1×1 convolutions' weights, outputs × inputs, under their layers' names.
  private static func derived(_ model: TrainedModel) -> [Safetensors.Tensor] {
    guard case .bijective(let model) = model else { return [] }
    return model.network.stages.enumerated().flatMap { stage, chain in
      chain.layers.enumerated().map { block, step in
        let weight = step.convolution.weight
        return Safetensors.Tensor(
          name: "\(derivedPrefix)stages.\(stage).blocks.\(block).convolution", shape: [weight.rows, weight.columns],
          values: weight.values)
      }
    }
  }

  /// Writes the file into a run's folder, all or nothing.
  static func write(
    _ model: TrainedModel, metadata: [String: String] = [:], to folder: OutputFolder
  ) throws(FileError) {
    try folder.write(encode(model, metadata: metadata), to: name)
  }

  /// The model of the run in a folder.
  ///
  /// - Throws: `FileError` or `ModelFileError`, which name the file.
  static func read(run folder: String) throws -> TrainedModel {
    guard OutputFolder.isFolder(folder) else {
      let isFile = FileManager.default.fileExists(atPath: folder)
      throw FileError("read the run", folder, reason: isFile ? "it is a file" : "no such folder")
    }
    let path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
    guard FileManager.default.fileExists(atPath: path) else {
      throw FileError("read the run", folder, reason: "it holds no \(name)")
    }
    return try decode([UInt8](ImageFiles.read(path, limit: largestFile)), path: path)
  }

  /// The model in a file's bytes; `path` is for errors.
  ///
  /// - Throws: unless the tensors are the network's, each of its shape and of finite numbers, with none left over but
  ///   extras, and an image passes, of a bijection there and back, as finite numbers; every weight of one has an inverse.
  static func decode(_ bytes: [UInt8], path: String) throws(ModelFileError) -> TrainedModel {
    do {
      return try decode(bytes)
    } catch {
      throw ModelFileError(path: path, cause: error.cause)
    }
  }

  /// The configuration in a file's metadata; `path` is for errors.
  ///
  /// - Throws: where a key is missing or has no possible value.
  static func configuration(
    _ metadata: [String: String], path: String
  ) throws(ModelFileError) -> ImageModelConfiguration {
    do {
      return try ImageModelConfiguration(metadata: metadata)
    } catch {
      throw ModelFileError(path: path, cause: .metadata(error))
    }
  }

  private struct Fault: Error {
    let cause: ModelFileError.Cause

    init(_ cause: ModelFileError.Cause) { self.cause = cause }
  }

  private static func decode(_ bytes: [UInt8]) throws(Fault) -> TrainedModel {
    let file: Safetensors
    let configuration: ImageModelConfiguration
    do {
      file = try Safetensors.decode(bytes)
    } catch {
      throw Fault(.format(error))
    }
    do {
      configuration = try ImageModelConfiguration(metadata: file.metadata)
    } catch {
      throw Fault(.metadata(error))
    }
    // The metadata may ask for any network; one that is larger than its file is not even made.
    let count = file.tensors.reduce(0) { $0 + $1.values.count }
    guard configuration.fewestValues <= count else {
      throw Fault(
        .model(
          expected: "more than \(configuration.fewestValues) numbers for the network that its metadata describe",
          found: "\(count)"))
    }
    for tensor in file.tensors {
      if let index = tensor.values.firstIndex(where: { !$0.isFinite }) {
        throw Fault(
          .tensor(name: tensor.name, expected: "finite numbers", found: "\(tensor.values[index]) at \(index)"))
      }
    }
    let (own, extras) = split(file.tensors)
    if configuration.architecture == .resNet {
      if let extra = extras.first { throw surplus(extra.name) }
      let network = try filled(configuration.makeResidualNetwork(), own)
      try check([("answer", network.logits(grey(configuration)))])
      return .residual(configuration, network)
    }
    let classifier = try filled(configuration.makeClassifier(), own)
    do {
      try classifier.network.checkInvertibility(prefix: "")
    } catch {
      throw Fault(.notInvertible(error))
    }
    let model = ImageModel(configuration: configuration, classifier: classifier, extras: extras)
    let z = model.encode(grey(configuration))
    try check([("code", z), ("way back from its code", model.decode(z))])
    return .bijective(model)
  }

  private static func split(
    _ tensors: [Safetensors.Tensor]
  ) -> (own: [String: Safetensors.Tensor], extras: [Safetensors.Tensor]) {
    var own: [String: Safetensors.Tensor] = [:]
    var extras: [Safetensors.Tensor] = []
    for tensor in tensors where !tensor.name.hasPrefix(derivedPrefix) {
      if extraPrefixes.contains(where: { tensor.name.hasPrefix($0) }) {
        extras.append(tensor)
      } else {
        own[tensor.name] = tensor
      }
    }
    return (own, extras)
  }

  /// The network with the tensors as its parameters.
  private static func filled<Network: Parameterised>(
    _ network: Network, _ tensors: [String: Safetensors.Tensor]
  ) throws(Fault) -> Network {
    var (copy, left, fault) = (network, tensors, nil as ModelFileError.Cause?)
    copy.visitParameters { parameter, values in
      guard fault == nil else { return }
      let expected = "shape \(parameter.shape)"
      guard let tensor = left.removeValue(forKey: parameter.name) else {
        fault = .tensor(name: parameter.name, expected: expected, found: "no such tensor")
        return
      }
      guard tensor.shape == parameter.shape else {
        fault = .tensor(name: parameter.name, expected: expected, found: "\(tensor.shape)")
        return
      }
      // The one parameter that may not have any finite value: its root is taken.
      if parameter.kind == .statistic, parameter.name.hasSuffix(".variance"),
        let index = tensor.values.firstIndex(where: { $0 < 0 })
      {
        fault = .tensor(
          name: parameter.name, expected: "variances of at least 0", found: "\(tensor.values[index]) at \(index)")
        return
      }
      values = tensor.values
    }
    if let fault { throw Fault(fault) }
    if let name = left.keys.min() { throw surplus(name) }
    return copy
  }

  private static func surplus(_ name: String) -> Fault {
    Fault(.tensor(name: name, expected: "none of that name in the network that its metadata describe", found: "one"))
  }

  /// A grey image: scales without bound are finite numbers in the file and nowhere else.
  private static func grey(_ configuration: ImageModelConfiguration) -> Activation {
    Activation(
      samples: 1, height: configuration.paddedHeight, width: configuration.paddedWidth, channels: 1, repeating: 0.5)
  }

  /// What became of a grey image must be finite.
  private static func check(_ results: [(name: String, values: Activation)]) throws(Fault) {
    for (name, values) in results {
      if let place = values.firstNonFinite() {
        throw Fault(
          .model(
            expected: "a model that a grey image passes as finite numbers",
            found: "one whose \(name) is not finite at value \(place.value)"))
      }
    }
  }
}
