import MicroKernels

/// a + t·(b − a), with one t for each sample.
public func interpolate(_ a: Activation, _ b: Activation, at t: [Float]) -> Activation {
  precondition(
    a.hasShape(of: b) && t.count == a.samples, "interpolate: \(a.shape), \(b.shape) and \(t.count) positions differ")
  let result = a.uninitializedLike()
  let output = result.storage.pointer
  for block in 0..<a.blocks {
    var weight = Vector(repeating: 0)
    for lane in 0..<min(16, a.samples - 16 * block) { weight[lane] = t[16 * block + lane] }
    for index in (block * a.vectorsPerBlock)..<((block + 1) * a.vectorsPerBlock) {
      output[index] = a.pointer[index] + weight * (b.pointer[index] - a.pointer[index])
    }
  }
  return result
}

extension Activation {
  /// The Euclidean length of every sample, summed in Double in the order of the values.
  public func norms() -> [Double] {
    (0..<blocks).flatMap { block in
      var squares = SIMD16<Double>(repeating: 0)
      for index in (block * vectorsPerBlock)..<((block + 1) * vectorsPerBlock) {
        let value = SIMD16<Double>(pointer[index])
        squares += value * value
      }
      return (0..<min(16, samples - 16 * block)).map { squares[$0].squareRoot() }
    }
  }

  /// The largest |a − b| over all values of valid samples; NaN if any difference is.
  public func largestDifference(from other: Activation) -> Double {
    precondition(hasShape(of: other), "largestDifference: \(shape) and \(other.shape) differ")
    var largest = 0.0
    for block in 0..<blocks {
      for index in (block * vectorsPerBlock)..<((block + 1) * vectorsPerBlock) {
        for lane in 0..<min(16, samples - 16 * block) {
          let difference = Double(abs(pointer[index][lane] - other.pointer[index][lane]))
          if !(difference <= largest) { largest = difference }
          if difference.isNaN { return .nan }
        }
      }
    }
    return largest
  }
}
