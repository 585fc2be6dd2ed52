/// Transposes 16×16 floats, or fewer rows as four 8×8 blocks, each by three perfect shuffles of its rows: no scalar moves.
@inlinable @inline(__always)
public func transpose16(
  _ rows: Int, _ source: UnsafePointer<Float>, _ sourceStride: Int, _ destination: UnsafeMutablePointer<Float>,
  _ destinationStride: Int
) {
  if rows == 16 { return transposeWhole16(source, sourceStride, destination, destinationStride) }
  var upper = Half16(rows, source, sourceStride, firstColumn: 0)
  upper.transposeQuadrants()
  upper.store(destination, destinationStride)
  var lower = Half16(rows, source, sourceStride, firstColumn: 8)
  lower.transposeQuadrants()
  lower.store(destination + 8 * destinationStride, destinationStride)
}

/// The same for all sixteen rows: sixteen 4×4 blocks, each in 128 bits of a register, where shuffles are cheapest.
@inlinable @inline(__always)
public func transposeWhole16(
  _ source: UnsafePointer<Float>, _ sourceStride: Int, _ destination: UnsafeMutablePointer<Float>,
  _ destinationStride: Int
) {
  for quarter in 0..<4 {
    var columns = FourColumns(source + 4 &* quarter, sourceStride)
    columns.transpose()
    columns.store(destination + 4 &* quarter &* destinationStride, destinationStride)
  }
}

/// Four columns of sixteen rows: rows i, i + 4, i + 8 and i + 12 together, and, transposed, column i.
@usableFromInline
struct FourColumns {
  @usableFromInline var r0: Vector
  @usableFromInline var r1: Vector
  @usableFromInline var r2: Vector
  @usableFromInline var r3: Vector

  @inlinable @inline(__always)
  init(_ source: UnsafePointer<Float>, _ stride: Int) {
    @inline(__always)
    func load(_ row: Int) -> SIMD2<UInt64> {
      UnsafeRawPointer(source + row &* stride).loadUnaligned(as: SIMD2<UInt64>.self)
    }
    @inline(__always)
    func group(_ row: Int) -> Vector {
      vector(
        SIMD8(
          lowHalf: SIMD4(lowHalf: load(row), highHalf: load(row &+ 4)),
          highHalf: SIMD4(lowHalf: load(row &+ 8), highHalf: load(row &+ 12))))
    }
    r0 = group(0)
    r1 = group(1)
    r2 = group(2)
    r3 = group(3)
  }

  /// Interleaves lanes, then pairs of lanes, which are whole numbers of 64 bits: a chain of shuffles of one kind of element is turned
  /// into one of insertions, several times slower.
  @inlinable @inline(__always)
  mutating func transpose() {
    let (low, high) = interleaveFours(r0, r1)
    let (nextLow, nextHigh) = interleaveFours(r2, r3)
    (r0, r1) = interleavePairs(low, nextLow)
    (r2, r3) = interleavePairs(high, nextHigh)
  }

  @inlinable @inline(__always)
  func store(_ destination: UnsafeMutablePointer<Float>, _ stride: Int) {
    storeSum(r0, destination)
    storeSum(r1, destination + stride)
    storeSum(r2, destination + 2 &* stride)
    storeSum(r3, destination + 3 &* stride)
  }
}

/// Lanes as pairs.
@inlinable @inline(__always)
func pairs(_ lanes: Vector) -> SIMD8<UInt64> { unsafeBitCast(lanes, to: SIMD8<UInt64>.self) }

/// Pairs as lanes.
@inlinable @inline(__always)
func vector(_ pairs: SIMD8<UInt64>) -> Vector { unsafeBitCast(pairs, to: Vector.self) }

/// The low and the high half of the perfect shuffle of every four lanes, as pairs: a₀b₀ a₁b₁ a₄b₄ …, and a₂b₂ a₃b₃ a₆b₆ ….
@inlinable @inline(__always)
func interleaveFours(_ a: Vector, _ b: Vector) -> (low: SIMD8<UInt64>, high: SIMD8<UInt64>) {
  let low = Vector(
    a[0], b[0], a[1], b[1], a[4], b[4], a[5], b[5], a[8], b[8], a[9], b[9], a[12], b[12], a[13], b[13])
  let high = Vector(
    a[2], b[2], a[3], b[3], a[6], b[6], a[7], b[7], a[10], b[10], a[11], b[11], a[14], b[14], a[15], b[15])
  return (pairs(low), pairs(high))
}

/// The same of every two pairs: a₀ b₀ a₂ b₂ …, and a₁ b₁ a₃ b₃ ….
@inlinable @inline(__always)
func interleavePairs(_ a: SIMD8<UInt64>, _ b: SIMD8<UInt64>) -> (low: Vector, high: Vector) {
  var low = a
  low.oddHalf = b.evenHalf
  var high = b
  high.evenHalf = a.oddHalf
  return (vector(low), vector(high))
}

/// Packs up to sixteen rows of sixteen elements as `[16][width]`: transposed rows are stored whole, and each covers the
/// excess of the one before it.
@inlinable @inline(__always)
public func packRows(
  _ rows: Int, _ width: Int, _ source: UnsafePointer<Float>, _ sourceStride: Int,
  _ destination: UnsafeMutablePointer<Float>
) {
  if width <= 8 {
    // Half of the transposed rows would be zeros: eight lanes are enough.
    var left = Quadrant(rows, source, sourceStride)
    left.transpose()
    left.store(destination, width)
    var right = Quadrant(rows, source + 8, sourceStride)
    right.transpose()
    right.store(destination + 8 * width, width)
  } else {
    transpose16(rows, source, sourceStride, destination, width)
  }
}

/// Eight columns of sixteen rows: the source of eight transposed rows of sixteen.
@usableFromInline
struct Half16 {
  @usableFromInline var top: Quadrant
  @usableFromInline var bottom: Quadrant

  @inlinable @inline(__always)
  init(_ rows: Int, _ source: UnsafePointer<Float>, _ stride: Int, firstColumn: Int) {
    top = Quadrant(min(rows, 8), source + firstColumn, stride)
    bottom = Quadrant(max(rows - 8, 0), source + firstColumn + 8 * stride, stride)
  }

  @inlinable @inline(__always)
  mutating func transposeQuadrants() {
    top.transpose()
    bottom.transpose()
  }

  /// Row by row, left half before right half: `packRows` relies on the ascending order.
  @inlinable @inline(__always)
  func store(_ destination: UnsafeMutablePointer<Float>, _ stride: Int) {
    pair(top.r0, bottom.r0, destination)
    pair(top.r1, bottom.r1, destination + stride)
    pair(top.r2, bottom.r2, destination + 2 * stride)
    pair(top.r3, bottom.r3, destination + 3 * stride)
    pair(top.r4, bottom.r4, destination + 4 * stride)
    pair(top.r5, bottom.r5, destination + 5 * stride)
    pair(top.r6, bottom.r6, destination + 6 * stride)
    pair(top.r7, bottom.r7, destination + 7 * stride)
  }

  @inlinable @inline(__always)
  func pair(_ left: SIMD8<Float>, _ right: SIMD8<Float>, _ destination: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(destination).storeBytes(of: Vector(lowHalf: left, highHalf: right), as: Vector.self)
  }
}

/// An 8×8 block in registers.
@usableFromInline
struct Quadrant {
  @usableFromInline var r0: SIMD8<Float>
  @usableFromInline var r1: SIMD8<Float>
  @usableFromInline var r2: SIMD8<Float>
  @usableFromInline var r3: SIMD8<Float>
  @usableFromInline var r4: SIMD8<Float>
  @usableFromInline var r5: SIMD8<Float>
  @usableFromInline var r6: SIMD8<Float>
  @usableFromInline var r7: SIMD8<Float>

  /// Loads rows below `rows`; the others are zero.
  @inlinable @inline(__always)
  init(_ rows: Int, _ source: UnsafePointer<Float>, _ stride: Int) {
    @inline(__always)
    func load(_ row: Int) -> SIMD8<Float> {
      row < rows
        ? UnsafeRawPointer(source + row * stride).loadUnaligned(as: SIMD8<Float>.self) : SIMD8(repeating: 0)
    }
    r0 = load(0)
    r1 = load(1)
    r2 = load(2)
    r3 = load(3)
    r4 = load(4)
    r5 = load(5)
    r6 = load(6)
    r7 = load(7)
  }

  /// Three rounds of perfect shuffles: interleaving row i with row i + 4 three times is the transpose.
  @inlinable @inline(__always)
  mutating func transpose() {
    interleaveHalves()
    interleaveHalves()
    interleaveHalves()
  }

  @inlinable @inline(__always)
  mutating func interleaveHalves() {
    let (a0, a1) = interleave(r0, r4)
    let (a2, a3) = interleave(r1, r5)
    let (a4, a5) = interleave(r2, r6)
    let (a6, a7) = interleave(r3, r7)
    r0 = a0
    r1 = a1
    r2 = a2
    r3 = a3
    r4 = a4
    r5 = a5
    r6 = a6
    r7 = a7
  }

  @inlinable @inline(__always)
  func store(_ destination: UnsafeMutablePointer<Float>, _ stride: Int) {
    let rows = UnsafeMutableRawPointer(destination)
    let bytes = 4 * stride
    rows.storeBytes(of: r0, as: SIMD8<Float>.self)
    rows.storeBytes(of: r1, toByteOffset: bytes, as: SIMD8<Float>.self)
    rows.storeBytes(of: r2, toByteOffset: 2 * bytes, as: SIMD8<Float>.self)
    rows.storeBytes(of: r3, toByteOffset: 3 * bytes, as: SIMD8<Float>.self)
    rows.storeBytes(of: r4, toByteOffset: 4 * bytes, as: SIMD8<Float>.self)
    rows.storeBytes(of: r5, toByteOffset: 5 * bytes, as: SIMD8<Float>.self)
    rows.storeBytes(of: r6, toByteOffset: 6 * bytes, as: SIMD8<Float>.self)
    rows.storeBytes(of: r7, toByteOffset: 7 * bytes, as: SIMD8<Float>.self)
  }
}

/// a₀ b₀ a₁ b₁ … : the low and the high half of the perfect shuffle.
@inlinable @inline(__always)
func interleave(_ a: SIMD8<Float>, _ b: SIMD8<Float>) -> (low: SIMD8<Float>, high: SIMD8<Float>) {
  let low = SIMD8(
    a[0], b[0], a[1], b[1], a[2], b[2], a[3], b[3])
  let high = SIMD8(
    a[4], b[4], a[5], b[5], a[6], b[6], a[7], b[7])
  return (low, high)
}
