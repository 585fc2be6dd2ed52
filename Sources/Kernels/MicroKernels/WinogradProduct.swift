// The products of Winograd's convolution: 36 small ones, each with weights of its own. One call computes all of them for a few tiles,
// as a product of sixteen inputs is hardly longer than a call.

/// One call: for every place, row tile, panel (a tile of pixels) and row of the row tile
///
///     C[place, panel, row] = Σ_k A[row tile, place, k, row] · B[place, panel, k]
///
/// where A's elements are scalars, its rows adjacent, and B's and C's are vectors, with consecutive k and rows adjacent. Every sum runs
/// over k in ascending order from zero. Distances are in elements.
@frozen
public struct WinogradWork {
  /// Number of row tiles.
  public var rowTiles: Int
  /// Number of products in a sum.
  public var depth: Int
  /// A's first element.
  public var a: UnsafePointer<Float>
  /// Distance between A's row tiles.
  public var aTile: Int
  /// B's first vector.
  public var b: UnsafePointer<Vector>
  /// Distance between B's panels.
  public var bPanel: Int
  /// Distance between B's places.
  public var bPlace: Int
  /// C's first vector.
  public var c: UnsafeMutablePointer<Vector>
  /// Distance between C's panels.
  public var cPanel: Int
  /// Distance between C's places.
  public var cPlace: Int

  /// A description with every field given.
  @inlinable @inline(__always)
  public init(
    rowTiles: Int, depth: Int, a: UnsafePointer<Float>, aTile: Int, b: UnsafePointer<Vector>, bPanel: Int, bPlace: Int,
    c: UnsafeMutablePointer<Vector>, cPanel: Int, cPlace: Int
  ) {
    (self.rowTiles, self.depth, self.a, self.aTile) = (rowTiles, depth, a, aTile)
    (self.b, self.bPanel, self.bPlace) = (b, bPanel, bPlace)
    (self.c, self.cPanel, self.cPlace) = (c, cPanel, cPlace)
  }
}

/// A kernel of such products and its shape.
public struct WinogradTile: Sendable {
  /// Rows of a row tile.
  public let rows: Int
  /// Panels of a call.
  public let panels: Int
  private let function: TileKernel.Function

  /// Groups a kernel, a function on the address of a `WinogradWork`, with its shape.
  public init(rows: Int, panels: Int, function: @escaping TileKernel.Function) {
    self.rows = rows
    self.panels = panels
    self.function = function
  }

  /// Computes the products of one call.
  public func run(_ work: WinogradWork) { withUnsafePointer(to: work) { function(UnsafeRawPointer($0)) } }
}

extension UnsafeRawPointer {
  /// The work that a kernel of Winograd's products was called with.
  @inlinable
  public var winogradWork: WinogradWork {
    @inline(__always) _read { yield assumingMemoryBound(to: WinogradWork.self).pointee }
  }
}

/// 8 rows × 3 panels, for 32 registers of 512 bits (AVX-512): 24 sums; per k 24 multiply-adds for 11 loads.
@inlinable @inline(__always)
public func winogradProduct8x3(_ work: borrowing WinogradWork, fused: Bool) {
  let panel = work.bPanel
  for place in 0..<36 {
    for tile in 0..<work.rowTiles {
      var a = work.a + (tile &* work.aTile &+ place &* (8 &* work.depth))
      var b = work.b + place &* work.bPlace
      var left = EightSums()
      var middle = EightSums()
      var right = EightSums()
      for _ in 0..<work.depth {
        left.add(a, b[0], fused: fused)
        middle.add(a, b[panel], fused: fused)
        right.add(a, b[2 &* panel], fused: fused)
        a += 8
        b += 1
      }
      let c = work.c + (place &* work.cPlace &+ 8 &* tile)
      left.store(c)
      middle.store(c + work.cPanel)
      right.store(c + 2 &* work.cPanel)
    }
  }
}

/// 8 rows × 2 panels.
@inlinable @inline(__always)
public func winogradProduct8x2(_ work: borrowing WinogradWork, fused: Bool) {
  for place in 0..<36 {
    for tile in 0..<work.rowTiles {
      var a = work.a + (tile &* work.aTile &+ place &* (8 &* work.depth))
      var b = work.b + place &* work.bPlace
      var left = EightSums()
      var right = EightSums()
      for _ in 0..<work.depth {
        left.add(a, b[0], fused: fused)
        right.add(a, b[work.bPanel], fused: fused)
        a += 8
        b += 1
      }
      let c = work.c + (place &* work.cPlace &+ 8 &* tile)
      left.store(c)
      right.store(c + work.cPanel)
    }
  }
}

/// 6 rows × 1 panel, for 16 registers of 256 bits.
@inlinable @inline(__always)
public func winogradProduct6x1(_ work: borrowing WinogradWork, fused: Bool) {
  for place in 0..<36 {
    for tile in 0..<work.rowTiles {
      var a = work.a + (tile &* work.aTile &+ place &* (6 &* work.depth))
      var b = work.b + place &* work.bPlace
      var top = TwoSums()
      var middle = TwoSums()
      var bottom = TwoSums()
      for _ in 0..<work.depth {
        top.add(a, b[0], fused: fused)
        middle.add(a + 2, b[0], fused: fused)
        bottom.add(a + 4, b[0], fused: fused)
        a += 6
        b += 1
      }
      let c = work.c + (place &* work.cPlace &+ 6 &* tile)
      top.store(c)
      middle.store(c + 2)
      bottom.store(c + 4)
    }
  }
}

/// Sums of eight rows, as separate variables: an array or an indexed tuple would live in memory.
@usableFromInline
struct EightSums {
  @usableFromInline var top: TwoSums
  @usableFromInline var upper: TwoSums
  @usableFromInline var lower: TwoSums
  @usableFromInline var bottom: TwoSums

  @inlinable @inline(__always)
  init() {
    top = TwoSums()
    upper = TwoSums()
    lower = TwoSums()
    bottom = TwoSums()
  }

  @inlinable @inline(__always)
  mutating func add(_ a: UnsafePointer<Float>, _ b: Vector, fused: Bool) {
    top.add(a, b, fused: fused)
    upper.add(a + 2, b, fused: fused)
    lower.add(a + 4, b, fused: fused)
    bottom.add(a + 6, b, fused: fused)
  }

  @inlinable @inline(__always)
  func store(_ c: UnsafeMutablePointer<Vector>) {
    top.store(c)
    upper.store(c + 2)
    lower.store(c + 4)
    bottom.store(c + 6)
  }
}

/// Sums of two rows.
@usableFromInline
struct TwoSums {
  @usableFromInline var first: Vector
  @usableFromInline var second: Vector

  @inlinable @inline(__always)
  init() {
    first = Vector(repeating: 0)
    second = Vector(repeating: 0)
  }

  @inlinable @inline(__always)
  mutating func add(_ a: UnsafePointer<Float>, _ b: Vector, fused: Bool) {
    first = multiplyAdd(first, a[0], b, fused: fused)
    second = multiplyAdd(second, a[1], b, fused: fused)
  }

  @inlinable @inline(__always)
  func store(_ c: UnsafeMutablePointer<Vector>) {
    c[0] = first
    c[1] = second
  }
}
