import Kernels

/// Adamax (Kingma & Ba 2014, algorithm 2) with PyTorch's defaults: Adam with the largest recent gradient in place of the
/// root of the mean of squares. The paper trains on MNIST with it (D.2).
public struct Adamax: Optimiser {
  /// α, the step size.
  public var learningRate: Float
  /// β₁, the decay of the mean of gradients.
  public var beta1: Float = 0.9
  /// β₂, the decay of the largest gradient.
  public var beta2: Float = 0.999
  /// ε, added to every gradient's magnitude.
  public var epsilon: Float = 1e-8
  /// λ of the penalty λ/2·‖θ‖².
  public var weightDecay: Float
  /// Steps taken, the running mean of the gradient and its largest.
  public var moments = Moments()

  /// An optimiser that has taken no step.
  public init(learningRate: Float = 2e-3, weightDecay: Float = 0) {
    self.learningRate = learningRate
    self.weightDecay = weightDecay
  }

  /// One step of one parameter array.
  public func update(
    _ value: inout [Float], gradient: [Float], first: inout [Float], second: inout [Float], step: Int
  ) {
    adamaxUpdate(
      &value, gradient: gradient, first: &first, second: &second, step: step, learningRate: learningRate,
      beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay)
  }
}
