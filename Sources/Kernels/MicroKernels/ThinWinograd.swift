// The weight gradient of a 3×3 convolution at stride 1 by minimal filtering, F(3×3, 2×2) (Winograd 1980; Lavin & Gray 2016), lane by
// lane: neither operand is transposed.
//
// One operand, the thick one, is cut into tiles of 2×2 pixels; around each lies a patch of 4×4 pixels of the other, the thin one. In one
// dimension, for a tile y and its patch d, the three sums g[t] = Σ_i d[t + i]·y[i] take four products instead of six:
//
//     v = (d0 − d2, d1 + d2, d2 − d1, d3 − d1)      m = (y0, y0 + y1, y0 − y1, y1)      s = v·m, one by one
//     g = (s0 + h, (s1 − s2) / 2, h + s3)           h = (s1 + s2) / 2
//
// In two, it is that for rows and columns: sixteen products instead of thirty-six. The last line is linear, so it comes once, after all
// tiles' products are summed: 16 multiply-adds a tile and 12 additions a thick channel of it, besides the patches'.

/// One call of a tile of sums: for some thin and some thick channels
///
///     S[thick, thin, product] += Σ_tile V[tile, thin, product] · M[tile, thick, product]
///
/// lane by lane, for the sixteen products, four rows of four. Every sum runs over the tiles in ascending order, one multiply-add at a
/// time, whatever the shape. Distances are in vectors.
@frozen
public struct ThinWinogradWork {
  /// Number of tiles.
  public var tiles: Int
  /// The patches, transformed: for each thin channel four adjacent vectors.
  public var patches: UnsafePointer<Vector>
  /// Distance between the patches of tiles.
  public var patchTile: Int
  /// Distance between the rows of patches.
  public var patchRow: Int
  /// The tiles of the thick operand, one after the other: two pixels of the upper row, two of the lower one, channels being adjacent.
  public var pixels: UnsafePointer<Vector>
  /// Distance between pixels. Where it divides a page, or is a multiple, a channel's pixels drive each other out of the first-level
  /// cache.
  public var pixel: Int
  /// The sums, sixteen adjacent ones for a thick and a thin channel; thin channels are adjacent.
  public var sums: UnsafeMutablePointer<Vector>
  /// Distance between the sums of thick channels.
  public var sumsThick: Int
  /// Zero, which the compiler does not know; see `ThinWinogradFactors`.
  public var zero: UInt32

  /// A description with every field given.
  @inlinable @inline(__always)
  public init(
    tiles: Int, patches: UnsafePointer<Vector>, patchTile: Int, patchRow: Int, pixels: UnsafePointer<Vector>,
    pixel: Int, sums: UnsafeMutablePointer<Vector>, sumsThick: Int
  ) {
    self.tiles = tiles
    self.patches = patches
    self.patchTile = patchTile
    self.patchRow = patchRow
    self.pixels = pixels
    self.pixel = pixel
    self.sums = sums
    self.sumsThick = sumsThick
    zero = 0
  }
}

/// A tile of sums and its shape.
public struct ThinWinogradTile: Sendable {
  /// Thin channels.
  public let thin: Int
  /// Thick channels.
  public let thick: Int
  private let function: TileKernel.Function

  /// Groups a kernel, a function on the address of a `ThinWinogradWork`, with its shape.
  public init(thin: Int, thick: Int, function: @escaping TileKernel.Function) {
    self.thin = thin
    self.thick = thick
    self.function = function
  }

  /// Adds the products of some tiles.
  public func add(_ work: ThinWinogradWork) { withUnsafePointer(to: work) { function(UnsafeRawPointer($0)) } }
}

extension UnsafeRawPointer {
  /// The work that a function of sums was called with.
  @inlinable
  public var thinWinogradWork: ThinWinogradWork {
    @inline(__always) _read { yield assumingMemoryBound(to: ThinWinogradWork.self).pointee }
  }
}

/// What a row of the products takes of the two rows of a tile.
@usableFromInline
enum ThinWinogradRow {
  case upper
  case sum
  case difference
  case lower
}

/// 2 thin × 2 thick channels, for 32 registers of 512 bits: 16 hold the sums of a row of products, which a tile adds to by 16
/// multiply-adds for 12 or 16 loads.
@inlinable @inline(__always)
public func thinWinograd2x2(_ work: borrowing ThinWinogradWork, fused: Bool) {
  thinWinogradRow2x2(work, .upper, 0, fused: fused)
  thinWinogradRow2x2(work, .sum, 1, fused: fused)
  thinWinogradRow2x2(work, .difference, 2, fused: fused)
  thinWinogradRow2x2(work, .lower, 3, fused: fused)
}

@inlinable @inline(__always)
func thinWinogradRow2x2(
  _ work: borrowing ThinWinogradWork, _ row: ThinWinogradRow, _ number: Int, fused: Bool
) {
  let sums = work.sums + 4 &* number
  let next = sums + work.sumsThick
  let zero = SIMD16<UInt32>(repeating: work.zero)
  var s00 = ThinWinogradSums(sums)
  var s10 = ThinWinogradSums(sums + 16)
  var s01 = ThinWinogradSums(next)
  var s11 = ThinWinogradSums(next + 16)
  var patch = work.patches + number &* work.patchRow
  var pixels = work.pixels
  for _ in 0..<work.tiles {
    let m0 = ThinWinogradFactors(pixels, work.pixel, row, zero)
    let m1 = ThinWinogradFactors(pixels + 1, work.pixel, row, zero)
    s00.add(patch, m0, fused: fused)
    s01.add(patch, m1, fused: fused)
    s10.add(patch + 4, m0, fused: fused)
    s11.add(patch + 4, m1, fused: fused)
    patch += work.patchTile
    pixels += 4 &* work.pixel
  }
  s00.store(sums)
  s10.store(sums + 16)
  s01.store(next)
  s11.store(next + 16)
}

/// 1 thin × 1 thick channel: for 16 registers of 256 bits, 8 of which hold sums, and for what is left.
@inlinable @inline(__always)
public func thinWinograd1x1(_ work: borrowing ThinWinogradWork, fused: Bool) {
  thinWinogradRow1x1(work, .upper, 0, fused: fused)
  thinWinogradRow1x1(work, .sum, 1, fused: fused)
  thinWinogradRow1x1(work, .difference, 2, fused: fused)
  thinWinogradRow1x1(work, .lower, 3, fused: fused)
}

@inlinable @inline(__always)
func thinWinogradRow1x1(
  _ work: borrowing ThinWinogradWork, _ row: ThinWinogradRow, _ number: Int, fused: Bool
) {
  let sums = work.sums + 4 &* number
  let zero = SIMD16<UInt32>(repeating: work.zero)
  var s = ThinWinogradSums(sums)
  var patch = work.patches + number &* work.patchRow
  var pixels = work.pixels
  for _ in 0..<work.tiles {
    s.add(patch, ThinWinogradFactors(pixels, work.pixel, row, zero), fused: fused)
    patch += work.patchTile
    pixels += 4 &* work.pixel
  }
  s.store(sums)
}

/// The four sums of a row for one thin and one thick channel, as separate variables: an array or an indexed tuple would live in memory.
@usableFromInline
struct ThinWinogradSums {
  @usableFromInline var c0: Vector
  @usableFromInline var c1: Vector
  @usableFromInline var c2: Vector
  @usableFromInline var c3: Vector

  @inlinable @inline(__always)
  init(_ sums: UnsafeMutablePointer<Vector>) {
    c0 = sums[0]
    c1 = sums[1]
    c2 = sums[2]
    c3 = sums[3]
  }

  @inlinable @inline(__always)
  mutating func add(_ patch: UnsafePointer<Vector>, _ m: ThinWinogradFactors, fused: Bool) {
    c0 = multiplyAdd(c0, patch[0], m.c0, fused: fused)
    c1 = multiplyAdd(c1, patch[1], m.c1, fused: fused)
    c2 = multiplyAdd(c2, patch[2], m.c2, fused: fused)
    c3 = multiplyAdd(c3, patch[3], m.c3, fused: fused)
  }

  @inlinable @inline(__always)
  func store(_ sums: UnsafeMutablePointer<Vector>) {
    sums[0] = c0
    sums[1] = c1
    sums[2] = c2
    sums[3] = c3
  }
}

/// A row of a tile of the thick operand, transformed.
///
/// To the optimiser a vector's sum is sixteen scalar ones that it puts together again; of sums of sums it made other vectors than these,
/// three times slower. An operation that it does not see through stands between them.
@usableFromInline
struct ThinWinogradFactors {
  @usableFromInline let c0: Vector
  @usableFromInline let c1: Vector
  @usableFromInline let c2: Vector
  @usableFromInline let c3: Vector

  @inlinable @inline(__always)
  init(_ pixels: UnsafePointer<Vector>, _ pixel: Int, _ row: ThinWinogradRow, _ zero: SIMD16<UInt32>) {
    switch row {
    case .upper: (c0, c3) = (pixels[0], pixels[pixel])
    case .sum: (c0, c3) = (pixels[0] + pixels[2 &* pixel], pixels[pixel] + pixels[3 &* pixel])
    case .difference: (c0, c3) = (pixels[0] - pixels[2 &* pixel], pixels[pixel] - pixels[3 &* pixel])
    case .lower: (c0, c3) = (pixels[2 &* pixel], pixels[3 &* pixel])
    }
    let right = unsafeBitCast(unsafeBitCast(c3, to: SIMD16<UInt32>.self) ^ zero, to: Vector.self)
    c1 = c0 + right
    c2 = c0 - right
  }
}

/// The patches of adjacent tiles of one thin channel.
@frozen
public struct ThinWinogradPatchWork {
  /// Number of tiles.
  public var tiles: Int
  /// The image row above the tiles.
  public var row: Int
  /// The image column before the first.
  public var column: Int
  /// Rows of the image.
  public var height: Int
  /// Pixels of a row.
  public var width: Int
  /// The image's first pixel.
  public var image: UnsafePointer<Vector>
  /// Distance between pixels.
  public var pixel: Int
  /// Where a tile's transformed patch goes, `[row]` of four adjacent vectors.
  public var patches: UnsafeMutablePointer<Vector>
  /// Distance between the patches of tiles.
  public var patchTile: Int
  /// Distance between the rows of a patch.
  public var patchRow: Int

  /// A description with every field given.
  @inlinable @inline(__always)
  public init(
    tiles: Int, row: Int, column: Int, height: Int, width: Int, image: UnsafePointer<Vector>, pixel: Int,
    patches: UnsafeMutablePointer<Vector>, patchTile: Int, patchRow: Int
  ) {
    self.tiles = tiles
    self.row = row
    self.column = column
    self.height = height
    self.width = width
    self.image = image
    self.pixel = pixel
    self.patches = patches
    self.patchTile = patchTile
    self.patchRow = patchRow
  }

  /// Four pixels of a column, transformed; zeros lie around the image.
  @inlinable @inline(__always)
  func transformedColumn(_ column: Int) -> (Vector, Vector, Vector, Vector) {
    let (d0, d1) = (at(row, column), at(row &+ 1, column))
    let (d2, d3) = (at(row &+ 2, column), at(row &+ 3, column))
    return (d0 - d2, d1 + d2, d2 - d1, d3 - d1)
  }

  @inlinable @inline(__always)
  func at(_ row: Int, _ column: Int) -> Vector {
    row >= 0 && row < height && column >= 0 && column < width
      ? image[(row &* width &+ column) &* pixel] : Vector(repeating: 0)
  }
}

/// Transforms patches: 24 additions a patch, as neighbours share two columns.
@inlinable @inline(__always)
public func thinWinogradPatches(_ work: ThinWinogradPatchWork) {
  var left = work.transformedColumn(work.column)
  var middle = work.transformedColumn(work.column &+ 1)
  var target = work.patches
  for tile in 0..<work.tiles {
    let right = work.transformedColumn(work.column &+ 2 &* tile &+ 2)
    let last = work.transformedColumn(work.column &+ 2 &* tile &+ 3)
    writePatchRow(left.0, middle.0, right.0, last.0, target)
    writePatchRow(left.1, middle.1, right.1, last.1, target + work.patchRow)
    writePatchRow(left.2, middle.2, right.2, last.2, target + 2 &* work.patchRow)
    writePatchRow(left.3, middle.3, right.3, last.3, target + 3 &* work.patchRow)
    left = right
    middle = last
    target += work.patchTile
  }
}

@inlinable @inline(__always)
func writePatchRow(_ d0: Vector, _ d1: Vector, _ d2: Vector, _ d3: Vector, _ target: UnsafeMutablePointer<Vector>) {
  target[0] = d0 - d2
  target[1] = d1 + d2
  target[2] = d2 - d1
  target[3] = d3 - d1
}

/// The nine taps' sums of up to sixteen thick channels and a thin one, from those of the products: `taps[tap][16]` of
/// `sums[channel][16]`, channels being `sumsThick` vectors apart. Rows are put together before columns.
@inlinable @inline(__always)
public func thinWinogradTaps(
  _ channels: Int, _ sums: UnsafePointer<Vector>, _ sumsThick: Int, _ taps: UnsafeMutablePointer<Vector>
) {
  for channel in 0..<channels {
    let s = sums + sumsThick &* channel
    let column0 = threeSums(s[0], s[4], s[8], s[12])
    let column1 = threeSums(s[1], s[5], s[9], s[13])
    let column2 = threeSums(s[2], s[6], s[10], s[14])
    let column3 = threeSums(s[3], s[7], s[11], s[15])
    let upper = threeSums(column0.0, column1.0, column2.0, column3.0)
    let middle = threeSums(column0.1, column1.1, column2.1, column3.1)
    let lower = threeSums(column0.2, column1.2, column2.2, column3.2)
    let target = taps + channel
    (target[0], target[16], target[32]) = upper
    (target[48], target[64], target[80]) = middle
    (target[96], target[112], target[128]) = lower
  }
}

/// The three sums of one dimension from the four of products.
@inlinable @inline(__always)
func threeSums(_ s0: Vector, _ s1: Vector, _ s2: Vector, _ s3: Vector) -> (Vector, Vector, Vector) {
  let half = (s1 + s2) * 0.5
  return (s0 + half, (s1 - s2) * 0.5, half + s3)
}

/// The sum of sixteen vectors as `laneSum` adds lanes: halves onto halves. Overwrites them; the sum is in the first.
@inlinable @inline(__always)
public func addHalves(_ vectors: UnsafeMutablePointer<Vector>) {
  var half = 8
  while half > 0 {
    for index in 0..<half { vectors[index] += vectors[index &+ half] }
    half /= 2
  }
}

/// What a weight gradient by minimal filtering takes besides the tiles of sums.
public struct ThinWinogradKernels: Sendable {
  /// See `thinWinogradPatches`.
  public let patches: @Sendable (_ work: ThinWinogradPatchWork) -> Void
  /// See `thinWinogradTaps`.
  public let taps:
    @Sendable (
      _ channels: Int, _ sums: UnsafePointer<Vector>, _ sumsThick: Int, _ taps: UnsafeMutablePointer<Vector>
    ) -> Void
  /// See `addHalves`.
  public let addHalves: @Sendable (_ vectors: UnsafeMutablePointer<Vector>) -> Void

  /// All of them.
  public init(
    patches: @escaping @Sendable (ThinWinogradPatchWork) -> Void,
    taps: @escaping @Sendable (Int, UnsafePointer<Vector>, Int, UnsafeMutablePointer<Vector>) -> Void,
    addHalves: @escaping @Sendable (UnsafeMutablePointer<Vector>) -> Void
  ) {
    self.patches = patches
    self.taps = taps
    self.addHalves = addHalves
  }
}
