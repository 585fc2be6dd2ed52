import Kernels

/// An affine coupling (Dinh, Sohl-Dickstein, Bengio 2017, equations 7 and 8) with a bounded scale and the halves swapped
/// as in `AdditiveCoupling`: y = (x₂·e^ℓ + t, x₁), where (t, r) = f(x₁) and ℓ = 2·tanh(r/2), so that scales stay between
/// e⁻² and e². Log-determinant: Σ ℓ.
///
/// Inverse: x₁ = y₂, x₂ = (y₁ − t) / e^ℓ, with the very same t and e^ℓ, so that only the four operations round: within
/// u·(4·|x₂| + |t|·e^−ℓ) to first order, u = 2⁻²⁴. Cost: f's.
public struct AffineCoupling<Function: CouplingFunction>: InvertibleLayer {
  /// f: from the first `split` channels to t and r, twice as many as the other channels.
  public private(set) var function: Function
  /// Number of channels in x₁.
  public let split: Int

  /// A coupling that updates all channels but the first `split`.
  public init(split: Int, function: Function) {
    self.split = split
    self.function = function
  }

  /// What f kept, x₂, and what was made of f's output.
  public struct Tape {
    let function: Function.Tape
    let updated: ChannelView
    let logScale: Activation
    let scale: Activation
  }

  /// t, ℓ and e^ℓ of f's output.
  private struct Map {
    let output: Activation
    let logScale: Activation
    let scale: Activation

    /// t.
    var shift: ChannelView { output.channels(0..<(output.channels / 2)) }

    init(_ output: Activation, updated: ChannelView) {
      precondition(
        output.channels == 2 * updated.channels,
        "affine coupling: expected \(2 * updated.channels) channels of f, found \(output.shape)")
      self.output = output
      logScale = boundedLogScale(output.channels((output.channels / 2)..<output.channels))
      scale = exp(logScale)
    }
  }

  /// y = F(x) and ln |det ∂y/∂x|; see `InvertibleLayer`.
  public func forward(_ x: Activation) -> (y: Activation, logDet: PerSample) {
    let (first, second) = x.halves(split: split)
    let map = Map(function.evaluate(first), updated: second)
    let y = affineMap(second, scale: map.scale, shift: map.shift)
    return (Activation(concatenating: [y.view, first]), PerSample(summing: map.logScale.view))
  }

  /// x = F⁻¹(y) and ln |det ∂x/∂y|; see `InvertibleLayer`.
  public func inverse(_ y: Activation) -> (x: Activation, logDet: PerSample) {
    let (updated, first) = y.swappedHalves(split: split)
    let map = Map(function.evaluate(first), updated: updated)
    let x = affineMapInverse(updated, scale: map.scale, shift: map.shift)
    return (Activation(concatenating: [first, x.view]), -PerSample(summing: map.logScale.view))
  }

  /// Like `forward`, with a tape.
  public func forwardRecording(_ x: Activation) -> (y: Activation, logDet: PerSample, tape: Tape) {
    let (first, second) = x.halves(split: split)
    let (output, tape) = function.evaluateRecording(first)
    let map = Map(output, updated: second)
    let y = affineMap(second, scale: map.scale, shift: map.shift)
    return (
      Activation(concatenating: [y.view, first]), PerSample(summing: map.logScale.view),
      Tape(function: tape, updated: second, logScale: map.logScale, scale: map.scale)
    )
  }

  /// Like `inverse`, with the tape that forward would have made.
  public func inverseRecording(_ y: Activation) -> (x: Activation, tape: Tape) {
    let (updated, first) = y.swappedHalves(split: split)
    let (output, tape) = function.evaluateRecording(first)
    let map = Map(output, updated: updated)
    let second = affineMapInverse(updated, scale: map.scale, shift: map.shift)
    return (
      Activation(concatenating: [first, second.view]),
      Tape(function: tape, updated: second.view, logScale: map.logScale, scale: map.scale)
    )
  }

  /// ∂L/∂x₂ = e^ℓ·dy₁; ∂L/∂t = dy₁ and ∂L/∂ℓ = dy₁·x₂·e^ℓ + ∂L/∂logDet go through f to x₁, which also has dy₂.
  public func backward(
    _ tape: Tape, outputGradient: Activation, logDetGradient: PerSample, into gradient: inout AffineCoupling,
    _ accumulation: Accumulation
  ) -> Activation {
    let (dupdated, dcopied) = outputGradient.swappedHalves(split: split)
    let (dsecond, dlogScale) = affineMapGradients(
      tape.updated, scale: tape.scale, outputGradient: dupdated, logDetGradient: logDetGradient.values)
    let draw = boundedLogScaleGradient(tape.logScale, outputGradient: dlogScale)
    let doutput = Activation(concatenating: [dupdated, draw.view])
    let dfirst = function.backward(
      tape.function, outputGradient: doutput.view, into: &gradient.function, accumulation)
    return Activation(concatenating: [add(dcopied, dfirst.view).view, dsecond.view])
  }

  /// Visits every parameter; see `Parameterised`.
  public mutating func visitParameters(prefix: String, _ visit: (Parameter, inout [Float]) -> Void) {
    function.visitParameters(prefix: prefix + "function.", visit)
  }
}
