// Tiles of many rows × 1 vector, for 32 registers of 512 bits: what is left where tiles of two vectors meet an odd number of panels.
// Per k there are 12 multiply-adds for 13 loads, which take an eighth longer; twice the multiply-adds, half of them for nothing,
// take twice as long.

/// 12 rows × 1 vector.
@inlinable @inline(__always)
public func tile12x1(_ work: borrowing TileWork, aRow: Int, aDepth: Int, fused: Bool) {
  for tile in 0..<work.tiles {
    var top = Column6(work, first: 12 &* tile)
    var bottom = Column6(work, first: 12 &* tile &+ 6)
    for round in 0..<work.repeats {
      for segment in 0..<work.segments {
        var a = work.a + (tile &* work.aTile &+ round &* work.aRepeat &+ segment &* work.aSegment)
        var b = work.b + (round &* work.bRepeat &+ segment &* work.bSegment)
        for _ in 0..<work.depth {
          top.add(a, aRow, b[0], fused: fused)
          bottom.add(a + 6 &* aRow, aRow, b[0], fused: fused)
          a += aDepth
          b += 1
        }
      }
    }
    if work.rectifies {
      top.rectify()
      bottom.rectify()
    }
    let c = work.c + 12 &* tile &* work.cRow
    top.store(c, work.cRow)
    bottom.store(c + 6 &* work.cRow, work.cRow)
  }
}

/// 10 rows × 1 vector.
@inlinable @inline(__always)
public func tile10x1(_ work: borrowing TileWork, aRow: Int, aDepth: Int, fused: Bool) {
  for tile in 0..<work.tiles {
    var top = Column6(work, first: 10 &* tile)
    var bottom = Column4(work, first: 10 &* tile &+ 6)
    for round in 0..<work.repeats {
      for segment in 0..<work.segments {
        var a = work.a + (tile &* work.aTile &+ round &* work.aRepeat &+ segment &* work.aSegment)
        var b = work.b + (round &* work.bRepeat &+ segment &* work.bSegment)
        for _ in 0..<work.depth {
          top.add(a, aRow, b[0], fused: fused)
          bottom.add(a + 6 &* aRow, aRow, b[0], fused: fused)
          a += aDepth
          b += 1
        }
      }
    }
    if work.rectifies {
      top.rectify()
      bottom.rectify()
    }
    let c = work.c + 10 &* tile &* work.cRow
    top.store(c, work.cRow)
    bottom.store(c + 6 &* work.cRow, work.cRow)
  }
}

/// 8 rows × 1 vector.
@inlinable @inline(__always)
public func tile8x1(_ work: borrowing TileWork, aRow: Int, aDepth: Int, fused: Bool) {
  for tile in 0..<work.tiles {
    var top = Column4(work, first: 8 &* tile)
    var bottom = Column4(work, first: 8 &* tile &+ 4)
    for round in 0..<work.repeats {
      for segment in 0..<work.segments {
        var a = work.a + (tile &* work.aTile &+ round &* work.aRepeat &+ segment &* work.aSegment)
        var b = work.b + (round &* work.bRepeat &+ segment &* work.bSegment)
        for _ in 0..<work.depth {
          top.add(a, aRow, b[0], fused: fused)
          bottom.add(a + 4 &* aRow, aRow, b[0], fused: fused)
          a += aDepth
          b += 1
        }
      }
    }
    if work.rectifies {
      top.rectify()
      bottom.rectify()
    }
    let c = work.c + 8 &* tile &* work.cRow
    top.store(c, work.cRow)
    bottom.store(c + 4 &* work.cRow, work.cRow)
  }
}

/// Sums of four rows in one panel.
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
