import MicroKernels

/// x with every value zeroed at random with the given probability p and the others divided by 1 − p, so that the mean stays
/// (Srivastava et al. 2014, section 10, "inverted" as is usual since).
///
/// The mask is that of number `draw` of the stream: the same for the same draw, so that a gradient goes back through it by
/// the same call. p is rounded to a multiple of 2⁻²⁴. Cost: a random word a value, and one pass.
public func dropout(_ x: Activation, probability: Float, random: RandomStream, draw: UInt32) -> Activation {
  precondition(probability >= 0 && probability < 1, "dropout: expected a probability in [0, 1), found \(probability)")
  let count = x.storage.count
  let result = x.uninitializedLike()
  let threshold = SIMD16(repeating: UInt32(probability * 16_777_216))
  let scale = Vector(repeating: 1 / (1 - probability))
  let zero = Vector(repeating: 0)
  let (source, target) = (Unchecked(x.pointer), Unchecked(result.storage.pointer))
  // A group of the stream is two vectors of words. Draws lie 2³² groups apart.
  let first = UInt64(draw) << 32
  Parallel.forRanges((count + 1) / 2, grain: 512) { range in
    random.withWords(firstGroup: first + UInt64(range.lowerBound), groups: range.count) { words in
      for place in (2 * range.lowerBound)..<min(count, 2 * range.upperBound) {
        let word = words[place - 2 * range.lowerBound] &>> SIMD16(repeating: 8)
        target.value[place] = (source.value[place] * scale).replacing(with: zero, where: word .< threshold)
      }
    }
  }
  return result
}
