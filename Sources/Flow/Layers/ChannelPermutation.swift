import Kernels

/// A fixed permutation of the channels: y[c] = x[order[c]]. Exact inverse, log-determinant 0, no parameters.
public struct ChannelPermutation: InvertibleLayer {
  /// The source of every output channel.
  public let order: [Int]
  private let inverseOrder: [Int]

  /// A permutation of `order.count` channels; every number in 0..<order.count must occur once.
  public init(order: [Int]) {
    precondition(order.sorted() == Array(0..<order.count), "permutation: expected each of 0..<\(order.count) once")
    self.order = order
    var inverse = order
    for (output, source) in order.enumerated() { inverse[source] = output }
    inverseOrder = inverse
  }

  /// The halves change places: the first `split` channels go last.
  public init(swappingHalvesOf channels: Int, split: Int) {
    precondition((0...channels).contains(split), "permutation: split \(split) outside 0...\(channels)")
    self.init(order: Array(split..<channels) + Array(0..<split))
  }

  /// Last channel first.
  public init(reversing channels: Int) { self.init(order: Array((0..<channels).reversed())) }

  /// y = F(x) and ln |det ∂y/∂x|; see `InvertibleLayer`.
  public func forward(_ x: Activation) -> (y: Activation, logDet: PerSample) {
    (x.permutingChannels(order), PerSample(samples: x.samples))
  }

  /// x = F⁻¹(y) and ln |det ∂x/∂y|; see `InvertibleLayer`.
  public func inverse(_ y: Activation) -> (x: Activation, logDet: PerSample) {
    (y.permutingChannels(inverseOrder), PerSample(samples: y.samples))
  }

  /// Like `forward`, with a tape.
  public func forwardRecording(_ x: Activation) -> (y: Activation, logDet: PerSample, tape: Void) {
    let (y, logDet) = forward(x)
    return (y, logDet, ())
  }

  /// Like `inverse`, with the tape that forward would have made.
  public func inverseRecording(_ y: Activation) -> (x: Activation, tape: Void) { (inverse(y).x, ()) }

  /// ∂L/∂x, and ∂L/∂parameter in `gradient`.
  public func backward(
    _ tape: Void, outputGradient: Activation, logDetGradient: PerSample, into gradient: inout ChannelPermutation,
    _ accumulation: Accumulation
  ) -> Activation { outputGradient.permutingChannels(inverseOrder) }

  /// Visits every parameter; see `Parameterised`.
  public mutating func visitParameters(prefix: String, _ visit: (Parameter, inout [Float]) -> Void) {}
}
