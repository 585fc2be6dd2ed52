/// The inverse of JPEG's discrete cosine transform, in integers, rounded as most decoders round.
///
/// The algorithm is that of Loeffler, Ligtenberg and Moschytz ("Practical fast 1-D DCT algorithms with 11 multiplications",
/// ICASSP 1989) with 12 multiplications, constants of 13 bits and 2 bits more between the passes: the choices of libjpeg's
/// accurate transform, so that samples are the same.
enum InverseDCT {
  /// Dequantises and transforms a row of blocks, and adds the 128 that the encoder took off.
  ///
  /// - Parameters:
  ///   - coefficients: the row's blocks, 64 coefficients each, in natural order.
  ///   - table: 64 quantisation steps, in natural order.
  ///   - samples: from `origin` on, the row's 8 lines of 8 samples a block.
  static func transform(
    _ coefficients: Span<Int16>, dequantisedBy table: Span<UInt16>, into samples: inout MutableSpan<UInt8>,
    from origin: Int
  ) {
    let blocks = coefficients.count / 64
    precondition(table.count == 64 && samples.count >= origin + 64 * blocks, "a row of \(blocks) blocks")
    var columns = InlineArray<64, Int>(repeating: 0)
    for block in 0..<blocks {
      let at = 64 &* block
      for column in 0..<8 {
        let start = at &+ column
        @inline(__always) func input(_ row: Int) -> Int {
          Int(coefficients[start &+ 8 &* row]) &* Int(table[column &+ 8 &* row])
        }
        let first = input(0)
        var rest = coefficients[start &+ 8] | coefficients[start &+ 16] | coefficients[start &+ 24]
        rest |= coefficients[start &+ 32] | coefficients[start &+ 40]
        rest |= coefficients[start &+ 48] | coefficients[start &+ 56]
        if rest == 0 {
          let constant = first &<< extraBits
          for row in 0..<8 { columns[column &+ 8 &* row] = constant }
          continue
        }
        let result = transform(
          first, input(1), input(2), input(3), input(4), input(5), input(6), input(7), dropping: 13 - extraBits)
        for row in 0..<8 { columns[column &+ 8 &* row] = result[row] }
      }
      for row in 0..<8 {
        let start = 8 &* row
        let place = origin &+ 8 &* (blocks &* row &+ block)
        var rest = columns[start &+ 1] | columns[start &+ 2] | columns[start &+ 3] | columns[start &+ 4]
        rest |= columns[start &+ 5] | columns[start &+ 6] | columns[start &+ 7]
        if rest == 0 {
          let sample = clamped((columns[start] &+ (1 &<< (extraBits + 2))) &>> (extraBits + 3))
          for column in 0..<8 { samples[place &+ column] = sample }
          continue
        }
        let result = transform(
          columns[start], columns[start &+ 1], columns[start &+ 2], columns[start &+ 3], columns[start &+ 4],
          columns[start &+ 5], columns[start &+ 6], columns[start &+ 7], dropping: 13 + extraBits + 3)
        for column in 0..<8 { samples[place &+ column] = clamped(result[column]) }
      }
    }
  }

  /// Bits that columns have more than samples.
  private static let extraBits = 2

  @inline(__always)
  private static func clamped(_ value: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: min(max(value &+ 128, 0), 255))
  }

  /// One transform of eight values, without the last `bits` bits of the result, rounded.
  ///
  /// Products of 16-bit coefficients and 16-bit steps have 32 bits; two passes add 18 each at most, so 64 do not overflow.
  @inline(__always)
  private static func transform(
    _ x0: Int, _ x1: Int, _ x2: Int, _ x3: Int, _ x4: Int, _ x5: Int, _ x6: Int, _ x7: Int, dropping bits: Int
  ) -> InlineArray<8, Int> {
    let half = 1 &<< (bits &- 1)
    // The even part; a constant is the cosine expression times 2¹³.
    let even = (x2 &+ x6) &* 4433
    let e2 = even &- x6 &* 15137
    let e3 = even &+ x2 &* 6270
    let e0 = (x0 &+ x4) &<< 13 &+ half
    let e1 = (x0 &- x4) &<< 13 &+ half
    let (s0, s3, s1, s2) = (e0 &+ e3, e0 &- e3, e1 &+ e2, e1 &- e2)

    // The odd part.
    let z5 = (x7 &+ x3 &+ x5 &+ x1) &* 9633
    let z1 = (x7 &+ x1) &* -7373
    let z2 = (x5 &+ x3) &* -20995
    let z3 = (x7 &+ x3) &* -16069 &+ z5
    let z4 = (x5 &+ x1) &* -3196 &+ z5
    let d0 = x7 &* 2446 &+ z1 &+ z3
    let d1 = x5 &* 16819 &+ z2 &+ z4
    let d2 = x3 &* 25172 &+ z2 &+ z3
    let d3 = x1 &* 12299 &+ z1 &+ z4
    return [
      (s0 &+ d3) &>> bits, (s1 &+ d2) &>> bits, (s2 &+ d1) &>> bits, (s3 &+ d0) &>> bits, (s3 &- d0) &>> bits,
      (s2 &- d1) &>> bits, (s1 &- d2) &>> bits, (s0 &- d3) &>> bits,
    ]
  }
}
