import Flow
import Kernels

/// A learner whose model is a bijective classifier of images.
protocol ImageStudent: Learner {
  /// The classifier as trained so far.
  var classifier: BijectiveClassifier<ImageNetwork> { get }
  /// The density of its codes, of a learner that has one.
  var prior: LatentPrior? { get }
}

extension CrossEntropyLearner: ImageStudent
where Model == BijectiveClassifier<ImageNetwork>, Optimisation == Adamax {
  var classifier: BijectiveClassifier<ImageNetwork> { model }
  var prior: LatentPrior? { nil }
}

extension IndependenceLearner: ImageStudent where Network == ImageNetwork {
  var classifier: BijectiveClassifier<ImageNetwork> { encoder.classifier }
  var prior: LatentPrior? { encoder.prior }
}
