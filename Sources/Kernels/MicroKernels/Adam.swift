/// Adam on `count` parameters: m and v move towards g and g², the value by rate · m / (√v · scale + ε).
///
/// The last count mod 16 elements go through the same vector arithmetic, so that no element's result depends on its
/// place.
@inlinable @inline(__always)
public func adam(_ count: Int, _ step: AdamStep, _ buffers: AdamBuffers, fused: Bool) {
  let whole = count & ~15
  var i = 0
  while i < whole {
    let updated = adamVector(
      step, value: load(buffers.value, i), gradient: load(buffers.gradient, i), first: load(buffers.first, i),
      second: load(buffers.second, i), fused: fused)
    storeVector(updated.value, buffers.value, i)
    storeVector(updated.first, buffers.first, i)
    storeVector(updated.second, buffers.second, i)
    i &+= 16
  }
  guard i < count else { return }
  var value = Vector(repeating: 0)
  var gradient = value
  var first = value
  var second = value
  for lane in 0..<(count - i) {
    value[lane] = buffers.value[i + lane]
    gradient[lane] = buffers.gradient[i + lane]
    first[lane] = buffers.first[i + lane]
    second[lane] = buffers.second[i + lane]
  }
  let updated = adamVector(step, value: value, gradient: gradient, first: first, second: second, fused: fused)
  for lane in 0..<(count - i) {
    buffers.value[i + lane] = updated.value[lane]
    buffers.first[i + lane] = updated.first[lane]
    buffers.second[i + lane] = updated.second[lane]
  }
}

@inlinable @inline(__always)
func adamVector(
  _ step: AdamStep, value: Vector, gradient: Vector, first: Vector, second: Vector, fused: Bool
) -> (value: Vector, first: Vector, second: Vector) {
  let m = multiplyAdd(first, 1 - step.beta1, gradient - first, fused: fused)
  let v = multiplyAdd(second * step.beta2, gradient, gradient * (1 - step.beta2), fused: fused)
  let denominator = squareRoot(v) * step.secondMomentScale + step.epsilon
  return (value - step.rate * m / denominator, m, v)
}

/// √x within 2 ulp for x ≥ 0, by three Newton steps for 1/√x and one for the root, in multiplications and additions
/// that the vector unit has: the library's vector root takes its lanes one by one.
@inlinable @inline(__always)
func squareRoot(_ x: Vector) -> Vector {
  let bits = unsafeBitCast(x, to: SIMD16<Int32>.self)
  let guess = SIMD16<Int32>(repeating: 0x5F37_59DF) &- (bits &>> SIMD16<Int32>(repeating: 1))
  var inverse = unsafeBitCast(guess, to: Vector.self)
  let half = x * 0.5
  inverse *= 1.5 - half * inverse * inverse
  inverse *= 1.5 - half * inverse * inverse
  inverse *= 1.5 - half * inverse * inverse
  let root = x * inverse
  return root + 0.5 * inverse * (x - root * root)
}

@inlinable @inline(__always)
func load(_ source: UnsafePointer<Float>, _ offset: Int) -> Vector {
  UnsafeRawPointer(source + offset).loadUnaligned(as: Vector.self)
}

@inlinable @inline(__always)
func storeVector(_ vector: Vector, _ destination: UnsafeMutablePointer<Float>, _ offset: Int) {
  UnsafeMutableRawPointer(destination + offset).storeBytes(of: vector, as: Vector.self)
}
