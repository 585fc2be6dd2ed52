/// eˣ in Double, within 1 ulp of the exact value where that is normal; from + − × ÷ alone, so that the bits are the same
/// on every machine, as the system's library need not give. For parameters, not for activations: one number at a time.
///
/// x = n·ln 2 + r with |r| ≤ ln 2 / 2, and Taylor's series of eʳ to r¹³ / 13!, whose rest is below 2⁻⁵⁷.
public func exponential(_ x: Double) -> Double {
  guard x == x else { return x }
  // Beyond these the result is infinite or zero.
  let bounded = min(max(x, -800), 800)
  let n = (bounded * 1.442_695_040_888_963_4).rounded()
  let r = (bounded - n * ln2High) - n * ln2Low
  var sum = 1.0
  for k in stride(from: 13.0, through: 1, by: -1) { sum = 1 + r / k * sum }
  return Double(sign: .plus, exponent: Int(n), significand: sum)
}

/// The upper 32 bits of ln 2: its product with an exponent is exact.
let ln2High = 0x1.62e42feep-1
/// ln 2 − `ln2High`.
let ln2Low = 0x1.a39ef35793c76p-33
