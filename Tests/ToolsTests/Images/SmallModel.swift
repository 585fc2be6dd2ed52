import Flow
import Foundation
import Kernels
import TestSupport

@testable import Datasets
@testable import ToolSupport
@testable import Tools

/// A model small enough for tests: perturbed, so that nothing is at its initial value, and initialised on digits.
enum SmallModel {
  /// Three stages of two steps with 8 filters on digits of seed 5.
  static let configuration: ImageModelConfiguration = {
    var result = ImageModelConfiguration(height: 28, width: 28, classes: 10, source: .digits(seed: 5))
    result.steps = 2
    result.filters = 8
    result.seed = 5
    return result
  }()

  /// What a configuration asks for, with a prior where asked.
  static func make(
    _ configuration: ImageModelConfiguration = configuration, hasPrior: Bool = false, deviation: Float = 0.05
  ) -> ImageModel {
    let digits = Digits(seed: configuration.seed).samples(0..<64, of: .train)
    let x = configuration.batch.activation(digits, Array(0..<64))
    let classifier = perturbed(configuration.makeClassifier(), seed: 6, deviation: deviation).initialised(on: x)
    let count = configuration.paddedHeight * configuration.paddedWidth - configuration.classes
    let extras = [
      Safetensors.Tensor(name: "nuisance.scale", shape: [], values: [7]),
      Safetensors.Tensor(name: "prior.log_scale", shape: [count], values: [Float](repeating: -2, count: count)),
      Safetensors.Tensor(name: "prior.mean", shape: [count], values: [Float](repeating: 0.25, count: count)),
    ]
    return ImageModel(configuration: configuration, classifier: classifier, extras: hasPrior ? extras : [])
  }

  /// A ResNet of one block a stage with 4 filters, perturbed, for digits of seed 5.
  static let residual: TrainedModel = {
    var configuration = ImageModelConfiguration(height: 28, width: 28, classes: 10, source: .digits(seed: 5))
    configuration.architecture = .resNet
    configuration.blocks = 1
    configuration.filters = 4
    configuration.seed = 5
    var network = perturbed(configuration.makeResidualNetwork(), seed: 6, deviation: 0.05)
    // Wherever the noise led, a variance is none below zero.
    network.visitParameters { parameter, values in
      if parameter.name.hasSuffix(".variance") { values = values.map(abs) }
    }
    return .residual(configuration, network)
  }()

  /// Runs `body` with a folder that holds the model.
  static func withRun(_ model: ImageModel, _ body: (String) throws -> Void) throws {
    try withRun(.bijective(model), body)
  }

  /// The same for either kind.
  static func withRun(_ model: TrainedModel, _ body: (String) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let run = "\(folder)/run"
      try ModelFile.write(model, metadata: ["epoch": "3"], to: OutputFolder(creating: run))
      try body(run)
    }
  }
}
