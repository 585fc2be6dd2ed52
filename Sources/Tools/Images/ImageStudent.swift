import Flow
import Kernels

/// A learner whose model is a bijective classifier of images.
protocol ImageStudent: Learner {
  /// What a model file holds of it.
  associatedtype Model: Parameterised
  /// The classifier as trained so far.
  var classifier: BijectiveClassifier<ImageNetwork> { get }
  /// The classifier, with what belongs to it.
  var savedModel: Model { get }
}

extension CrossEntropyLearner: ImageStudent
where Model == BijectiveClassifier<ImageNetwork>, Optimisation == Adamax {
  var classifier: BijectiveClassifier<ImageNetwork> { model }
  var savedModel: BijectiveClassifier<ImageNetwork> { model }
}

extension IndependenceLearner: ImageStudent where Network == ImageNetwork {
  var classifier: BijectiveClassifier<ImageNetwork> { encoder.classifier }
  var savedModel: Encoder { encoder }
}
