import Kernels

/// An ordinary network, not invertible: what a coupling adds, or a classifier.
public protocol CouplingFunction: Parameterised {
  /// What evaluation keeps for backward.
  associatedtype Tape

  /// y = f(x). The same bits for the same x, however often: the inverse of a coupling relies on it.
  func evaluate(_ x: ChannelView) -> Activation

  /// Like `evaluate`, with a tape: the same bits, except that batch norm normalises by the batch's moments here and by the
  /// running ones there, and that dropout drops here. Again the same bits for the same x.
  func evaluateRecording(_ x: ChannelView) -> (y: Activation, tape: Tape)

  /// Returns ∂L/∂x from ∂L/∂y, and writes or adds ∂L/∂parameter to `gradient`.
  func backward(
    _ tape: Tape, outputGradient: ChannelView, into gradient: inout Self, _ accumulation: Accumulation
  ) -> Activation
}
