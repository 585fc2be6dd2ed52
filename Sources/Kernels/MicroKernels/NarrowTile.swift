// Tiles of one vector, for 16 registers of 256 bits.

/// Tile of 6 rows × 1 vector, for 16 registers of 256 bits (AVX2): 12 hold sums, 2 the vector of B, 1 the broadcast.
///
/// Per k: 12 multiply-adds, 2 vector loads, 6 broadcasts, so the multiply-add units are the limit, and unrolled by four
/// the loop's own instructions stay under a tenth of all: what is left of the decoder matters where a neighbour shares it.
@inlinable @inline(__always)
public func tile6x1(_ work: borrowing TileWork, aRow: Int, aDepth: Int, fused: Bool) {
  for tile in 0..<work.tiles {
    var sums = Column6(work, first: 6 &* tile)
    for round in 0..<work.repeats {
      for segment in 0..<work.segments {
        var a = work.a + (tile &* work.aTile &+ round &* work.aRepeat &+ segment &* work.aSegment)
        var b = work.b + (round &* work.bRepeat &+ segment &* work.bSegment)
        var remaining = work.depth
        while remaining >= 4 {
          sums.add(a, aRow, b[0], fused: fused)
          sums.add(a + aDepth, aRow, b[1], fused: fused)
          sums.add(a + 2 &* aDepth, aRow, b[2], fused: fused)
          sums.add(a + 3 &* aDepth, aRow, b[3], fused: fused)
          a += 4 &* aDepth
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
    }
    if work.rectifies { sums.rectify() }
    sums.store(work.c + 6 &* tile &* work.cRow, work.cRow)
  }
}

/// Tile of 4 rows × 1 vector: 8 registers hold sums, which just hide the latency of multiply-adds.
@inlinable @inline(__always)
public func tile4x1(_ work: borrowing TileWork, aRow: Int, aDepth: Int, fused: Bool) {
  for tile in 0..<work.tiles {
    let first = 4 &* tile
    var c0 = startingSum(work, row: first)
    var c1 = startingSum(work, row: first &+ 1)
    var c2 = startingSum(work, row: first &+ 2)
    var c3 = startingSum(work, row: first &+ 3)
    for round in 0..<work.repeats {
      for segment in 0..<work.segments {
        var a = work.a + (tile &* work.aTile &+ round &* work.aRepeat &+ segment &* work.aSegment)
        var b = work.b + (round &* work.bRepeat &+ segment &* work.bSegment)
        for _ in 0..<work.depth {
          c0 = multiplyAdd(c0, a[0], b[0], fused: fused)
          c1 = multiplyAdd(c1, a[aRow], b[0], fused: fused)
          c2 = multiplyAdd(c2, a[2 &* aRow], b[0], fused: fused)
          c3 = multiplyAdd(c3, a[3 &* aRow], b[0], fused: fused)
          a += aDepth
          b += 1
        }
      }
    }
    if work.rectifies {
      c0 = rectified(c0)
      c1 = rectified(c1)
      c2 = rectified(c2)
      c3 = rectified(c3)
    }
    let c = work.c + first &* work.cRow
    storeSum(c0, c)
    storeSum(c1, c + work.cRow)
    storeSum(c2, c + 2 &* work.cRow)
    storeSum(c3, c + 3 &* work.cRow)
  }
}

/// Sums of six rows in one panel, as separate variables: an array or an indexed tuple would live in memory.
@usableFromInline
struct Column6 {
  @usableFromInline var c0: Vector
  @usableFromInline var c1: Vector
  @usableFromInline var c2: Vector
  @usableFromInline var c3: Vector
  @usableFromInline var c4: Vector
  @usableFromInline var c5: Vector

  @inlinable @inline(__always)
  init(_ work: borrowing TileWork, first: Int) {
    c0 = startingSum(work, row: first)
    c1 = startingSum(work, row: first &+ 1)
    c2 = startingSum(work, row: first &+ 2)
    c3 = startingSum(work, row: first &+ 3)
    c4 = startingSum(work, row: first &+ 4)
    c5 = startingSum(work, row: first &+ 5)
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

  @_transparent @inlinable
  mutating func rectify() {
    c0 = rectified(c0)
    c1 = rectified(c1)
    c2 = rectified(c2)
    c3 = rectified(c3)
    c4 = rectified(c4)
    c5 = rectified(c5)
  }

  @inlinable @inline(__always)
  func store(_ c: UnsafeMutablePointer<Float>, _ row: Int) {
    storeSum(c0, c)
    storeSum(c1, c + row)
    storeSum(c2, c + 2 &* row)
    storeSum(c3, c + 3 &* row)
    storeSum(c4, c + 4 &* row)
    storeSum(c5, c + 5 &* row)
  }
}
