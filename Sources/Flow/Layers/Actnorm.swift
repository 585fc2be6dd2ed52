import Kernels

/// A scale and a shift for every channel, y = (x + bias)·e^logScale (Kingma & Dhariwal 2018, section 3.1).
///
/// A volume-preserving one only shifts: its scales are 1 and no parameters (Sorrenson, Rother, Köthe 2020, section 3.2).
///
/// Log-determinant: height·width·Σ logScale. Inverse: x = y / e^logScale − bias, by the very same scale, so that what is
/// rounded is within u·(3·|x + bias| + |x|) to first order, u = 2⁻²⁴. Cost: one pass.
public struct Actnorm: InvertibleLayer {
  /// Added to every channel first.
  public private(set) var bias: [Float]
  /// ln of every channel's scale.
  public private(set) var logScale: [Float]

  /// Whether the layer has no scales.
  public let isVolumePreserving: Bool

  /// The identity on `channels` channels.
  public init(channels: Int, isVolumePreserving: Bool = false) {
    precondition(channels >= 0, "actnorm: expected channels of at least 0, found \(channels)")
    bias = [Float](repeating: 0, count: channels)
    logScale = bias
    self.isVolumePreserving = isVolumePreserving
  }

  /// A layer whose output on the batch x has mean 0 and variance 1 in every channel, over samples and pixels. Lanes
  /// beyond the last sample are left out; a channel whose deviation is below 2⁻¹⁰ is scaled by 2¹⁰ and no more. A
  /// volume-preserving layer sees to the mean alone.
  public init(normalising x: Activation, isVolumePreserving: Bool = false) {
    let (mean, variance) = x.channelMoments()
    bias = mean.map { Float(-$0) }
    logScale = variance.map { isVolumePreserving ? 0 : Float(-0.5 * naturalLogarithm(max($0, 0x1p-20))) }
    self.isVolumePreserving = isVolumePreserving
  }

  /// y = F(x) and ln |det ∂y/∂x|; see `InvertibleLayer`.
  public func forward(_ x: Activation) -> (y: Activation, logDet: PerSample) {
    check(x)
    return (shiftThenScale(x.view, shift: bias, scale: scale), logDet(x))
  }

  /// x = F⁻¹(y) and ln |det ∂x/∂y|; see `InvertibleLayer`.
  public func inverse(_ y: Activation) -> (x: Activation, logDet: PerSample) {
    check(y)
    return (unscaleThenUnshift(y.view, shift: bias, scale: scale), -logDet(y))
  }

  /// Like `forward`, with a tape: the output.
  public func forwardRecording(_ x: Activation) -> (y: Activation, logDet: PerSample, tape: Activation) {
    let (y, logDet) = forward(x)
    return (y, logDet, y)
  }

  /// Like `inverse`, with the tape that forward would have made.
  public func inverseRecording(_ y: Activation) -> (x: Activation, tape: Activation) { (inverse(y).x, y) }

  /// ∂L/∂x = e^logScale·∂L/∂y; ∂L/∂bias is its sum, ∂L/∂logScale = Σ y·∂L/∂y + height·width·Σ ∂L/∂logDet.
  public func backward(
    _ tape: Activation, outputGradient: Activation, logDetGradient: PerSample, into gradient: inout Actnorm,
    _ accumulation: Accumulation
  ) -> Activation {
    let dx = scaleChannels(outputGradient.view, by: scale)
    let dbias = channelSums(dx.view)
    gradient.bias.accumulate(dbias, accumulation)
    if isVolumePreserving { return dx }
    let constant = Double(tape.height * tape.width) * logDetGradient.total
    let dlogScale = channelSums(outputGradient.view, times: tape.view).map { Float(Double($0) + constant) }
    gradient.logScale.accumulate(dlogScale, accumulation)
    return dx
  }

  /// Visits every parameter; see `Parameterised`.
  public mutating func visitParameters(prefix: String, _ visit: (Parameter, inout [Float]) -> Void) {
    visit(Parameter(name: prefix + "bias", shape: [bias.count]), &bias)
    if isVolumePreserving { return }
    visit(Parameter(name: prefix + "logScale", shape: [logScale.count]), &logScale)
  }

  private var scale: [Float] { logScale.map { Float(exponential(Double($0))) } }

  private func logDet(_ x: Activation) -> PerSample {
    let sum = logScale.reduce(0) { $0 + Double($1) }
    return PerSample(samples: x.samples, repeating: Float(Double(x.height * x.width) * sum))
  }

  private func check(_ x: Activation) {
    precondition(x.channels == bias.count, "actnorm: expected \(bias.count) channels, found \(x.shape)")
  }
}

extension Actnorm: DataInitialised {
  /// A layer that normalises x; see `init(normalising:)`.
  public func initialised(on x: Activation) -> (layer: Actnorm, y: Activation) {
    check(x)
    let layer = Actnorm(normalising: x, isVolumePreserving: isVolumePreserving)
    return (layer, layer.forward(x).y)
  }
}
