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

  /// The gain of F⁻¹ at codes, ‖x'' − x‖² / ‖F(x'') − F(x)‖² with x'' = F⁻¹(F(x) + σε): the mean over the samples without λ, and the
  /// gradient of λ times it with respect to F(x''), x'' held fixed; that with respect to F(x) has the opposite sign.
  ///
  /// With x'' fixed the gradient drives F(x) and F(x'') apart, which is what makes F⁻¹ smaller there, and needs no way back through an
  /// inverse.
  static func evaluateInverse(
    x: Activation, returned: Activation, code: Activation, codeOfReturned: Activation, weight: Float
  ) -> (gain: Double, gradient: Activation) {
    let squares = subtract(returned.view, x.view).norms().map { $0 * $0 }
    var difference = subtract(codeOfReturned.view, code.view).matrix()
    var total = 0.0
    for sample in 0..<difference.rows {
      let row = (sample * difference.columns)..<((sample + 1) * difference.columns)
      let distance = difference.values[row].reduce(1e-12) { $0 + Double($1) * Double($1) }
      let gain = squares[sample] / distance
      total += gain
      let factor = Float(-2 * Double(weight) * gain / distance / Double(difference.rows))
      for place in row { difference.values[place] *= factor }
    }
    return (total / Double(max(difference.rows, 1)), Activation(rowsOf: difference))
  }
}
