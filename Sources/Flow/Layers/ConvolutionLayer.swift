import Kernels

/// The weights of y = W ∗ x + bias.
public struct ConvolutionLayer: Sendable, Equatable {
  /// Kernel and stride.
  public let geometry: Convolution
  /// Outputs × (taps · inputs), a row being `[ky][kx][input]`.
  public var weight: Matrix
  /// One an output, or none.
  public var bias: [Float]

  /// Weights, and biases where asked, uniform in ±1/√(taps · inputs) (PyTorch's default), from places of `random` that
  /// start at `offset`.
  public init(
    inputs: Int, outputs: Int, _ geometry: Convolution, hasBias: Bool, random: RandomStream, offset: inout Int
  ) {
    self.geometry = geometry
    let fan = geometry.taps * inputs
    let bound = fan > 0 ? 1 / Float(fan).squareRoot() : 0
    func draw(_ count: Int) -> [Float] {
      defer { offset += count }
      return random.uniforms(count: count, offset: offset).map { (2 * $0 - 1) * bound }
    }
    weight = Matrix(rows: outputs, columns: fan, values: draw(outputs * fan))
    bias = hasBias ? draw(outputs) : []
  }

  /// Weights and biases zero.
  public init(zeroInputs inputs: Int, outputs: Int, _ geometry: Convolution) {
    self.geometry = geometry
    weight = Matrix(rows: outputs, columns: geometry.taps * inputs)
    bias = [Float](repeating: 0, count: outputs)
  }

  /// Number of input channels.
  public var inputs: Int { weight.columns / geometry.taps }
  /// Number of output channels.
  public var outputs: Int { weight.rows }

  func evaluate(_ x: ChannelView, activation: DenseActivation = .identity) -> Activation {
    convolution(x, weight: weight, bias: bias, geometry, activation: activation)
  }

  /// The layer, which has no bias, and the moments of its output.
  func evaluateWithMoments(_ x: ChannelView) -> (y: ConvolutionOutput, moments: BatchMoments) {
    convolutionWithMoments(x, weight: weight, geometry)
  }

  /// The same behind a normalisation and a rectifier.
  func evaluateWithMoments(_ x: NormOutput) -> (y: ConvolutionOutput, moments: BatchMoments) {
    convolutionWithMoments(x, weight: weight, geometry)
  }

  /// The layer behind a normalisation and a rectifier.
  func evaluate(_ x: NormOutput) -> Activation { convolution(x, weight: weight, bias: bias, geometry) }

  /// The layer behind rectified ones.
  func evaluate(_ x: ConvolutionOutput) -> Activation { convolution(x, weight: weight, bias: bias, geometry) }

  /// The layer, followed by a normalisation with constants, if any, and a rectifier, as one convolution.
  func evaluateRectified(_ x: ConvolutionOutput, normalisedBy constants: BatchNormCoefficients?) -> ConvolutionOutput {
    guard let constants else { return rectifiedConvolution(x, weight: weight, bias: bias, geometry) }
    return rectifiedConvolution(x, weight: folded(constants), bias: constants.shift, geometry)
  }

  /// The layer followed by a normalisation with constants, as one convolution.
  func evaluate(_ x: ChannelView, normalisedBy constants: BatchNormCoefficients, activation: DenseActivation)
    -> Activation
  {
    convolution(x, weight: folded(constants), bias: constants.shift, geometry, activation: activation)
  }

  /// The weights of the layer followed by a normalisation.
  private func folded(_ constants: BatchNormCoefficients) -> Matrix {
    var folded = weight
    for output in 0..<weight.rows {
      let scale = constants.scale[output]
      for index in (output * weight.columns)..<((output + 1) * weight.columns) { folded.values[index] *= scale }
    }
    return folded
  }

  func inputGradient(_ dy: ChannelView, height: Int, width: Int) -> Activation {
    convolutionInputGradient(dy, weight: weight, geometry, height: height, width: width)
  }

  /// As a gradient: takes the derivatives with respect to weight and bias.
  mutating func setGradient(_ x: ChannelView, outputGradient: ChannelView, _ accumulation: Accumulation) {
    convolutionWeightGradient(x, outputGradient: outputGradient, geometry, weight: &weight, bias: &bias, accumulation)
  }

  /// As the gradient of `layer`, behind a normalisation and a rectifier: takes the derivatives with respect to weight and bias, and
  /// returns that with respect to what is in front of these.
  mutating func setGradient(
    of layer: ConvolutionLayer, _ x: NormOutput, outputGradient: ChannelView, _ accumulation: Accumulation
  ) -> NormGradient {
    if !bias.isEmpty { bias.accumulate(channelSums(outputGradient), accumulation) }
    return convolutionGradients(
      x, weight: layer.weight, outputGradient: outputGradient, geometry, weight: &weight, accumulation)
  }

  /// The same of a layer without bias between two such.
  mutating func setGradient(
    of layer: ConvolutionLayer, _ x: NormOutput, outputGradient: NormGradient, _ accumulation: Accumulation
  ) -> NormGradient {
    convolutionGradients(
      x, weight: layer.weight, outputGradient: outputGradient, geometry, weight: &weight, accumulation)
  }

  /// The same of a layer without bias in front of a normalisation and a rectifier.
  mutating func setGradient(
    of layer: ConvolutionLayer, _ x: ChannelView, outputGradient: NormGradient, _ accumulation: Accumulation
  ) -> Activation {
    convolutionGradients(
      x, weight: layer.weight, outputGradient: outputGradient, geometry, weight: &weight, accumulation)
  }

  /// The same in a residual block, with respect to what is in front of the norm before it.
  mutating func setGradient(
    of layer: ConvolutionLayer, _ x: ChannelView, outputGradient: NormGradient, adding shortcut: Activation,
    behind norm: NormOutput, _ accumulation: Accumulation
  ) -> NormGradient {
    convolutionGradients(
      x, weight: layer.weight, outputGradient: outputGradient, adding: shortcut, behind: norm, geometry,
      weight: &weight, accumulation)
  }

  mutating func visitParameters(prefix: String, _ visit: (Parameter, inout [Float]) -> Void) {
    visit(
      Parameter(name: prefix + "weight", shape: [outputs, geometry.kernel, geometry.kernel, inputs]), &weight.values)
    if !bias.isEmpty { visit(Parameter(name: prefix + "bias", shape: [bias.count]), &bias) }
  }
}
