import Datasets
import Flow
import Kernels

/// A classifier that a run on images trains.
protocol ImageClassifier: Classifier {
  /// A copy with what is set on data before training, such as actnorms, set on the first images.
  func initialised(on x: Activation) -> Self

  /// What a run leaves of it.
  func trained(_ configuration: ImageModelConfiguration, extras: [Safetensors.Tensor]) -> TrainedModel
}

extension BijectiveClassifier: ImageClassifier where Network == ImageNetwork {
  func initialised(on x: Activation) -> Self {
    Self(network: network.initialised(on: x).layer, classes: readOut.classes, logitMap: logitMap)
  }

  func trained(_ configuration: ImageModelConfiguration, extras: [Safetensors.Tensor]) -> TrainedModel {
    .bijective(ImageModel(configuration: configuration, classifier: self, extras: extras))
  }
}

extension ResidualNetwork: ImageClassifier {
  func initialised(on x: Activation) -> Self { self }

  func trained(_ configuration: ImageModelConfiguration, extras: [Safetensors.Tensor]) -> TrainedModel {
    .residual(configuration, self)
  }
}
