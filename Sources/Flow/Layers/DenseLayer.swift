import Kernels

/// The weights of y = W·x + bias.
public struct DenseLayer: Sendable, Equatable {
  /// Outputs × inputs.
  public var weight: Matrix
  /// One an output.
  public var bias: [Float]

  /// Weights and biases uniform in ±1/√inputs (PyTorch's default), from places of `random` that start at `offset`.
  public init(inputs: Int, outputs: Int, random: RandomStream, offset: inout Int) {
    let bound = inputs > 0 ? 1 / Float(inputs).squareRoot() : 0
    func draw(_ count: Int) -> [Float] {
      defer { offset += count }
      return random.uniforms(count: count, offset: offset).map { (2 * $0 - 1) * bound }
    }
    weight = Matrix(rows: outputs, columns: inputs, values: draw(inputs * outputs))
    bias = draw(outputs)
  }

  /// As a gradient: takes the derivatives with respect to weight and bias.
  mutating func setGradient(_ x: ChannelView, outputGradient: ChannelView, _ accumulation: Accumulation) {
    denseWeightGradient(x, outputGradient: outputGradient, weight: &weight, bias: &bias, accumulation)
  }

  mutating func visitParameters(prefix: String, _ visit: (Parameter, inout [Float]) -> Void) {
    visit(Parameter(name: prefix + "weight", shape: [weight.rows, weight.columns]), &weight.values)
    visit(Parameter(name: prefix + "bias", shape: [bias.count]), &bias)
  }
}
