/// A tile for one panel: 16 rows × 1 vector, for 32 registers of 512 bits (AVX-512): 16 sums; per k 16 multiply-adds for 17 loads,
/// which are the limit. A pair of panels would compute one in vain.
@inlinable @inline(__always)
public func tile16x1(_ work: borrowing TileWork, aRow: Int, aDepth: Int, fused: Bool) {
  let row = work.cRow
  for tile in 0..<work.tiles {
    let c = work.c + tile &* (16 &* row)
    let first = tile &* 16
    var top = Column4(work, first: first)
    var upper = Column4(work, first: first &+ 4)
    var lower = Column4(work, first: first &+ 8)
    var bottom = Column4(work, first: first &+ 12)
    for round in 0..<work.repeats {
      for segment in 0..<work.segments {
        var a = work.a + (tile &* work.aTile &+ round &* work.aRepeat &+ segment &* work.aSegment)
        var b = work.b + (round &* work.bRepeat &+ segment &* work.bSegment)
        for _ in 0..<work.depth {
          let x = b[0]
          top.add(a, aRow, x, fused: fused)
          upper.add(a + 4 &* aRow, aRow, x, fused: fused)
          lower.add(a + 8 &* aRow, aRow, x, fused: fused)
          bottom.add(a + 12 &* aRow, aRow, x, fused: fused)
          a += aDepth
          b += 1
        }
      }
    }
    if work.rectifies {
      top.rectify()
      upper.rectify()
      lower.rectify()
      bottom.rectify()
    }
    top.store(c, row)
    upper.store(c + 4 &* row, row)
    lower.store(c + 8 &* row, row)
    bottom.store(c + 12 &* row, row)
  }
}

/// Sums of four rows in one panel, as separate variables: an array or an indexed tuple would live in memory.
@usableFromInline
struct Column4 {
  @usableFromInline var c0: Vector
  @usableFromInline var c1: Vector
  @usableFromInline var c2: Vector
  @usableFromInline var c3: Vector

  @inlinable @inline(__always)
  init(_ work: borrowing TileWork, first: Int) {
    c0 = startingSum(work, row: first)
    c1 = startingSum(work, row: first &+ 1)
    c2 = startingSum(work, row: first &+ 2)
    c3 = startingSum(work, row: first &+ 3)
  }

  @inlinable @inline(__always)
  mutating func add(_ a: UnsafePointer<Float>, _ row: Int, _ b: Vector, fused: Bool) {
    c0 = multiplyAdd(c0, a[0], b, fused: fused)
    c1 = multiplyAdd(c1, a[row], b, fused: fused)
    c2 = multiplyAdd(c2, a[2 &* row], b, fused: fused)
    c3 = multiplyAdd(c3, a[3 &* row], b, fused: fused)
  }

  @_transparent @inlinable
  mutating func rectify() {
    c0 = rectified(c0)
    c1 = rectified(c1)
    c2 = rectified(c2)
    c3 = rectified(c3)
  }

  @inlinable @inline(__always)
  func store(_ c: UnsafeMutablePointer<Float>, _ row: Int) {
    storeSum(c0, c)
    storeSum(c1, c + row)
    storeSum(c2, c + 2 &* row)
    storeSum(c3, c + 3 &* row)
  }
}
