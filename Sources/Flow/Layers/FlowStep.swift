import Kernels

/// One step of a convolutional flow: actnorm, invertible 1×1 convolution, coupling (Kingma & Dhariwal 2018, figure 2a).
/// The log-determinants add up. As the 1×1 convolution mixes all channels, which half the coupling updates, and where it
/// puts it, does not matter.
public struct FlowStep<Coupling: InvertibleLayer>: InvertibleLayer {
  /// First.
  public private(set) var actnorm: Actnorm
  /// Second.
  public private(set) var convolution: InvertibleConvolution
  /// Last.
  public private(set) var coupling: Coupling

  /// A step of the given parts.
  public init(actnorm: Actnorm, convolution: InvertibleConvolution, coupling: Coupling) {
    self.actnorm = actnorm
    self.convolution = convolution
    self.coupling = coupling
  }

  /// A step on `channels` channels: an actnorm that does nothing yet and a random rotation. With a fixed rotation the actnorm has
  /// no scales either, so that the step preserves volume if its coupling does.
  public init(
    channels: Int, parameterisation: InvertibleConvolution.Parameterisation = .factored, random: RandomStream,
    coupling: Coupling
  ) {
    self.init(
      actnorm: Actnorm(channels: channels, isVolumePreserving: parameterisation == .fixed),
      convolution: InvertibleConvolution(channels: channels, parameterisation: parameterisation, random: random),
      coupling: coupling)
  }

  /// The parts' tapes.
  public struct Tape {
    let actnorm: Actnorm.Tape
    let convolution: InvertibleConvolution.Tape
    let coupling: Coupling.Tape
  }

  /// y = F(x) and ln |det ∂y/∂x|; see `InvertibleLayer`.
  public func forward(_ x: Activation) -> (y: Activation, logDet: PerSample) {
    let (scaled, scaledLogDet) = actnorm.forward(x)
    let mixed = convolution.forward(scaled)
    let coupled = coupling.forward(mixed.y)
    var total = scaledLogDet
    total += mixed.logDet
    total += coupled.logDet
    return (coupled.y, total)
  }

  /// x = F⁻¹(y) and ln |det ∂x/∂y|; see `InvertibleLayer`.
  public func inverse(_ y: Activation) -> (x: Activation, logDet: PerSample) {
    let uncoupled = coupling.inverse(y)
    let unmixed = convolution.inverse(uncoupled.x)
    let unscaled = actnorm.inverse(unmixed.x)
    var total = unscaled.logDet
    total += unmixed.logDet
    total += uncoupled.logDet
    return (unscaled.x, total)
  }

  /// Like `forward`, with a tape.
  public func forwardRecording(_ x: Activation) -> (y: Activation, logDet: PerSample, tape: Tape) {
    let scaled = actnorm.forwardRecording(x)
    let mixed = convolution.forwardRecording(scaled.y)
    let coupled = coupling.forwardRecording(mixed.y)
    var total = scaled.logDet
    total += mixed.logDet
    total += coupled.logDet
    return (coupled.y, total, Tape(actnorm: scaled.tape, convolution: mixed.tape, coupling: coupled.tape))
  }

  /// Like `inverse`, with the tape that forward would have made.
  public func inverseRecording(_ y: Activation) -> (x: Activation, tape: Tape) {
    let uncoupled = coupling.inverseRecording(y)
    let unmixed = convolution.inverseRecording(uncoupled.x)
    let unscaled = actnorm.inverseRecording(unmixed.x)
    return (unscaled.x, Tape(actnorm: unscaled.tape, convolution: unmixed.tape, coupling: uncoupled.tape))
  }

  /// ∂L/∂x, and ∂L/∂parameter in `gradient`.
  public func backward(
    _ tape: Tape, outputGradient: Activation, logDetGradient: PerSample, into gradient: inout FlowStep,
    _ accumulation: Accumulation
  ) -> Activation {
    let dmixed = coupling.backward(
      tape.coupling, outputGradient: outputGradient, logDetGradient: logDetGradient, into: &gradient.coupling,
      accumulation)
    let dscaled = convolution.backward(
      tape.convolution, outputGradient: dmixed, logDetGradient: logDetGradient, into: &gradient.convolution,
      accumulation)
    return actnorm.backward(
      tape.actnorm, outputGradient: dscaled, logDetGradient: logDetGradient, into: &gradient.actnorm, accumulation)
  }

  /// Visits every parameter; see `Parameterised`.
  public mutating func visitParameters(prefix: String, _ visit: (Parameter, inout [Float]) -> Void) {
    actnorm.visitParameters(prefix: prefix + "actnorm.", visit)
    convolution.visitParameters(prefix: prefix + "convolution.", visit)
    coupling.visitParameters(prefix: prefix + "coupling.", visit)
  }

  /// Checks every part; see `InvertibleLayer`.
  public func checkInvertibility(prefix: String) throws(InvertibilityError) {
    try actnorm.checkInvertibility(prefix: prefix + "actnorm.")
    try convolution.checkInvertibility(prefix: prefix + "convolution.")
    try coupling.checkInvertibility(prefix: prefix + "coupling.")
  }

  /// Visits the three parts; see `InvertibleLayer`.
  public func visitParts(_ x: Activation, prefix: String, _ visit: (LayerPart) -> Void) -> Activation {
    let scaled = actnorm.visitParts(x, prefix: prefix + "actnorm.", visit)
    let mixed = convolution.visitParts(scaled, prefix: prefix + "convolution.", visit)
    return coupling.visitParts(mixed, prefix: prefix + "coupling.", visit)
  }
}

extension FlowStep: DataInitialised {
  /// With an actnorm that normalises x; see `DataInitialised`.
  public func initialised(on x: Activation) -> (layer: FlowStep, y: Activation) {
    var copy = self
    let scaled: Activation
    (copy.actnorm, scaled) = actnorm.initialised(on: x)
    return (copy, coupling.forward(convolution.forward(scaled).y).y)
  }
}
