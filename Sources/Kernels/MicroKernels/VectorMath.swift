/// 1.5 × 2²³: a float this large has whole numbers for neighbours.
@inlinable @inline(__always)
var magic: Vector { Vector(repeating: 12_582_912) }
@inlinable @inline(__always)
var magicBits: SIMD16<Int32> { SIMD16<Int32>(repeating: 0x4B40_0000) }
@inlinable @inline(__always)
var mantissaBits: SIMD16<Int32> { SIMD16<Int32>(repeating: 23) }
@inlinable @inline(__always)
var bias: SIMD16<Int32> { SIMD16<Int32>(repeating: 127) }

// Polynomials fitted by iteratively reweighted least squares to equal ripple, rounded to Float.

/// eˣ, within 2 ulp of the exact value where that is normal; below, the absolute error is under 2 × 2⁻¹⁴⁹.
///
/// x = n·ln 2 + r with |r| ≤ ln 2 / 2; eʳ = 1 + r + r²·P(r). NaN stays NaN, overflow is infinite, underflow gradual.
@inlinable @inline(__always)
public func exponential(_ x: Vector, fused: Bool) -> Vector {
  // Beyond these the result is infinite or zero; NaN fails both comparisons and stays.
  var bounded = x.replacing(with: 89, where: x .> 89)
  bounded = bounded.replacing(with: -105, where: bounded .< -105)
  // Adding 1.5 × 2²³ rounds to the nearest integer, which then stands in the low bits.
  let rounded = bounded * Vector(repeating: 1.442_695_04) + magic
  let n = rounded - magic
  // ln 2 in two parts; the first has 9 significant bits, so its product with n is exact.
  let r = (bounded - n * Vector(repeating: 0.693_359_375)) - n * Vector(repeating: -2.121_944_4e-4)
  var p = Vector(repeating: 0.001_395_06)
  p = multiplyAdd(Vector(repeating: 0.008_368_954), p, r, fused: fused)
  p = multiplyAdd(Vector(repeating: 0.041_666_206), p, r, fused: fused)
  p = multiplyAdd(Vector(repeating: 0.166_665_18), p, r, fused: fused)
  p = multiplyAdd(Vector(repeating: 0.5), p, r, fused: fused)
  let e = multiplyAdd(r, p, r * r, fused: fused) + Vector(repeating: 1)
  // 2ⁿ in two factors, as n reaches beyond the exponents of normal numbers.
  let whole = SIMD16<Int32>(bitPattern: rounded) &- magicBits
  let half = whole &>> SIMD16<Int32>(repeating: 1)
  let first = Vector(bitPattern: (half &+ bias) &<< mantissaBits)
  let second = Vector(bitPattern: (whole &- half &+ bias) &<< mantissaBits)
  return e * first * second
}

/// ln x, within 2 ulp. Zero gives −∞, negative numbers NaN, infinity and NaN themselves.
///
/// x = 2ᵏ·(1 + f) with 1 + f in [√½, √2); ln(1 + f) = 2·artanh(s), s = f / (2 + f), by its odd series in s.
@inlinable @inline(__always)
public func naturalLogarithm(_ x: Vector, fused: Bool) -> Vector {
  // Subnormals are scaled into the normal range first.
  let tiny = x .< Vector(repeating: Float.leastNormalMagnitude)
  let scaled = x.replacing(with: x * 8_388_608, where: tiny)
  let bits = SIMD16<Int32>(bitPattern: scaled)
  // The exponent such that the mantissa falls in [√½, √2): 0x3F3504F3 is √½.
  let exponent = (bits &- SIMD16<Int32>(repeating: 0x3F35_04F3)) &>> mantissaBits
  let whole = Vector(bitPattern: exponent &+ magicBits) - magic
  let k = whole - Vector(repeating: 0).replacing(with: 23, where: tiny)
  let f = Vector(bitPattern: bits &- (exponent &<< mantissaBits)) - 1
  let s = f / (f + 2)
  let z = s * s
  var q = Vector(repeating: 0.235_963_34)
  q = multiplyAdd(Vector(repeating: 0.285_366_03), q, z, fused: fused)
  q = multiplyAdd(Vector(repeating: 0.400_003_46), q, z, fused: fused)
  q = multiplyAdd(Vector(repeating: 0.666_666_63), q, z, fused: fused)
  // 2·artanh(s) = f − f²/2 + s·(f²/2 + z·q), whose leading term f is exact.
  let halfSquare = f * f * 0.5
  let low = k * Vector(repeating: -2.121_944_4e-4)
  let correction = multiplyAdd(low, s, halfSquare + z * q, fused: fused)
  var result = k * Vector(repeating: 0.693_359_375) + (f - (halfSquare - correction))
  result = result.replacing(with: .infinity, where: x .== Vector(repeating: .infinity))
  result = result.replacing(with: -Float.infinity, where: x .== Vector(repeating: 0))
  return result.replacing(with: .nan, where: (x .< Vector(repeating: 0)) .| (x .!= x))
}

/// tanh x, within 4 ulp: an odd polynomial below 0.625, 1 − 2 / (e^2|x| + 1) above.
@inlinable @inline(__always)
public func hyperbolicTangent(_ x: Vector, fused: Bool) -> Vector {
  let magnitude = x.replacing(with: -x, where: x .< Vector(repeating: 0))
  let z = x * x
  var t = Vector(repeating: -0.005_693_51)
  t = multiplyAdd(Vector(repeating: 0.020_630_402), t, z, fused: fused)
  t = multiplyAdd(Vector(repeating: -0.053_737_61), t, z, fused: fused)
  t = multiplyAdd(Vector(repeating: 0.133_314_25), t, z, fused: fused)
  t = multiplyAdd(Vector(repeating: -0.333_332_8), t, z, fused: fused)
  let small = multiplyAdd(x, x * z, t, fused: fused)
  let large = 1 - 2 / (exponential(magnitude + magnitude, fused: fused) + 1)
  let signed = large.replacing(with: -large, where: x .< Vector(repeating: 0))
  // Zero keeps its sign, which the polynomial would lose.
  let near = small.replacing(with: x, where: x .== Vector(repeating: 0))
  return signed.replacing(with: near, where: magnitude .< Vector(repeating: 0.625))
}

/// 1 / (1 + e⁻ˣ), within 4 ulp where normal: from e^−|x|, so that neither tail cancels or overflows.
@inlinable @inline(__always)
public func logistic(_ x: Vector, fused: Bool) -> Vector {
  let negative = x .< Vector(repeating: 0)
  let e = exponential(x.replacing(with: -x, where: .!negative), fused: fused)
  let numerator = Vector(repeating: 1).replacing(with: e, where: negative)
  return numerator / (1 + e)
}

extension SIMD16<Float> {
  /// The floats whose bits these are.
  @inlinable @inline(__always)
  init(bitPattern bits: SIMD16<Int32>) { self = unsafeBitCast(bits, to: SIMD16<Float>.self) }
}

extension SIMD16<Int32> {
  /// The bits of these floats.
  @inlinable @inline(__always)
  init(bitPattern value: SIMD16<Float>) { self = unsafeBitCast(value, to: SIMD16<Int32>.self) }
}
