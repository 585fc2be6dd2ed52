// Tiles of many rows × 2 vectors, for 32 registers of 512 bits (AVX-512): 12 rows are 24 sums, and the vectors of B and
// the broadcast take three more. Per k there are 24 multiply-adds for 14 loads.
//
// On machines with fewer or narrower registers they give the same bits, slowly: the tests run them everywhere.

/// 12 rows × 2 vectors.
@inlinable @inline(__always)
public func tile12x2(_ work: borrowing TileWork, aRow: Int, aDepth: Int, fused: Bool) {
  let row = work.cRow
  let panel = work.cPanel
  for tile in 0..<work.tiles {
    let c = work.c + tile &* (12 &* row)
    var top = Rows4(work, first: tile &* 12)
    var middle = Rows4(work, first: tile &* 12 &+ 4)
    var bottom = Rows4(work, first: tile &* 12 &+ 8)
    for round in 0..<work.repeats {
      for segment in 0..<work.segments {
        var a = work.a + (tile &* work.aTile &+ round &* work.aRepeat &+ segment &* work.aSegment)
        var b = work.b + (round &* work.bRepeat &+ segment &* work.bSegment)
        for _ in 0..<work.depth {
          let x = b[0]
          let y = b[work.bPanel]
          top.add(a, aRow, x, y, fused: fused)
          middle.add(a + 4 &* aRow, aRow, x, y, fused: fused)
          bottom.add(a + 8 &* aRow, aRow, x, y, fused: fused)
          a += aDepth
          b += 1
        }
      }
    }
    if work.rectifies {
      top.rectify()
      middle.rectify()
      bottom.rectify()
    }
    top.store(c, row, panel)
    middle.store(c + 4 &* row, row, panel)
    bottom.store(c + 8 &* row, row, panel)
  }
}

/// 10 rows × 2 vectors.
@inlinable @inline(__always)
public func tile10x2(_ work: borrowing TileWork, aRow: Int, aDepth: Int, fused: Bool) {
  let row = work.cRow
  let panel = work.cPanel
  for tile in 0..<work.tiles {
    let c = work.c + tile &* (10 &* row)
    var top = Rows4(work, first: tile &* 10)
    var middle = Rows4(work, first: tile &* 10 &+ 4)
    var bottom = Rows2(work, first: tile &* 10 &+ 8)
    for round in 0..<work.repeats {
      for segment in 0..<work.segments {
        var a = work.a + (tile &* work.aTile &+ round &* work.aRepeat &+ segment &* work.aSegment)
        var b = work.b + (round &* work.bRepeat &+ segment &* work.bSegment)
        for _ in 0..<work.depth {
          let x = b[0]
          let y = b[work.bPanel]
          top.add(a, aRow, x, y, fused: fused)
          middle.add(a + 4 &* aRow, aRow, x, y, fused: fused)
          bottom.add(a + 8 &* aRow, aRow, x, y, fused: fused)
          a += aDepth
          b += 1
        }
      }
    }
    if work.rectifies {
      top.rectify()
      middle.rectify()
      bottom.rectify()
    }
    top.store(c, row, panel)
    middle.store(c + 4 &* row, row, panel)
    bottom.store(c + 8 &* row, row, panel)
  }
}

/// 8 rows × 2 vectors.
@inlinable @inline(__always)
public func tile8x2(_ work: borrowing TileWork, aRow: Int, aDepth: Int, fused: Bool) {
  let row = work.cRow
  let panel = work.cPanel
  for tile in 0..<work.tiles {
    let c = work.c + tile &* (8 &* row)
    var top = Rows4(work, first: tile &* 8)
    var bottom = Rows4(work, first: tile &* 8 &+ 4)
    for round in 0..<work.repeats {
      for segment in 0..<work.segments {
        var a = work.a + (tile &* work.aTile &+ round &* work.aRepeat &+ segment &* work.aSegment)
        var b = work.b + (round &* work.bRepeat &+ segment &* work.bSegment)
        for _ in 0..<work.depth {
          let x = b[0]
          let y = b[work.bPanel]
          top.add(a, aRow, x, y, fused: fused)
          bottom.add(a + 4 &* aRow, aRow, x, y, fused: fused)
          a += aDepth
          b += 1
        }
      }
    }
    if work.rectifies {
      top.rectify()
      bottom.rectify()
    }
    top.store(c, row, panel)
    bottom.store(c + 4 &* row, row, panel)
  }
}

/// 6 rows × 2 vectors.
@inlinable @inline(__always)
public func tile6x2(_ work: borrowing TileWork, aRow: Int, aDepth: Int, fused: Bool) {
  let row = work.cRow
  let panel = work.cPanel
  for tile in 0..<work.tiles {
    let c = work.c + tile &* (6 &* row)
    var top = Rows4(work, first: tile &* 6)
    var bottom = Rows2(work, first: tile &* 6 &+ 4)
    for round in 0..<work.repeats {
      for segment in 0..<work.segments {
        var a = work.a + (tile &* work.aTile &+ round &* work.aRepeat &+ segment &* work.aSegment)
        var b = work.b + (round &* work.bRepeat &+ segment &* work.bSegment)
        for _ in 0..<work.depth {
          let x = b[0]
          let y = b[work.bPanel]
          top.add(a, aRow, x, y, fused: fused)
          bottom.add(a + 4 &* aRow, aRow, x, y, fused: fused)
          a += aDepth
          b += 1
        }
      }
    }
    if work.rectifies {
      top.rectify()
      bottom.rectify()
    }
    top.store(c, row, panel)
    bottom.store(c + 4 &* row, row, panel)
  }
}

// The sums are separate variables, as an array or an indexed tuple would live in memory, grouped so that no function has
// more than a few branches: the inliner gives up on large ones.

/// Sums of four rows in two panels.
@usableFromInline
struct Rows4 {
  @usableFromInline var upper: Rows2
  @usableFromInline var lower: Rows2

  @inlinable @inline(__always)
  init(_ work: borrowing TileWork, first: Int) {
    upper = Rows2(work, first: first)
    lower = Rows2(work, first: first &+ 2)
  }

  @inlinable @inline(__always)
  mutating func add(_ a: UnsafePointer<Float>, _ row: Int, _ x: Vector, _ y: Vector, fused: Bool) {
    upper.add(a, row, x, y, fused: fused)
    lower.add(a + 2 &* row, row, x, y, fused: fused)
  }

  @_transparent @inlinable
  mutating func rectify() {
    upper.rectify()
    lower.rectify()
  }

  @inlinable @inline(__always)
  func store(_ c: UnsafeMutablePointer<Float>, _ row: Int, _ panel: Int) {
    upper.store(c, row, panel)
    lower.store(c + 2 &* row, row, panel)
  }
}

/// Sums of two rows in two panels.
@usableFromInline
struct Rows2 {
  @usableFromInline var upperLeft: Vector
  @usableFromInline var upperRight: Vector
  @usableFromInline var lowerLeft: Vector
  @usableFromInline var lowerRight: Vector

  @inlinable @inline(__always)
  init(_ work: borrowing TileWork, first: Int, firstPanel: Int = 0) {
    switch work.start {
    case .zero:
      upperLeft = Vector(repeating: 0)
      upperRight = upperLeft
      lowerLeft = upperLeft
      lowerRight = upperLeft
    case .output:
      let c = work.c + (first &* work.cRow &+ firstPanel &* work.cPanel)
      upperLeft = loadSum(c)
      upperRight = loadSum(c + work.cPanel)
      lowerLeft = loadSum(c + work.cRow)
      lowerRight = loadSum(c + (work.cRow &+ work.cPanel))
    case .bias:
      upperLeft = Vector(repeating: work.bias[first])
      upperRight = upperLeft
      lowerLeft = Vector(repeating: work.bias[first &+ 1])
      lowerRight = lowerLeft
    }
  }

  @inlinable @inline(__always)
  mutating func add(_ a: UnsafePointer<Float>, _ row: Int, _ x: Vector, _ y: Vector, fused: Bool) {
    upperLeft = multiplyAdd(upperLeft, a[0], x, fused: fused)
    upperRight = multiplyAdd(upperRight, a[0], y, fused: fused)
    lowerLeft = multiplyAdd(lowerLeft, a[row], x, fused: fused)
    lowerRight = multiplyAdd(lowerRight, a[row], y, fused: fused)
  }

  @_transparent @inlinable
  mutating func rectify() {
    upperLeft = rectified(upperLeft)
    upperRight = rectified(upperRight)
    lowerLeft = rectified(lowerLeft)
    lowerRight = rectified(lowerRight)
  }

  @inlinable @inline(__always)
  func store(_ c: UnsafeMutablePointer<Float>, _ row: Int, _ panel: Int) {
    storeSum(upperLeft, c)
    storeSum(upperRight, c + panel)
    storeSum(lowerLeft, c + row)
    storeSum(lowerRight, c + (row &+ panel))
  }
}
