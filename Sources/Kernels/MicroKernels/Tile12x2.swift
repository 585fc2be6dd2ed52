/// Tile of 12 rows × 2 vectors, for 32 registers of 512 bits (AVX-512): 24 hold sums, 2 the vectors of B.
///
/// Per k: 24 multiply-adds, whose broadcasts are memory operands, and 2 vector loads. On machines with fewer or
/// narrower registers it gives the same bits, slowly: the tests run it everywhere.
@inlinable @inline(__always)
public func tile12x2(_ work: borrowing TileWork, aRow: Int, aDepth: Int, fused: Bool) {
  var sums = Tile12x2(work)
  for segment in 0..<work.segments {
    var a = work.a + segment &* work.aSegment
    var b = work.b + segment &* work.bSegment
    for _ in 0..<work.depth {
      sums.add(a, aRow, b[0], b[work.bPanel], fused: fused)
      a += aDepth
      b += 1
    }
  }
  sums.store(work)
}

/// The sums, as separate variables: an array or an indexed tuple would live in memory.
@usableFromInline
struct Tile12x2 {
  @usableFromInline var c0: Pair
  @usableFromInline var c1: Pair
  @usableFromInline var c2: Pair
  @usableFromInline var c3: Pair
  @usableFromInline var c4: Pair
  @usableFromInline var c5: Pair
  @usableFromInline var c6: Pair
  @usableFromInline var c7: Pair
  @usableFromInline var c8: Pair
  @usableFromInline var c9: Pair
  @usableFromInline var c10: Pair
  @usableFromInline var c11: Pair

  @inlinable @inline(__always)
  init(_ work: borrowing TileWork) {
    c0 = Pair(work, row: 0)
    c1 = Pair(work, row: 1)
    c2 = Pair(work, row: 2)
    c3 = Pair(work, row: 3)
    c4 = Pair(work, row: 4)
    c5 = Pair(work, row: 5)
    c6 = Pair(work, row: 6)
    c7 = Pair(work, row: 7)
    c8 = Pair(work, row: 8)
    c9 = Pair(work, row: 9)
    c10 = Pair(work, row: 10)
    c11 = Pair(work, row: 11)
  }

  @inlinable @inline(__always)
  mutating func add(_ a: UnsafePointer<Float>, _ row: Int, _ left: Vector, _ right: Vector, fused: Bool) {
    c0.add(a[0], left, right, fused: fused)
    c1.add(a[1 &* row], left, right, fused: fused)
    c2.add(a[2 &* row], left, right, fused: fused)
    c3.add(a[3 &* row], left, right, fused: fused)
    c4.add(a[4 &* row], left, right, fused: fused)
    c5.add(a[5 &* row], left, right, fused: fused)
    c6.add(a[6 &* row], left, right, fused: fused)
    c7.add(a[7 &* row], left, right, fused: fused)
    c8.add(a[8 &* row], left, right, fused: fused)
    c9.add(a[9 &* row], left, right, fused: fused)
    c10.add(a[10 &* row], left, right, fused: fused)
    c11.add(a[11 &* row], left, right, fused: fused)
  }

  @inlinable @inline(__always)
  func store(_ work: borrowing TileWork) {
    c0.store(work, row: 0)
    c1.store(work, row: 1)
    c2.store(work, row: 2)
    c3.store(work, row: 3)
    c4.store(work, row: 4)
    c5.store(work, row: 5)
    c6.store(work, row: 6)
    c7.store(work, row: 7)
    c8.store(work, row: 8)
    c9.store(work, row: 9)
    c10.store(work, row: 10)
    c11.store(work, row: 11)
  }
}

/// The two sums of one row.
@usableFromInline
struct Pair {
  @usableFromInline var left: Vector
  @usableFromInline var right: Vector

  @inlinable @inline(__always)
  init(_ work: borrowing TileWork, row: Int) {
    left = startingSum(work, row: row, panel: 0)
    right = startingSum(work, row: row, panel: 1)
  }

  @inlinable @inline(__always)
  mutating func add(_ a: Float, _ x: Vector, _ y: Vector, fused: Bool) {
    left = multiplyAdd(left, a, x, fused: fused)
    right = multiplyAdd(right, a, y, fused: fused)
  }

  @inlinable @inline(__always)
  func store(_ work: borrowing TileWork, row: Int) {
    storeRow(left, work, row: row, panel: 0)
    storeRow(right, work, row: row, panel: 1)
  }
}
