import Kernels

/// Space to depth (Dinh, Sohl-Dickstein, Bengio 2017, section 3.6): every 2×2 pixels become one with four times the
/// channels; channel c of pixel (dy, dx) of the four becomes channel 4·c + 2·dy + dx.
///
/// (height, width, channels) → (height/2, width/2, 4·channels), height and width even. Exact inverse, log-determinant
/// 0, no parameters. Cost: one copy.
public struct Squeeze: InvertibleLayer {
  /// The squeeze; there is only one.
  public init() {}

  /// y = F(x) and ln |det ∂y/∂x|; see `InvertibleLayer`.
  public func forward(_ x: Activation) -> (y: Activation, logDet: PerSample) {
    (x.squeezed(), PerSample(samples: x.samples))
  }

  /// x = F⁻¹(y) and ln |det ∂x/∂y|; see `InvertibleLayer`.
  public func inverse(_ y: Activation) -> (x: Activation, logDet: PerSample) {
    (y.unsqueezed(), PerSample(samples: y.samples))
  }

  /// Like `forward`, with a tape.
  public func forwardRecording(_ x: Activation) -> (y: Activation, logDet: PerSample, tape: Void) {
    (x.squeezed(), PerSample(samples: x.samples), ())
  }

  /// Like `inverse`, with the tape that forward would have made.
  public func inverseRecording(_ y: Activation) -> (x: Activation, tape: Void) { (y.unsqueezed(), ()) }

  /// ∂L/∂x, and ∂L/∂parameter in `gradient`.
  public func backward(
    _ tape: Void, outputGradient: Activation, logDetGradient: PerSample, into gradient: inout Squeeze,
    _ accumulation: Accumulation
  ) -> Activation { outputGradient.unsqueezed() }

  /// Visits every parameter; see `Parameterised`.
  public mutating func visitParameters(prefix: String, _ visit: (Parameter, inout [Float]) -> Void) {}
}
