/// Transposes 16×16 floats as four 8×8 blocks, each by three perfect shuffles of its rows: no scalar moves.
@inlinable @inline(__always)
public func transpose16(
  _ rows: Int, _ source: UnsafePointer<Float>, _ sourceStride: Int, _ destination: UnsafeMutablePointer<Float>,
  _ destinationStride: Int
) {
  var upper = Half16(rows, source, sourceStride, firstColumn: 0)
  upper.transposeQuadrants()
  upper.store(destination, destinationStride)
  var lower = Half16(rows, source, sourceStride, firstColumn: 8)
  lower.transposeQuadrants()
  lower.store(destination + 8 * destinationStride, destinationStride)
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
