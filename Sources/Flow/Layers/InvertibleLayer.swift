import Kernels

/// A bijection of activations with a tractable Jacobian. A layer is invertible or it does not conform.
///
/// Laws, checked for every layer by the shared tests:
/// 1. `inverse(forward(x).y).x` is x within the layer's stated tolerance; to the bit for permutations;
/// 2. `forward(x).logDet + inverse(forward(x).y).logDet` is zero;
/// 3. `forward(x).logDet` is ln |det ∂y/∂x| of each sample;
/// 4. `backward` gives the derivatives of any function of y and logDet, for the input and every parameter.
///
/// No method depends on what was called before it.
public protocol InvertibleLayer: Parameterised {
  /// What forward keeps so that backward need not compute it again.
  associatedtype Tape

  /// y = F(x) and ln |det ∂y/∂x| in nats, one a sample.
  func forward(_ x: Activation) -> (y: Activation, logDet: PerSample)

  /// x = F⁻¹(y) and ln |det ∂x/∂y| in nats.
  func inverse(_ y: Activation) -> (x: Activation, logDet: PerSample)

  /// Like `forward`, with a tape. The same bits, unless a coupling function normalises by the batch while it records (see
  /// `CouplingFunction`); `inverseRecording` then is the inverse of this.
  func forwardRecording(_ x: Activation) -> (y: Activation, logDet: PerSample, tape: Tape)

  /// Like `inverse`, with the tape that `forwardRecording` would have made: training without stored activations rebuilds them so.
  func inverseRecording(_ y: Activation) -> (x: Activation, tape: Tape)

  /// The derivatives of a loss L, given ∂L/∂y and ∂L/∂logDet: returns ∂L/∂x, and writes or adds ∂L/∂parameter to
  /// `gradient`. Lanes beyond the last sample carry zero.
  func backward(
    _ tape: Tape, outputGradient: Activation, logDetGradient: PerSample, into gradient: inout Self,
    _ accumulation: Accumulation
  ) -> Activation

  /// Throws `singular` if a weight cannot be inverted as it is: to be asked where a model is built or loaded. Names begin
  /// with `prefix`.
  func checkInvertibility(prefix: String) throws(InvertibilityError)

  /// Calls `visit` with every part in the order in which x passes through them, and returns y.
  func visitParts(_ x: Activation, prefix: String, _ visit: (LayerPart) -> Void) -> Activation
}
