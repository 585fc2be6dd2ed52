import Kernels

/// The two couplings.
public enum CouplingKind: String, Sendable, CaseIterable {
  /// y₁ = x₂ + f(x₁).
  case additive
  /// y₁ = x₂·e^ℓ(x₁) + t(x₁).
  case affine
}

/// An additive or an affine coupling, chosen where a model is built: so that networks of the one and of the other are one
/// type. Everything is the chosen coupling's, names of parameters and bits of results included. Cost: the coupling's, and
/// a copy of the gradient in backward.
public enum EitherCoupling<Function: CouplingFunction>: InvertibleLayer {
  /// The one.
  case additive(AdditiveCoupling<Function>)
  /// The other.
  case affine(AffineCoupling<Function>)

  /// A coupling of `channels` channels that updates the second half. `function` makes f from its number of outputs.
  public init(_ kind: CouplingKind, channels: Int, function: (_ inputs: Int, _ outputs: Int) -> Function) {
    let split = channels / 2
    switch kind {
    case .additive:
      self = .additive(AdditiveCoupling(split: split, function: function(split, channels - split)))
    case .affine:
      self = .affine(AffineCoupling(split: split, function: function(split, 2 * (channels - split))))
    }
  }

  /// The coupling's tape.
  public enum Tape {
    case additive(AdditiveCoupling<Function>.Tape)
    case affine(AffineCoupling<Function>.Tape)
  }

  /// y = F(x) and ln |det ∂y/∂x|; see `InvertibleLayer`.
  public func forward(_ x: Activation) -> (y: Activation, logDet: PerSample) {
    switch self {
    case .additive(let coupling): coupling.forward(x)
    case .affine(let coupling): coupling.forward(x)
    }
  }

  /// x = F⁻¹(y) and ln |det ∂x/∂y|; see `InvertibleLayer`.
  public func inverse(_ y: Activation) -> (x: Activation, logDet: PerSample) {
    switch self {
    case .additive(let coupling): coupling.inverse(y)
    case .affine(let coupling): coupling.inverse(y)
    }
  }

  /// Like `forward`, with a tape.
  public func forwardRecording(_ x: Activation) -> (y: Activation, logDet: PerSample, tape: Tape) {
    switch self {
    case .additive(let coupling):
      let (y, logDet, tape) = coupling.forwardRecording(x)
      return (y, logDet, .additive(tape))
    case .affine(let coupling):
      let (y, logDet, tape) = coupling.forwardRecording(x)
      return (y, logDet, .affine(tape))
    }
  }

  /// Like `inverse`, with the tape that forward would have made.
  public func inverseRecording(_ y: Activation) -> (x: Activation, tape: Tape) {
    switch self {
    case .additive(let coupling):
      let (x, tape) = coupling.inverseRecording(y)
      return (x, .additive(tape))
    case .affine(let coupling):
      let (x, tape) = coupling.inverseRecording(y)
      return (x, .affine(tape))
    }
  }

  /// ∂L/∂x, and ∂L/∂parameter in `gradient`.
  public func backward(
    _ tape: Tape, outputGradient: Activation, logDetGradient: PerSample, into gradient: inout EitherCoupling,
    _ accumulation: Accumulation
  ) -> Activation {
    switch (self, tape, gradient) {
    case (.additive(let coupling), .additive(let tape), .additive(var held)):
      let dx = coupling.backward(
        tape, outputGradient: outputGradient, logDetGradient: logDetGradient, into: &held, accumulation)
      gradient = .additive(held)
      return dx
    case (.affine(let coupling), .affine(let tape), .affine(var held)):
      let dx = coupling.backward(
        tape, outputGradient: outputGradient, logDetGradient: logDetGradient, into: &held, accumulation)
      gradient = .affine(held)
      return dx
    default: preconditionFailure("coupling: a tape or a gradient of the other kind")
    }
  }

  /// Visits every parameter; see `Parameterised`.
  public mutating func visitParameters(prefix: String, _ visit: (Parameter, inout [Float]) -> Void) {
    switch self {
    case .additive(var coupling):
      coupling.visitParameters(prefix: prefix, visit)
      self = .additive(coupling)
    case .affine(var coupling):
      coupling.visitParameters(prefix: prefix, visit)
      self = .affine(coupling)
    }
  }
}
