/// Tile of 6 rows × 1 vector, for 16 registers of 256 bits (AVX2): 12 hold sums, 2 the vector of B, 1 the broadcast.
///
/// Per k: 12 multiply-adds, 2 vector loads, 6 broadcasts, so the multiply-add units are the limit, and unrolled by four
/// the loop's own instructions stay under a tenth of all: what is left of the decoder matters where a neighbour shares it.
@inlinable @inline(__always)
public func tile6x1(_ work: borrowing TileWork, aRow: Int, aDepth: Int, fused: Bool) {
  var sums = Tile6x1(work)
  for segment in 0..<work.segments {
    var a = work.a + segment &* work.aSegment
    var b = work.b + segment &* work.bSegment
    var remaining = work.depth
    while remaining >= 4 {
      sums.add(a, aRow, b[0], fused: fused)
      sums.add(a + aDepth, aRow, b[1], fused: fused)
      sums.add(a + 2 * aDepth, aRow, b[2], fused: fused)
      sums.add(a + 3 * aDepth, aRow, b[3], fused: fused)
      a += 4 * aDepth
      b += 4
      remaining &-= 4
    }
    while remaining > 0 {
      sums.add(a, aRow, b[0], fused: fused)
      a += aDepth
      b += 1
      remaining &-= 1
    }
  }
  sums.store(work)
}

/// The sums, as separate variables: an array or an indexed tuple would live in memory.
@usableFromInline
struct Tile6x1 {
  @usableFromInline var c0: Vector
  @usableFromInline var c1: Vector
  @usableFromInline var c2: Vector
  @usableFromInline var c3: Vector
  @usableFromInline var c4: Vector
  @usableFromInline var c5: Vector

  @inlinable @inline(__always)
  init(_ work: borrowing TileWork) {
    c0 = startingSum(work, row: 0, panel: 0)
    c1 = startingSum(work, row: 1, panel: 0)
    c2 = startingSum(work, row: 2, panel: 0)
    c3 = startingSum(work, row: 3, panel: 0)
    c4 = startingSum(work, row: 4, panel: 0)
    c5 = startingSum(work, row: 5, panel: 0)
  }

  @inlinable @inline(__always)
  mutating func add(_ a: UnsafePointer<Float>, _ row: Int, _ b: Vector, fused: Bool) {
    let row3 = 3 &* row
    c0 = multiplyAdd(c0, a[0], b, fused: fused)
    c1 = multiplyAdd(c1, a[row], b, fused: fused)
    c2 = multiplyAdd(c2, a[2 &* row], b, fused: fused)
    c3 = multiplyAdd(c3, a[row3], b, fused: fused)
    c4 = multiplyAdd(c4, a[row3 &+ row], b, fused: fused)
    c5 = multiplyAdd(c5, a[row3 &+ 2 &* row], b, fused: fused)
  }

  @inlinable @inline(__always)
  func store(_ work: borrowing TileWork) {
    storeRow(c0, work, row: 0, panel: 0)
    storeRow(c1, work, row: 1, panel: 0)
    storeRow(c2, work, row: 2, panel: 0)
    storeRow(c3, work, row: 3, panel: 0)
    storeRow(c4, work, row: 4, panel: 0)
    storeRow(c5, work, row: 5, panel: 0)
  }
}
