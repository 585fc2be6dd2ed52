// Tiles of a product whose operands both have samples in their lanes, for the weight gradients of convolutions with few
// channels: every lane sums its own samples, so that neither operand has to be transposed, and the lanes are added at the
// end.

/// One call of a lane-sum tile: `rows` × `columns` vectors of sums,
///
///     C[row, column] += Σ_block Σ_line Σ_pixel A[block, line, pixel, row] · B[block, line, pixel, column]
///
/// lane by lane. Rows of A, columns of B and of C are adjacent vectors. Every sum runs over blocks, lines and pixels in ascending
/// order, one multiply-add at a time, whatever the tile's shape. Strides are in vectors.
@frozen
public struct LaneSumWork {
  /// Number of blocks of samples.
  public var blocks: Int
  /// Number of lines of pixels.
  public var lines: Int
  /// Number of pixels in a line.
  public var pixels: Int
  /// A's first vector.
  public var a: UnsafePointer<Vector>
  /// Distance between A's pixels.
  public var aPixel: Int
  /// Distance between A's lines.
  public var aLine: Int
  /// Distance between A's blocks.
  public var aBlock: Int
  /// B's first vector.
  public var b: UnsafePointer<Vector>
  /// Distance between B's pixels.
  public var bPixel: Int
  /// Distance between B's lines.
  public var bLine: Int
  /// Distance between B's blocks.
  public var bBlock: Int
  /// C's first vector; columns are adjacent.
  public var c: UnsafeMutablePointer<Vector>
  /// Distance between C's rows.
  public var cRow: Int

  /// A description with every field given.
  @inlinable @inline(__always)
  public init(
    blocks: Int, lines: Int, pixels: Int, a: UnsafePointer<Vector>, aPixel: Int, aLine: Int, aBlock: Int,
    b: UnsafePointer<Vector>, bPixel: Int, bLine: Int, bBlock: Int, c: UnsafeMutablePointer<Vector>, cRow: Int
  ) {
    self.blocks = blocks
    self.lines = lines
    self.pixels = pixels
    self.a = a
    self.aPixel = aPixel
    self.aLine = aLine
    self.aBlock = aBlock
    self.b = b
    self.bPixel = bPixel
    self.bLine = bLine
    self.bBlock = bBlock
    self.c = c
    self.cRow = cRow
  }
}

/// A lane-sum tile and its shape.
public struct LaneSumKernel: Sendable {
  /// Rows of A and C.
  public let rows: Int
  /// Columns of B and C.
  public let columns: Int
  private let function: TileKernel.Function

  /// Groups a kernel, a function on the address of a `LaneSumWork`, with its shape.
  public init(rows: Int, columns: Int, function: @escaping TileKernel.Function) {
    self.rows = rows
    self.columns = columns
    self.function = function
  }

  /// Computes one tile.
  public func run(_ work: LaneSumWork) { withUnsafePointer(to: work) { function(UnsafeRawPointer($0)) } }
}

extension UnsafeRawPointer {
  /// The work that a lane-sum tile's function was called with.
  @inlinable
  public var laneSumWork: LaneSumWork {
    @inline(__always) _read { yield assumingMemoryBound(to: LaneSumWork.self).pointee }
  }
}

/// 6 rows × 4 columns, for 32 registers of 512 bits (AVX-512): 24 hold sums, and a pixel takes 10 loads for 24 multiply-adds.
@inlinable @inline(__always)
public func laneSum6x4(_ work: borrowing LaneSumWork, fused: Bool) {
  let c = work.c
  let row = work.cRow
  var c0 = LaneSums6(c, row)
  var c1 = LaneSums6(c + 1, row)
  var c2 = LaneSums6(c + 2, row)
  var c3 = LaneSums6(c + 3, row)
  for block in 0..<work.blocks {
    for line in 0..<work.lines {
      var a = work.a + (block &* work.aBlock &+ line &* work.aLine)
      var b = work.b + (block &* work.bBlock &+ line &* work.bLine)
      for _ in 0..<work.pixels {
        c0.add(a, b[0], fused: fused)
        c1.add(a, b[1], fused: fused)
        c2.add(a, b[2], fused: fused)
        c3.add(a, b[3], fused: fused)
        a += work.aPixel
        b += work.bPixel
      }
    }
  }
  c0.store(c, row)
  c1.store(c + 1, row)
  c2.store(c + 2, row)
  c3.store(c + 3, row)
}

/// 3 rows × 4 columns.
@inlinable @inline(__always)
public func laneSum3x4(_ work: borrowing LaneSumWork, fused: Bool) {
  let c = work.c
  let row = work.cRow
  var c0 = LaneSums3(c, row)
  var c1 = LaneSums3(c + 1, row)
  var c2 = LaneSums3(c + 2, row)
  var c3 = LaneSums3(c + 3, row)
  for block in 0..<work.blocks {
    for line in 0..<work.lines {
      var a = work.a + (block &* work.aBlock &+ line &* work.aLine)
      var b = work.b + (block &* work.bBlock &+ line &* work.bLine)
      for _ in 0..<work.pixels {
        c0.add(a, b[0], fused: fused)
        c1.add(a, b[1], fused: fused)
        c2.add(a, b[2], fused: fused)
        c3.add(a, b[3], fused: fused)
        a += work.aPixel
        b += work.bPixel
      }
    }
  }
  c0.store(c, row)
  c1.store(c + 1, row)
  c2.store(c + 2, row)
  c3.store(c + 3, row)
}

/// 6 rows × 1 column: for 16 registers of 256 bits, 12 of which hold sums, and for what is left of the columns.
@inlinable @inline(__always)
public func laneSum6x1(_ work: borrowing LaneSumWork, fused: Bool) {
  var c0 = LaneSums6(work.c, work.cRow)
  for block in 0..<work.blocks {
    for line in 0..<work.lines {
      var a = work.a + (block &* work.aBlock &+ line &* work.aLine)
      var b = work.b + (block &* work.bBlock &+ line &* work.bLine)
      for _ in 0..<work.pixels {
        c0.add(a, b[0], fused: fused)
        a += work.aPixel
        b += work.bPixel
      }
    }
  }
  c0.store(work.c, work.cRow)
}

/// 3 rows × 1 column.
@inlinable @inline(__always)
public func laneSum3x1(_ work: borrowing LaneSumWork, fused: Bool) {
  var c0 = LaneSums3(work.c, work.cRow)
  for block in 0..<work.blocks {
    for line in 0..<work.lines {
      var a = work.a + (block &* work.aBlock &+ line &* work.aLine)
      var b = work.b + (block &* work.bBlock &+ line &* work.bLine)
      for _ in 0..<work.pixels {
        c0.add(a, b[0], fused: fused)
        a += work.aPixel
        b += work.bPixel
      }
    }
  }
  c0.store(work.c, work.cRow)
}

/// Sums of three rows in one column, as separate variables: an array or an indexed tuple would live in memory.
@usableFromInline
struct LaneSums3 {
  @usableFromInline var c0: Vector
  @usableFromInline var c1: Vector
  @usableFromInline var c2: Vector

  @inlinable @inline(__always)
  init(_ c: UnsafeMutablePointer<Vector>, _ row: Int) {
    c0 = c[0]
    c1 = c[row]
    c2 = c[2 &* row]
  }

  @inlinable @inline(__always)
  mutating func add(_ a: UnsafePointer<Vector>, _ b: Vector, fused: Bool) {
    c0 = multiplyAdd(c0, a[0], b, fused: fused)
    c1 = multiplyAdd(c1, a[1], b, fused: fused)
    c2 = multiplyAdd(c2, a[2], b, fused: fused)
  }

  @inlinable @inline(__always)
  func store(_ c: UnsafeMutablePointer<Vector>, _ row: Int) {
    c[0] = c0
    c[row] = c1
    c[2 &* row] = c2
  }
}

/// Sums of six rows in one column.
@usableFromInline
struct LaneSums6 {
  @usableFromInline var upper: LaneSums3
  @usableFromInline var lower: LaneSums3

  @inlinable @inline(__always)
  init(_ c: UnsafeMutablePointer<Vector>, _ row: Int) {
    upper = LaneSums3(c, row)
    lower = LaneSums3(c + 3 &* row, row)
  }

  @inlinable @inline(__always)
  mutating func add(_ a: UnsafePointer<Vector>, _ b: Vector, fused: Bool) {
    upper.add(a, b, fused: fused)
    lower.add(a + 3, b, fused: fused)
  }

  @inlinable @inline(__always)
  func store(_ c: UnsafeMutablePointer<Vector>, _ row: Int) {
    upper.store(c, row)
    lower.store(c + 3 &* row, row)
  }
}
