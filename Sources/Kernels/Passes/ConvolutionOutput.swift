/// The output of a convolution, in memory or, where making it some rows at a time is cheaper than that, as its input and weights.
public struct ConvolutionOutput: Sendable {
  let rows: any ImageRows

  init(_ rows: any ImageRows) { self.rows = rows }

  /// An output in memory.
  public init(_ activation: Activation) { rows = ReadAhead(activation) }

  /// Some channels of what is in memory.
  public init(_ view: ChannelView) { self.init(view.contiguous) }

  /// All of it. Cost: nothing, or the convolution.
  public var activation: Activation { rows.stored() }
}

/// max(0, W ∗ x + bias), to the bit as `convolution` gives it. At stride 1, a 3×3 convolution of few channels is made some rows at a
/// time by the convolution that reads it, and a 1×1 one behind such. An empty `bias` is none.
public func rectifiedConvolution(
  _ x: ConvolutionOutput, weight: Matrix, bias: [Float], _ geometry: Convolution
) -> ConvolutionOutput {
  let rows = x.rows
  let bias = bias.isEmpty ? nil : Optional(bias)
  if geometry == Convolution(kernel: 1) {
    return ConvolutionOutput(PointwiseConvolution(rows, weight: weight, bias: bias, rectifies: true))
  }
  let input = rows.stored()
  guard PaddedConvolution.fits(geometry, inputs: input.channels),
    !geometry.sumsTapsApart(outputs: weight.rows, width: input.width),
    !geometry.isTransformed(
      inputs: input.channels, outputs: weight.rows, height: input.height, width: input.width)
  else {
    return ConvolutionOutput(
      convolution(input.view, weight: weight, bias: bias ?? [], geometry, activation: .rectifier))
  }
  precondition(
    weight.columns == 9 * input.channels,
    "convolution: weight \(weight.rows)×\(weight.columns) does not fit 9 taps of \(input.channels) inputs")
  return ConvolutionOutput(PaddedConvolution(input.view, weight: weight, bias: bias, rectifies: true))
}

/// W ∗ x + bias, the same bits as for `x.activation`. One of few outputs takes x row by row. An empty `bias` is none.
public func convolution(
  _ x: ConvolutionOutput, weight: Matrix, bias: [Float], _ geometry: Convolution
) -> Activation {
  let rows = x.rows
  // Where pieces are rows of a block, those at their edges would be made twice.
  guard geometry.sumsTapsApart(outputs: weight.rows, width: rows.width), weight.columns == 9 * rows.channels,
    rows.isStored || ImagePieces(rows).count == rows.blocks
  else { return convolution(x.activation.view, weight: weight, bias: bias, geometry) }
  return TapMaps(weight, bias: bias).convolution(rows, rectifies: false)
}
