import Datasets
import Flow
import Kernels

/// What a run trained: a bijective classifier, or a ResNet, which has no inverse.
enum TrainedModel: Sendable {
  case bijective(ImageModel)
  case residual(ImageModelConfiguration, ResidualNetwork)

  /// What it is rebuilt from.
  var configuration: ImageModelConfiguration {
    switch self {
    case .bijective(let model): model.configuration
    case .residual(let configuration, _): configuration
    }
  }

  /// How images become batches.
  var batch: ImageBatch { configuration.batch }

  /// The network's parameters.
  var network: any Parameterised {
    switch self {
    case .bijective(let model): model.classifier
    case .residual(_, let network): network
    }
  }

  /// What else training left with the model.
  var extras: [Safetensors.Tensor] {
    switch self {
    case .bijective(let model): model.extras
    case .residual: []
    }
  }

  /// The class of every image of a batch.
  func classify(_ x: Activation) -> [UInt8] {
    switch self {
    case .bijective(let model): model.classify(model.encode(x))
    case .residual(_, let network): network.logits(x).argmaxChannels().map { UInt8($0) }
    }
  }

  /// The largest |F⁻¹(F(x)) − x|, NaN if any is; nil without an inverse.
  func roundTripError(_ x: Activation) -> Double? {
    switch self {
    case .bijective(let model): model.decode(model.encode(x)).largestDifference(from: x)
    case .residual: nil
    }
  }
}
