// Tiles of few rows × many vectors, for products with few outputs, such as the last convolution of a coupling function:
// every vector of B is used once a row, so the rows' broadcasts are kept and the vectors of B streamed.

/// 2 rows × 8 vectors: 16 sums; per k 16 multiply-adds for 10 loads.
@inlinable @inline(__always)
public func tile2x8(_ work: borrowing TileWork, aRow: Int, aDepth: Int, fused: Bool) {
  let panel = work.bPanel
  var left = Columns4(work, first: 0)
  var right = Columns4(work, first: 4)
  for round in 0..<work.repeats {
    for segment in 0..<work.segments {
      var a = work.a + (round &* work.aRepeat &+ segment &* work.aSegment)
      var b = work.b + (round &* work.bRepeat &+ segment &* work.bSegment)
      for _ in 0..<work.depth {
        let upper = Vector(repeating: a[0])
        let lower = Vector(repeating: a[aRow])
        left.add(upper, lower, b, panel, fused: fused)
        right.add(upper, lower, b + 4 &* panel, panel, fused: fused)
        a += aDepth
        b += 1
      }
    }
  }
  if work.rectifies {
    left.rectify()
    right.rectify()
  }
  left.store(work.c, work.cRow, work.cPanel)
  right.store(work.c + 4 &* work.cPanel, work.cRow, work.cPanel)
}

/// 2 rows × 6 vectors: 12 sums; per k 12 multiply-adds for 8 loads.
@inlinable @inline(__always)
public func tile2x6(_ work: borrowing TileWork, aRow: Int, aDepth: Int, fused: Bool) {
  let panel = work.bPanel
  var left = Columns4(work, first: 0)
  var right = Columns2(work, first: 4)
  for round in 0..<work.repeats {
    for segment in 0..<work.segments {
      var a = work.a + (round &* work.aRepeat &+ segment &* work.aSegment)
      var b = work.b + (round &* work.bRepeat &+ segment &* work.bSegment)
      for _ in 0..<work.depth {
        let upper = Vector(repeating: a[0])
        let lower = Vector(repeating: a[aRow])
        left.add(upper, lower, b, panel, fused: fused)
        right.add(upper, lower, b + 4 &* panel, panel, fused: fused)
        a += aDepth
        b += 1
      }
    }
  }
  if work.rectifies {
    left.rectify()
    right.rectify()
  }
  left.store(work.c, work.cRow, work.cPanel)
  right.store(work.c + 4 &* work.cPanel, work.cRow, work.cPanel)
}

/// 2 rows × 4 vectors: 8 sums, which just hide the latency of multiply-adds.
@inlinable @inline(__always)
public func tile2x4(_ work: borrowing TileWork, aRow: Int, aDepth: Int, fused: Bool) {
  let panel = work.bPanel
  var sums = Columns4(work, first: 0)
  for round in 0..<work.repeats {
    for segment in 0..<work.segments {
      var a = work.a + (round &* work.aRepeat &+ segment &* work.aSegment)
      var b = work.b + (round &* work.bRepeat &+ segment &* work.bSegment)
      for _ in 0..<work.depth {
        sums.add(Vector(repeating: a[0]), Vector(repeating: a[aRow]), b, panel, fused: fused)
        a += aDepth
        b += 1
      }
    }
  }
  if work.rectifies { sums.rectify() }
  sums.store(work.c, work.cRow, work.cPanel)
}

/// 2 rows × 3 vectors, for 16 registers of 256 bits: 12 hold sums.
@inlinable @inline(__always)
public func tile2x3(_ work: borrowing TileWork, aRow: Int, aDepth: Int, fused: Bool) {
  let panel = work.bPanel
  var left = Columns2(work, first: 0)
  var c0 = startingSum(work, row: 0, panel: 2)
  var c1 = startingSum(work, row: 1, panel: 2)
  for round in 0..<work.repeats {
    for segment in 0..<work.segments {
      var a = work.a + (round &* work.aRepeat &+ segment &* work.aSegment)
      var b = work.b + (round &* work.bRepeat &+ segment &* work.bSegment)
      for _ in 0..<work.depth {
        let upper = Vector(repeating: a[0])
        let lower = Vector(repeating: a[aRow])
        left.add(upper, lower, b, panel, fused: fused)
        c0 = multiplyAdd(c0, upper, b[2 &* panel], fused: fused)
        c1 = multiplyAdd(c1, lower, b[2 &* panel], fused: fused)
        a += aDepth
        b += 1
      }
    }
  }
  if work.rectifies {
    left.rectify()
    c0 = rectified(c0)
    c1 = rectified(c1)
  }
  left.store(work.c, work.cRow, work.cPanel)
  storeSum(c0, work.c + 2 &* work.cPanel)
  storeSum(c1, work.c + (work.cRow &+ 2 &* work.cPanel))
}

/// 4 rows × 6 vectors: 24 sums; per k 24 multiply-adds for 10 loads.
@inlinable @inline(__always)
public func tile4x6(_ work: borrowing TileWork, aRow: Int, aDepth: Int, fused: Bool) {
  let panel = work.bPanel
  var upperLeft = Columns4(work, first: 0)
  var upperRight = Columns2(work, first: 4)
  var lowerLeft = Columns4(work, first: 0, firstRow: 2)
  var lowerRight = Columns2(work, first: 4, firstRow: 2)
  for round in 0..<work.repeats {
    for segment in 0..<work.segments {
      var a = work.a + (round &* work.aRepeat &+ segment &* work.aSegment)
      var b = work.b + (round &* work.bRepeat &+ segment &* work.bSegment)
      for _ in 0..<work.depth {
        let r0 = Vector(repeating: a[0])
        let r1 = Vector(repeating: a[aRow])
        let r2 = Vector(repeating: a[2 &* aRow])
        let r3 = Vector(repeating: a[3 &* aRow])
        upperLeft.add(r0, r1, b, panel, fused: fused)
        lowerLeft.add(r2, r3, b, panel, fused: fused)
        upperRight.add(r0, r1, b + 4 &* panel, panel, fused: fused)
        lowerRight.add(r2, r3, b + 4 &* panel, panel, fused: fused)
        a += aDepth
        b += 1
      }
    }
  }
  if work.rectifies {
    upperLeft.rectify()
    upperRight.rectify()
    lowerLeft.rectify()
    lowerRight.rectify()
  }
  let lower = work.c + 2 &* work.cRow
  let right = 4 &* work.cPanel
  upperLeft.store(work.c, work.cRow, work.cPanel)
  upperRight.store(work.c + right, work.cRow, work.cPanel)
  lowerLeft.store(lower, work.cRow, work.cPanel)
  lowerRight.store(lower + right, work.cRow, work.cPanel)
}

/// 4 rows × 4 vectors: 16 sums; per k 16 multiply-adds for 8 loads.
@inlinable @inline(__always)
public func tile4x4(_ work: borrowing TileWork, aRow: Int, aDepth: Int, fused: Bool) {
  let panel = work.bPanel
  var upper = Columns4(work, first: 0)
  var lower = Columns4(work, first: 0, firstRow: 2)
  for round in 0..<work.repeats {
    for segment in 0..<work.segments {
      var a = work.a + (round &* work.aRepeat &+ segment &* work.aSegment)
      var b = work.b + (round &* work.bRepeat &+ segment &* work.bSegment)
      for _ in 0..<work.depth {
        upper.add(Vector(repeating: a[0]), Vector(repeating: a[aRow]), b, panel, fused: fused)
        lower.add(Vector(repeating: a[2 &* aRow]), Vector(repeating: a[3 &* aRow]), b, panel, fused: fused)
        a += aDepth
        b += 1
      }
    }
  }
  if work.rectifies {
    upper.rectify()
    lower.rectify()
  }
  upper.store(work.c, work.cRow, work.cPanel)
  lower.store(work.c + 2 &* work.cRow, work.cRow, work.cPanel)
}

/// Sums of two rows in four panels.
@usableFromInline
struct Columns4 {
  @usableFromInline var left: Columns2
  @usableFromInline var right: Columns2

  @inlinable @inline(__always)
  init(_ work: borrowing TileWork, first: Int, firstRow: Int = 0) {
    left = Columns2(work, first: first, firstRow: firstRow)
    right = Columns2(work, first: first &+ 2, firstRow: firstRow)
  }

  @inlinable @inline(__always)
  mutating func add(_ upper: Vector, _ lower: Vector, _ b: UnsafePointer<Vector>, _ panel: Int, fused: Bool) {
    left.add(upper, lower, b, panel, fused: fused)
    right.add(upper, lower, b + 2 &* panel, panel, fused: fused)
  }

  @_transparent @inlinable
  mutating func rectify() {
    left.rectify()
    right.rectify()
  }

  @inlinable @inline(__always)
  func store(_ c: UnsafeMutablePointer<Float>, _ row: Int, _ panel: Int) {
    left.store(c, row, panel)
    right.store(c + 2 &* panel, row, panel)
  }
}

/// Sums of two rows in two panels.
@usableFromInline
struct Columns2 {
  @usableFromInline var sums: Rows2

  @inlinable @inline(__always)
  init(_ work: borrowing TileWork, first: Int, firstRow: Int = 0) {
    sums = Rows2(work, first: firstRow, firstPanel: first)
  }

  @inlinable @inline(__always)
  mutating func add(_ upper: Vector, _ lower: Vector, _ b: UnsafePointer<Vector>, _ panel: Int, fused: Bool) {
    let x = b[0]
    let y = b[panel]
    sums.upperLeft = multiplyAdd(sums.upperLeft, upper, x, fused: fused)
    sums.lowerLeft = multiplyAdd(sums.lowerLeft, lower, x, fused: fused)
    sums.upperRight = multiplyAdd(sums.upperRight, upper, y, fused: fused)
    sums.lowerRight = multiplyAdd(sums.lowerRight, lower, y, fused: fused)
  }

  @_transparent @inlinable
  mutating func rectify() { sums.rectify() }

  @inlinable @inline(__always)
  func store(_ c: UnsafeMutablePointer<Float>, _ row: Int, _ panel: Int) { sums.store(c, row, panel) }
}
