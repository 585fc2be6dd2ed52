import MicroKernels

// Convolutions in lanes: every vector is one channel of one pixel of sixteen samples, so a convolution is, for an
// output pixel, for each tap inside the image, for each input channel, one multiply-add of a vector by a weight. Taps
// outside the image cost nothing.

/// A convolution's geometry: a square kernel of odd width with same padding, at stride 1 or 2.
public struct Convolution: Sendable, Equatable {
  /// Width and height of the kernel: 1 or 3.
  public let kernel: Int
  /// Distance between the input pixels under neighbouring output pixels: 1 or 2.
  public let stride: Int

  /// A geometry.
  public init(kernel: Int, stride: Int = 1) {
    precondition(
      (kernel == 1 || kernel == 3) && (stride == 1 || stride == 2),
      "convolution: expected a kernel of 1 or 3 and a stride of 1 or 2, found \(kernel) and \(stride)")
    self.kernel = kernel
    self.stride = stride
  }

  /// Taps of the kernel.
  public var taps: Int { kernel * kernel }

  /// The order of a weight gradient's sums.
  public enum WeightGradientOrder: Sendable, Equatable {
    /// One chain over blocks, output pixels and lanes.
    case oneChain
    /// Sixteen chains over blocks and output pixels, one a lane, that are then added.
    case lanesFirst
    /// By minimal filtering: for every lane sixteen chains over 2×2 tiles of the operand with more channels, the input if `byInput`, else
    /// the output, block by block and row by row. Their sums make nine, rows before columns, and the lanes of these are added. With n
    /// tiles a lane, a weight is off by at most γ₍ₙ₊₁₄₎ times what the same formulas give with the magnitudes of all numbers and
    /// coefficients, where γₖ = k·2⁻²⁴ / (1 − k·2⁻²⁴): v and m are two roundings each, a product and the chain n + 1, the nine sums
    /// four (a half is exact), the lanes four and what they are added to one. See `thinWinograd2x2`.
    case minimalFiltering(byInput: Bool)
    /// One chain for each part of the batch, which are then added; see `ImagePieces`. A product belongs to where its factor of the
    /// operand with more channels is: the input's, or the output's.
    case parts(byInput: Bool)
  }

  /// The order of `convolutionWeightGradient`'s sums for images of height × width pixels.
  public func weightGradientOrder(inputs: Int, outputs: Int, height: Int, width: Int) -> WeightGradientOrder {
    guard stride == 1 else { return .oneChain }
    guard kernel == 3 else { return .parts(byInput: outputs <= inputs) }
    if ThinWinogradGradient.pays(inputs: inputs, outputs: outputs, height: height, width: width) {
      return .minimalFiltering(byInput: outputs <= inputs)
    }
    let (fewer, more) = (min(inputs, outputs), max(inputs, outputs))
    // Panels come in pairs, and transposing them is then less than a fifth of the work (measured).
    if fewer > 4 && fewer <= PartialWeightGradient.channels && more >= 32 { return .parts(byInput: outputs <= inputs) }
    return fewer <= ThinWeightGradient.channels ? .lanesFirst : .oneChain
  }

  /// Whether every tap's products are summed apart, from zero, and then the taps, from the bias; see `TapMaps`.
  public func sumsTapsApart(outputs: Int, width: Int) -> Bool {
    kernel == 3 && stride == 1 && outputs <= TapMaps.outputs && width >= TapMaps.width
  }

  /// Whether the convolution is computed by transforms, which round otherwise than a chain of sums; see `WinogradConvolution`. For
  /// an input gradient, inputs and outputs are exchanged.
  public func isTransformed(inputs: Int, outputs: Int, height: Int, width: Int) -> Bool {
    WinogradConvolution.pays(self, inputs: inputs, outputs: outputs, height: height, width: width)
  }

  /// Pixels of the output along an axis: ⌈size / stride⌉. Output pixel i lies on input pixel i · stride.
  public func outputSize(_ size: Int) -> Int { (size + stride - 1) / stride }
}

/// y = activation(W ∗ x + bias).
///
/// `weight` is outputs × (taps · inputs), a row being `[ky][kx][input]`. Each sum is one chain of multiply-adds that starts
/// from the bias and runs over ky, kx and the inputs in ascending order, taps outside the image left out; where
/// `sumsTapsApart`, every tap's chain starts from zero, and they are added to the bias in that order.
/// An empty `bias` is none. Cost: 2·samples·(taps inside the image, over all output pixels)·inputs·outputs operations.
public func convolution(
  _ x: ChannelView, weight: Matrix, bias: [Float], _ geometry: Convolution, activation: DenseActivation = .identity
) -> Activation {
  precondition(
    weight.columns == geometry.taps * x.channels && (bias.isEmpty || bias.count == weight.rows),
    """
    convolution: weight \(weight.rows)×\(weight.columns) and bias \(bias.count) do not fit \(geometry.taps) taps of \
    \(x.channels) inputs
    """)
  let input = x.contiguous
  if geometry.sumsTapsApart(outputs: weight.rows, width: input.width) {
    return TapMaps(weight, bias: bias).convolution(input, rectifies: activation == .rectifier)
  }
  if geometry.isTransformed(inputs: x.channels, outputs: weight.rows, height: input.height, width: input.width) {
    return WinogradConvolution(weight, bias: bias, rectifies: activation == .rectifier).convolution(input)
  }
  var y = Activation(
    uninitialized: x.samples, height: geometry.outputSize(input.height), width: geometry.outputSize(input.width),
    channels: weight.rows)
  withOperands(weight.values, bias) { weights, _ in
    ConvolutionProduct(
      input, weight: weights, outputs: weight.rows, bias: bias.isEmpty ? nil : bias, geometry,
      rectifies: activation == .rectifier
    ).run(into: &y)
  }
  return y
}

/// y = W ∗ x + bias for an x behind batch norm and a rectifier: the bits of the convolution of `x.activation`, of which one of few
/// outputs makes row by row what it needs. An empty `bias` is none. Cost: as the convolution, and the norm's arithmetic.
public func convolution(_ x: NormOutput, weight: Matrix, bias: [Float], _ geometry: Convolution) -> Activation {
  if geometry.isTransformed(inputs: x.channels, outputs: weight.rows, height: x.height, width: x.width) {
    return WinogradConvolution(weight, bias: bias).convolution(x)
  }
  guard geometry.sumsTapsApart(outputs: weight.rows, width: x.width), weight.columns == 9 * x.channels else {
    return convolution(x.activation.view, weight: weight, bias: bias, geometry)
  }
  return TapMaps(weight, bias: bias).convolution(x, rectifies: false)
}

/// The gradient with respect to the input, height × width pixels, of y = W ∗ x + bias. Cost: as forward.
public func convolutionInputGradient(
  _ dy: ChannelView, weight: Matrix, _ geometry: Convolution, height: Int, width: Int
) -> Activation {
  precondition(
    weight.rows == dy.channels && weight.columns % geometry.taps == 0
      && geometry.outputSize(height) == dy.activation.height && geometry.outputSize(width) == dy.activation.width,
    """
    convolutionInputGradient: weight \(weight.rows)×\(weight.columns) and an input of \(height)×\(width) do not fit \
    \(dy.activation.shape)
    """)
  let inputs = weight.columns / geometry.taps
  if geometry.sumsTapsApart(outputs: inputs, width: width) {
    return TapMaps(flipping: weight).convolution(dy.contiguous, rectifies: false)
  }
  if geometry.isTransformed(inputs: dy.channels, outputs: inputs, height: height, width: width) {
    return WinogradConvolution(flipping: weight).convolution(dy.contiguous)
  }
  var dx = Activation(uninitialized: dy.samples, height: height, width: width, channels: inputs)
  guard geometry.stride == 1 else {
    StridedInputGradient(weight, geometry).run(dy.contiguous, into: &dx)
    return dx
  }
  withOperands(weight.values, []) { weights, _ in
    ConvolutionProduct(flipping: weights, inputs: inputs, dy.contiguous, kernel: geometry.kernel).run(into: &dx)
  }
  return dx
}

/// The gradients with respect to weight and bias of y = W ∗ x + bias.
///
/// The order of every weight's sum is `weightGradientOrder`'s, whatever the number of threads. An empty `bias` is none. Lanes beyond
/// the last sample must carry dy = 0. Cost: as forward, plus the transposition of one operand unless lanes are summed apart.
public func convolutionWeightGradient(
  _ x: ChannelView, outputGradient dy: ChannelView, _ geometry: Convolution, weight dweight: inout Matrix,
  bias dbias: inout [Float], _ accumulation: Accumulation
) {
  precondition(
    dweight.rows == dy.channels && dweight.columns == geometry.taps * x.channels
      && (dbias.isEmpty || dbias.count == dy.channels)
      && x.samples == dy.samples && geometry.outputSize(x.activation.height) == dy.activation.height
      && geometry.outputSize(x.activation.width) == dy.activation.width,
    """
    convolutionWeightGradient: \(dweight.rows)×\(dweight.columns) and bias \(dbias.count) do not fit \
    \(x.activation.shape) with \(x.channels) inputs and \(dy.activation.shape) with \(dy.channels) outputs
    """)
  let (input, gradient) = (x.contiguous, dy.contiguous)
  defer { if !dbias.isEmpty { sumOverSamples(dy, into: &dbias, accumulation) } }
  if geometry.isTransformed(inputs: x.channels, outputs: dy.channels, height: input.height, width: input.width) {
    return winogradWeightGradient(input, outputGradient: gradient, weight: &dweight, accumulation)
  }
  switch geometry.weightGradientOrder(
    inputs: x.channels, outputs: dy.channels, height: input.height, width: input.width)
  {
  case .parts: weightGradientInParts(input, outputGradient: gradient, geometry, weight: &dweight, accumulation)
  case .lanesFirst:
    ThinWeightGradient(input, outputGradient: gradient, tiles: InstructionSet.selected.tiles)
      .run(weight: &dweight, accumulation)
  case .minimalFiltering:
    ThinWinogradGradient(input, outputGradient: gradient, tiles: InstructionSet.selected.tiles)
      .run(weight: &dweight, accumulation)
  case .oneChain:
    ConvolutionWeightGradient(input, outputGradient: gradient, geometry).run(weight: &dweight, accumulation)
  }
}
