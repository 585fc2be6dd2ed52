/// ln x in Double, within 2 ulp; from + − × ÷ alone, so that the bits are the same on every machine. Zero gives −∞,
/// negative numbers NaN. For parameters and determinants: one number at a time.
///
/// x = 2ᵏ·m with m in [√½, √2); ln m = 2·artanh(s), s = (m − 1)/(m + 1), by its series to s²¹ / 21, whose rest is below
/// 2⁻⁵⁹.
public func naturalLogarithm(_ x: Double) -> Double {
  guard x > 0 && x < .infinity else { return x == 0 ? -.infinity : x > 0 ? x : .nan }
  let isAboveRoot = x.significand >= 1.414_213_562_373_095_1
  let m = isAboveRoot ? x.significand / 2 : x.significand
  let k = Double(x.exponent) + (isAboveRoot ? 1 : 0)
  let s = (m - 1) / (m + 1)
  let z = s * s
  var series = 0.0
  for odd in stride(from: 21.0, through: 3, by: -2) { series = z * (1 / odd + series) }
  return k * ln2High + (2 * s + (2 * s * series + k * ln2Low))
}
