/// The roof: independent multiply-adds on registers alone; returns how many floating-point operations that was.
///
/// A latency of four cycles and two units ask for eight registers of sums. Six vectors are twelve registers of 256 bits;
/// where a vector is one register of 512 bits, `wide` takes twelve of them.
@inlinable @inline(__always)
public func multiplyAddLoop(_ rounds: Int, fused: Bool, wide: Bool) -> Double {
  let step = Vector(repeating: 1e-9)
  var c0 = Vector(repeating: 1)
  var c1 = Vector(repeating: 2)
  var c2 = Vector(repeating: 3)
  var c3 = Vector(repeating: 4)
  var c4 = Vector(repeating: 5)
  var c5 = Vector(repeating: 6)
  var c6 = Vector(repeating: 7)
  var c7 = Vector(repeating: 8)
  var c8 = Vector(repeating: 9)
  var c9 = Vector(repeating: 10)
  var c10 = Vector(repeating: 11)
  var c11 = Vector(repeating: 12)
  if wide {
    for _ in 0..<rounds {
      c0 = multiplyAdd(c0, c0, step, fused: fused)
      c1 = multiplyAdd(c1, c1, step, fused: fused)
      c2 = multiplyAdd(c2, c2, step, fused: fused)
      c3 = multiplyAdd(c3, c3, step, fused: fused)
      c4 = multiplyAdd(c4, c4, step, fused: fused)
      c5 = multiplyAdd(c5, c5, step, fused: fused)
      c6 = multiplyAdd(c6, c6, step, fused: fused)
      c7 = multiplyAdd(c7, c7, step, fused: fused)
      c8 = multiplyAdd(c8, c8, step, fused: fused)
      c9 = multiplyAdd(c9, c9, step, fused: fused)
      c10 = multiplyAdd(c10, c10, step, fused: fused)
      c11 = multiplyAdd(c11, c11, step, fused: fused)
    }
  } else {
    for _ in 0..<rounds {
      c0 = multiplyAdd(c0, c0, step, fused: fused)
      c1 = multiplyAdd(c1, c1, step, fused: fused)
      c2 = multiplyAdd(c2, c2, step, fused: fused)
      c3 = multiplyAdd(c3, c3, step, fused: fused)
      c4 = multiplyAdd(c4, c4, step, fused: fused)
      c5 = multiplyAdd(c5, c5, step, fused: fused)
    }
  }
  // The sums are used, so that the loop cannot be optimised away: they stay above 1.
  let total = c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7 + c8 + c9 + c10 + c11
  return total.sum() == 0 ? 0 : Double(rounds) * (wide ? 12 : 6) * 32
}
