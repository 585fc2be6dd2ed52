/// Softmax cross-entropy of sixteen samples, −ln softmax(logits)[label], with the largest logit taken out first.
@inlinable @inline(__always)
public func softmaxCrossEntropy(
  _ classes: Int, _ logits: UnsafePointer<Vector>, _ labels: SIMD16<Int32>, _ weight: Vector,
  _ gradient: UnsafeMutablePointer<Vector>, fused: Bool
) -> Vector {
  var largest = logits[0]
  for c in 1..<max(classes, 1) { largest = largest.replacing(with: logits[c], where: logits[c] .> largest) }
  var sum = Vector(repeating: 0)
  var chosen = Vector(repeating: 0)
  for c in 0..<classes {
    let shifted = logits[c] - largest
    let e = exponential(shifted, fused: fused)
    gradient[c] = e
    sum += e
    chosen = chosen.replacing(with: shifted, where: isLabel(labels, c))
  }
  let scale = weight / sum
  for c in 0..<classes {
    let onehot = Vector(repeating: 0).replacing(with: weight, where: isLabel(labels, c))
    gradient[c] = gradient[c] * scale - onehot
  }
  return naturalLogarithm(sum, fused: fused) - chosen
}

@inlinable @inline(__always)
func isLabel(_ labels: SIMD16<Int32>, _ c: Int) -> SIMDMask<SIMD16<Int32>> {
  labels .== SIMD16<Int32>(repeating: Int32(truncatingIfNeeded: c))
}
