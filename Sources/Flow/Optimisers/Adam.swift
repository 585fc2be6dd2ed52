import Kernels

/// Adam (Kingma & Ba 2014, algorithm 1) with PyTorch's defaults.
public struct Adam: Optimiser {
  /// α, the step size.
  public var learningRate: Float
  /// β₁, the decay of the mean of gradients.
  public var beta1: Float = 0.9
  /// β₂, the decay of the mean of squares.
  public var beta2: Float = 0.999
  /// ε, added to the root.
  public var epsilon: Float = 1e-8
  /// Steps taken, and the running means of the gradient and of its square.
  public var moments = Moments()

  /// An optimiser that has taken no step.
  public init(learningRate: Float) { self.learningRate = learningRate }

  /// One step of one parameter array.
  public func update(
    _ value: inout [Float], gradient: [Float], first: inout [Float], second: inout [Float], step: Int
  ) {
    adamUpdate(
      &value, gradient: gradient, first: &first, second: &second, step: step, learningRate: learningRate,
      beta1: beta1, beta2: beta2, epsilon: epsilon)
  }
}
