import Kernels

/// The block of a fully invertible RevNet, y = (x₂ + f(x₁), x₁): an additive coupling (Dinh, Krueger, Bengio 2014,
/// section 3.2) whose halves change places, the one just updated first, so that the first entries of the last block's
/// output depend on every block.
///
/// Inverse: x₁ = y₂, x₂ = y₁ − f(y₂), with the very same f(y₂), so that only x₂ is rounded: within
/// u·(2·|x₂| + |f(x₁)|) to first order, u = 2⁻²⁴. Log-determinant 0. Cost: f's.
public struct AdditiveCoupling<Function: CouplingFunction>: InvertibleLayer {
  /// f: from the first `split` channels to the others.
  public private(set) var function: Function
  /// Number of channels in x₁.
  public let split: Int

  /// A coupling that updates all channels but the first `split`.
  public init(split: Int, function: Function) {
    self.split = split
    self.function = function
  }

  /// y = F(x) and ln |det ∂y/∂x|; see `InvertibleLayer`.
  public func forward(_ x: Activation) -> (y: Activation, logDet: PerSample) {
    let (first, second) = x.halves(split: split)
    let shift = function.evaluate(first)
    return (joined(add(second, shift.view).view, first), PerSample(samples: x.samples))
  }

  /// x = F⁻¹(y) and ln |det ∂x/∂y|; see `InvertibleLayer`.
  public func inverse(_ y: Activation) -> (x: Activation, logDet: PerSample) {
    let (updated, first) = y.swappedHalves(split: split)
    let shift = function.evaluate(first)
    return (joined(first, subtract(updated, shift.view).view), PerSample(samples: y.samples))
  }

  /// Like `forward`, with a tape.
  public func forwardRecording(_ x: Activation) -> (y: Activation, logDet: PerSample, tape: Function.Tape) {
    let (first, second) = x.halves(split: split)
    let (shift, tape) = function.evaluateRecording(first)
    return (joined(add(second, shift.view).view, first), PerSample(samples: x.samples), tape)
  }

  /// Like `inverse`, with the tape that forward would have made.
  public func inverseRecording(_ y: Activation) -> (x: Activation, tape: Function.Tape) {
    let (updated, first) = y.swappedHalves(split: split)
    let (shift, tape) = function.evaluateRecording(first)
    return (joined(first, subtract(updated, shift.view).view), tape)
  }

  /// ∂L/∂x, and ∂L/∂parameter in `gradient`.
  public func backward(
    _ tape: Function.Tape, outputGradient: Activation, logDetGradient: PerSample,
    into gradient: inout AdditiveCoupling, _ accumulation: Accumulation
  ) -> Activation {
    let (dupdated, dcopied) = outputGradient.swappedHalves(split: split)
    let dfirst = function.backward(tape, outputGradient: dupdated, into: &gradient.function, accumulation)
    return joined(add(dcopied, dfirst.view).view, dupdated)
  }

  /// Visits every parameter; see `Parameterised`.
  public mutating func visitParameters(prefix: String, _ visit: (Parameter, inout [Float]) -> Void) {
    function.visitParameters(prefix: prefix + "function.", visit)
  }

  private func joined(_ first: ChannelView, _ second: ChannelView) -> Activation {
    Activation(concatenating: [first, second])
  }
}
