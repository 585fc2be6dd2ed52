/// The scalar of the engine: sixteen lanes, which are sixteen samples of the batch (or sixteen columns of a matrix).
public typealias Vector = SIMD16<Float>

/// What a register tile starts its sums from.
@frozen
public enum TileStart: Sendable {
  /// Zero.
  case zero
  /// The values that the output holds: the tile continues a sum.
  case output
  /// `bias[row]` in every lane.
  case bias
}

/// One call of a micro-kernel: a register tile of `rows` × `panels` vectors,
///
///     C[row, panel] = start + Σ_repeat Σ_segment Σ_k A[repeat, segment, row, k] · B[repeat, segment, panel, k]
///
/// where A's elements are scalars, broadcast, and B's and C's are vectors.
///
/// Every sum runs over repeats, segments and k in ascending order, one fused multiply-add at a time, so that a result depends
/// neither on the tile's shape nor on how the work was blocked or shared between threads.
/// `tiles` such tiles are computed one after another, each with the next rows of A and C and the same B, as setting up a call
/// costs as much as a dozen products; tiles for few rows compute one.
/// All strides are in elements: of `Float` for A and C, of `Vector` for B.
@frozen
public struct TileWork {
  /// Number of tiles, one below the other.
  public var tiles: Int
  /// Distance between A's tiles.
  public var aTile: Int
  /// Number of times that the segments come again, elsewhere: a convolution's weight gradient has one an image row.
  public var repeats: Int
  /// Number of stretches over which B is contiguous; a convolution has one a kernel row, a matrix product one.
  public var segments: Int
  /// Number of products in a segment.
  public var depth: Int
  /// A's first element.
  public var a: UnsafePointer<Float>
  /// Distance between rows of A that is not packed.
  public var aRow: Int
  /// Distance between A's segments.
  public var aSegment: Int
  /// Distance between A's repeats.
  public var aRepeat: Int
  /// B's first vector; consecutive k are adjacent.
  public var b: UnsafePointer<Vector>
  /// Distance between B's panels.
  public var bPanel: Int
  /// Distance between B's segments.
  public var bSegment: Int
  /// Distance between B's repeats.
  public var bRepeat: Int
  /// C's first element; the sixteen lanes are adjacent.
  public var c: UnsafeMutablePointer<Float>
  /// Distance between C's rows.
  public var cRow: Int
  /// Distance between C's panels.
  public var cPanel: Int
  /// Where the sums start.
  public var start: TileStart
  /// What the sums start from for `.bias`, one a row.
  public var bias: UnsafePointer<Float>
  /// Whether to store max(0, sum) instead of the sum.
  public var rectifies: Bool

  /// A description with every field given; A must have as many readable rows as the tile.
  @inlinable @inline(__always)
  public init(
    tiles: Int = 1, aTile: Int = 0, repeats: Int = 1, segments: Int = 1, depth: Int, a: UnsafePointer<Float>, aRow: Int,
    aSegment: Int = 0,
    aRepeat: Int = 0, b: UnsafePointer<Vector>, bPanel: Int, bSegment: Int = 0, bRepeat: Int = 0,
    c: UnsafeMutablePointer<Float>, cRow: Int, cPanel: Int,
    start: TileStart, bias: UnsafePointer<Float>, rectifies: Bool
  ) {
    self.tiles = tiles
    self.aTile = aTile
    self.repeats = repeats
    self.segments = segments
    self.depth = depth
    self.a = a
    self.aRow = aRow
    self.aSegment = aSegment
    self.aRepeat = aRepeat
    self.b = b
    self.bPanel = bPanel
    self.bSegment = bSegment
    self.bRepeat = bRepeat
    self.c = c
    self.cRow = cRow
    self.cPanel = cPanel
    self.start = start
    self.bias = bias
    self.rectifies = rectifies
  }
}

/// A micro-kernel and the shape of its register tile.
public struct TileKernel: Sendable {
  /// A pointer to a function on the address of a `TileWork`: a closure would be retained and released at every call,
  /// which cost two per cent of a product.
  public typealias Function = @convention(c) (_ work: UnsafeRawPointer) -> Void

  /// Rows of A (and C) in the tile.
  public let rows: Int
  /// Vectors of B (and C) in the tile.
  public let panels: Int
  /// Computes one tile from A as it lies in `[row][k]`: consecutive k adjacent, rows `aRow` apart.
  /// Overwrites C; reads it first only for `.output`.
  public let rowsFunction: Function
  /// Computes one tile from A packed as `[k][row]`, with exactly the tile's rows. A loop of its own: with the distances
  /// known, it needs one address register where the other needs six.
  public let packedFunction: Function

  /// Groups a tile's two loops with its shape.
  public init(rows: Int, panels: Int, rowsFunction: @escaping Function, packedFunction: @escaping Function) {
    self.rows = rows
    self.panels = panels
    self.rowsFunction = rowsFunction
    self.packedFunction = packedFunction
  }

  /// Runs one tile.
  @inlinable @inline(__always)
  public func run(_ work: TileWork, isPacked: Bool) {
    let function = isPacked ? packedFunction : rowsFunction
    withUnsafePointer(to: work) { function(UnsafeRawPointer($0)) }
  }
}

/// The register tiles of one width of registers.
public struct TileSet: Sendable {
  /// Tiles for many rows, all of the same number of panels, in descending order of rows.
  public let tall: [TileKernel]
  /// Tiles of the same rows and one panel, for an odd number of panels; empty where tall ones have one.
  public let tallSingle: [TileKernel]
  /// Tiles for products of few rows, in ascending order of rows, then descending order of panels.
  public let thin: [TileKernel]
  /// Lane-sum tiles of 6 and of 3 rows, in descending order of columns: the last ones of one column.
  public let laneSums: [LaneSumKernel]
  /// Tiles of a weight gradient's sums by minimal filtering, in descending order of channels: the last one has one of either.
  public let thinWinograd: [ThinWinogradTile]

  /// A set; `tall`, `laneSums` and `thinWinograd` must not be empty.
  public init(
    tall: [TileKernel], tallSingle: [TileKernel], thin: [TileKernel], laneSums: [LaneSumKernel],
    thinWinograd: [ThinWinogradTile]
  ) {
    self.tall = tall
    self.tallSingle = tallSingle
    self.thin = thin
    self.laneSums = laneSums
    self.thinWinograd = thinWinograd
  }
}

/// What one sum starts from; see `TileStart`.
@inlinable @inline(__always)
func startingSum(_ work: borrowing TileWork, row: Int, panel: Int = 0) -> Vector {
  switch work.start {
  case .zero: return Vector(repeating: 0)
  case .output: return loadSum(work.c + (row &* work.cRow &+ panel &* work.cPanel))
  case .bias: return Vector(repeating: work.bias[row])
  }
}

/// Sixteen lanes of C.
@inlinable @inline(__always)
func loadSum(_ c: UnsafeMutablePointer<Float>) -> Vector { UnsafeRawPointer(c).loadUnaligned(as: Vector.self) }

/// Sixteen lanes of C.
@inlinable @inline(__always)
func storeSum(_ sum: Vector, _ c: UnsafeMutablePointer<Float>) {
  UnsafeMutableRawPointer(c).storeBytes(of: sum, as: Vector.self)
}

/// max(0, sum); NaN stays.
@_transparent @inlinable
func rectified(_ sum: Vector) -> Vector {
  let zero = Vector(repeating: 0)
  return sum.replacing(with: zero, where: sum .< zero)
}

extension UnsafeRawPointer {
  /// The work that a tile's function was called with.
  @inlinable
  public var tileWork: TileWork {
    @inline(__always) _read { yield assumingMemoryBound(to: TileWork.self).pointee }
  }
}
