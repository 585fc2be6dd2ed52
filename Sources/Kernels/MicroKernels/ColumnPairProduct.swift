/// Two columns of a product of 32 rows, which are transposed as they are read: C += A·B with a lane for every row of A.
///
/// Every element is one chain of multiply-adds in ascending order. A chain takes four cycles a product, so four are under way.
/// Cost: one pass over A; a block of 16×16 is transposed for 32 multiply-adds.
///
/// - Parameters:
///   - upper: the first sixteen rows.
///   - lower: sixteen other rows, or the same.
///   - row: the distance between rows.
///   - left: the first column of B, `step` from one k to the next.
///   - right: the second column of B, or the first.
///   - sums: of the upper rows with left and right, then of the lower; what they hold is what the sums start from.
///     Then 32 vectors of scratch.
@inlinable @inline(__always)
public func columnPairProduct(
  _ depth: Int, _ upper: UnsafePointer<Float>, _ lower: UnsafePointer<Float>, row: Int, _ left: UnsafePointer<Float>,
  _ right: UnsafePointer<Float>, step: Int, _ sums: UnsafeMutablePointer<Vector>, fused: Bool
) {
  var upperLeft = sums[0]
  var upperRight = sums[1]
  var lowerLeft = sums[2]
  var lowerRight = sums[3]
  let blocks = sums + 4
  let scratch = UnsafeMutableRawPointer(blocks).assumingMemoryBound(to: Float.self)
  var k = 0
  while k < depth {
    // The last block begins earlier where the depth is no multiple of sixteen; what has been added is skipped.
    let first = max(min(k, depth &- 16), 0)
    if depth >= 16 {
      transposeWhole16(upper + first, row, scratch, 16)
      transposeWhole16(lower + first, row, scratch + 256, 16)
    } else {
      for index in 0..<depth {
        for lane in 0..<16 {
          scratch[16 &* index &+ lane] = upper[lane &* row &+ index]
          scratch[256 &+ 16 &* index &+ lane] = lower[lane &* row &+ index]
        }
      }
    }
    let end = min(first &+ 16, depth)
    while k < end {
      let x = blocks[k &- first]
      let y = blocks[16 &+ k &- first]
      let l = left[k &* step]
      let r = right[k &* step]
      upperLeft = multiplyAdd(upperLeft, l, x, fused: fused)
      upperRight = multiplyAdd(upperRight, r, x, fused: fused)
      lowerLeft = multiplyAdd(lowerLeft, l, y, fused: fused)
      lowerRight = multiplyAdd(lowerRight, r, y, fused: fused)
      k &+= 1
    }
  }
  sums[0] = upperLeft
  sums[1] = upperRight
  sums[2] = lowerLeft
  sums[3] = lowerRight
}
