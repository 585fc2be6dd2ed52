import Kernels

/// Adam (Kingma & Ba 2014, algorithm 1) with PyTorch's defaults.
public struct Adam: Sendable {
  /// α, the step size.
  public var learningRate: Float
  /// β₁, the decay of the mean of gradients.
  public var beta1: Float = 0.9
  /// β₂, the decay of the mean of squares.
  public var beta2: Float = 0.999
  /// ε, added to the root.
  public var epsilon: Float = 1e-8
  /// Steps taken.
  public private(set) var steps = 0
  /// Running means of the gradient and of its square, in the order of the parameters; empty before the first step.
  public private(set) var first: [[Float]] = []
  /// The running mean of the squared gradient.
  public private(set) var second: [[Float]] = []

  /// An optimiser that has taken no step.
  public init(learningRate: Float) { self.learningRate = learningRate }

  /// One step against `gradient`, which has the model's own type. Cost: one pass over parameters and moments.
  public mutating func update<Model: Parameterised>(_ model: inout Model, gradient: inout Model) {
    steps += 1
    var gradients: [[Float]] = []
    gradient.visitParameters { _, values in gradients.append(values) }
    if first.isEmpty {
      first = gradients.map { [Float](repeating: 0, count: $0.count) }
      second = first
    }
    var index = 0
    model.visitParameters { _, values in
      adamUpdate(
        &values, gradient: gradients[index], first: &first[index], second: &second[index], step: steps,
        learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon)
      index += 1
    }
  }
}
