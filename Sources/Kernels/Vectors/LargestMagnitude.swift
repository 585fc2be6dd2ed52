import MicroKernels

extension Activation {
  /// The largest |value| of any sample; NaN where one is. Cost: one pass.
  public var largestMagnitude: Float {
    var largest: Float = 0
    for block in 0..<blocks {
      var best = Vector(repeating: 0)
      for index in (block * vectorsPerBlock)..<((block + 1) * vectorsPerBlock) {
        let value = pointer[index]
        let magnitude = value.replacing(with: -value, where: value .< Vector(repeating: 0))
        best.replace(with: magnitude, where: .!(magnitude .<= best))
      }
      for lane in 0..<min(16, samples - 16 * block) where !(best[lane] <= largest) { largest = best[lane] }
    }
    return largest
  }
}
