import Kernels

/// The gain of F at samples, as what a small displacement of x becomes: λ·‖F(x + σε) − F(x)‖² / (σ²·d), ε standard normal in d
/// dimensions. For a rotation it is λ.
///
/// It stands in place of the likelihood where a bijection is to be kept from amplifying what hardly shows (Behrmann et al. 2021,
/// section 5, who use it as an alternative to the likelihood for stable classifiers).
enum GainPenalty {
  /// The mean over the samples without λ, and the gradient of λ times it with respect to F(x + σε); that with respect to F(x) has the
  /// opposite sign.
  ///
  /// - Parameters:
  ///   - code: F(x), a vector a sample.
  ///   - displaced: F(x + σε) of the same samples.
  ///   - deviation: σ.
  ///   - weight: λ.
  static func evaluate(
    code: Activation, displaced: Activation, deviation: Float, weight: Float
  ) -> (gain: Double, gradient: Activation) {
    let difference = subtract(displaced.view, code.view)
    let (samples, dimensions) = (max(code.samples, 1), max(code.channels, 1))
    let unit = 1 / (deviation * deviation * Float(dimensions) * Float(samples))
    let squares = difference.norms().reduce(0) { $0 + $1 * $1 }
    var gradient = scaleChannels(difference.view, by: [Float](repeating: 2 * weight * unit, count: code.channels))
    gradient.clearPaddingLanes()
    return (squares * Double(unit), gradient)
  }
}
