/// Standard normal numbers by the transform of Box and Muller (1958), two vectors from each group of sixteen counters.
///
/// Multiplications and additions are rounded apart on purpose: a fused one would make the numbers differ between
/// machines with and without it.
@inlinable @inline(__always)
public func gaussians(_ key: RandomKey, _ firstGroup: UInt64, _ groups: Int, _ y: UnsafeMutablePointer<Vector>) {
  for group in 0..<groups {
    let words = threefry(key, firstCounter: (firstGroup &+ UInt64(group)) &* 16)
    let radius = (plainLogarithm(unitInterval(words.low)) * -2).squareRoot()
    let (cosine, sine) = direction(words.high)
    y[2 * group] = radius * cosine
    y[2 * group + 1] = radius * sine
  }
}

/// (word + ½) / 2³², in (0, 1]: the tail reaches 6.7 standard deviations.
@inlinable @inline(__always)
func unitInterval(_ word: SIMD16<UInt32>) -> Vector {
  let high = smallInteger(word &>> SIMD16(repeating: 16))
  let low = smallInteger(word & SIMD16(repeating: 0xFFFF))
  return (high * 65536 + (low + 0.5)) * 2.328_306_436_538_696_3e-10
}

/// A whole number below 2²³ as a float: set as the mantissa of 2²³, which is then taken away.
@inlinable @inline(__always)
func smallInteger(_ word: SIMD16<UInt32>) -> Vector {
  unsafeBitCast(word | SIMD16(repeating: 0x4B00_0000), to: Vector.self) - 8_388_608
}

/// ln u for normal u in (0, 1]: see `naturalLogarithm`, here without fused operations.
@inlinable @inline(__always)
func plainLogarithm(_ u: Vector) -> Vector {
  let bits = unsafeBitCast(u, to: SIMD16<Int32>.self)
  let exponent = (bits &- SIMD16(repeating: 0x3F35_04F3)) &>> SIMD16(repeating: 23)
  let k = unsafeBitCast(exponent &+ SIMD16(repeating: 0x4B40_0000), to: Vector.self) - 12_582_912
  let f = unsafeBitCast(bits &- (exponent &<< SIMD16(repeating: 23)), to: Vector.self) - 1
  let s = f / (f + 2)
  let z = s * s
  let q1 = z * 0.235_963_34 + 0.285_366_03
  let q2 = z * q1 + 0.400_003_46
  let q3 = z * q2 + 0.666_666_63
  return k * 0.693_147_18 + (s + s + s * (z * q3))
}

/// A point of the unit circle: two bits choose the quarter, thirty the place in it.
@inlinable @inline(__always)
func direction(_ word: SIMD16<UInt32>) -> (cosine: Vector, sine: Vector) {
  // 23 bits as the mantissa of a number in [1, 2): t in [−½, ½) of a quarter turn.
  let mantissa = (word &<< SIMD16(repeating: 2)) &>> SIMD16(repeating: 9)
  let t = unsafeBitCast(mantissa | SIMD16(repeating: 0x3F80_0000), to: Vector.self) - 1.5
  let z = t * t
  let s1 = z * 1.582_045_2e-4 + -0.004_681_265_4
  let s2 = z * s1 + 0.079_692_58
  let s3 = z * s2 + -0.645_964_1
  let sine = t * (z * s3 + 1.570_796_4)
  let c1 = z * 9.036_162e-4 + -0.020_860_065
  let c2 = z * c1 + 0.253_669_2
  let c3 = z * c2 + -1.233_700_5
  let cosine = z * c3 + 1
  let bits = unsafeBitCast(word, to: SIMD16<Int32>.self)
  let isOdd = (bits & SIMD16(repeating: 0x4000_0000)) .!= SIMD16(repeating: 0)
  let isUpper = bits .< SIMD16(repeating: 0)
  // Quarter turns: (c, s) → (−s, c) → (−c, −s) → (s, −c).
  let x = cosine.replacing(with: -sine, where: isOdd)
  let y = sine.replacing(with: cosine, where: isOdd)
  return (x.replacing(with: -x, where: isUpper), y.replacing(with: -y, where: isUpper))
}
