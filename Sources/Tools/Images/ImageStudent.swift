import Flow
import Kernels

/// A learner whose model is a classifier of images.
protocol ImageStudent: Learner {
  associatedtype Model: ImageClassifier
  /// The classifier as trained so far.
  var classifier: Model { get }
  /// The density of its codes, of a learner that has one.
  var prior: LatentPrior? { get }
}

extension CrossEntropyLearner: ImageStudent where Model: ImageClassifier, Optimisation == Adamax {
  var classifier: Model { model }
  var prior: LatentPrior? { nil }
}

extension IndependenceLearner: ImageStudent where Network == ImageNetwork {
  var classifier: BijectiveClassifier<ImageNetwork> { encoder.classifier }
  var prior: LatentPrior? { hasDensity ? encoder.prior : nil }
}
