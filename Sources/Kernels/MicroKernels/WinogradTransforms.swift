// The transforms of Winograd's minimal filtering F(4×4, 3×3) (Winograd 1980; Lavin & Gray 2016, sections 4.1 and 4.3), at the points
// 0, 1, −1, 2, −2 and ∞, lane by lane:
//
//     y = Aᵀ[(G w Gᵀ) ⊙ (Bᵀ d B)]A        w 3×3, d a patch of 6×6 pixels, y a tile of 4×4
//
// A patch's 36 values do not fit the registers, so two rows of a product are made at a time, from values that are read again: that
// takes fewer cycles than writing all of it and reading it back.

/// Bᵀ d B of a patch, vector by vector: `pixels` has the addresses of the first pixel of its six rows, whose pixels are `pixel` vectors
/// apart, and place (i, j) of the result goes to `target[(6·i + j)·stride + vector]`. 144 additions and multiply-adds a vector.
@inlinable @inline(__always)
public func winogradInput(
  _ count: Int, _ rows: UnsafePointer<UnsafePointer<Vector>>, _ pixel: Int, _ target: UnsafeMutablePointer<Vector>,
  _ stride: Int, fused: Bool
) {
  // Read before the loop: what is stored in it could be addresses, for all that the compiler knows.
  var patch = PatchRows(rows, pixel)
  var y = target
  for _ in 0..<count {
    outerRows(patch.row0, patch.row2, patch.row4, pixel, fused: fused).storeInput(y, stride, fused: fused)
    var pair = patch.near(fused: fused)
    pair.plus.storeInput(y + 6 &* stride, stride, fused: fused)
    pair.minus.storeInput(y + 12 &* stride, stride, fused: fused)
    pair = patch.far(fused: fused)
    pair.plus.storeInput(y + 18 &* stride, stride, fused: fused)
    pair.minus.storeInput(y + 24 &* stride, stride, fused: fused)
    outerRows(patch.row1, patch.row3, patch.row5, pixel, fused: fused)
      .storeInput(y + 30 &* stride, stride, fused: fused)
    patch.advance()
    y += 1
  }
}

/// Aᵀ m A of the sums m, whose place (i, j) is `sums[(6·i + j)·stride + channel]`, plus the channel's bias if there are any, through a
/// rectifier where asked. `pixels` has the addresses of the tile's 16 pixels row by row. 100 additions and multiply-adds a channel.
@inlinable @inline(__always)
public func winogradOutput(
  _ channels: Int, _ sums: UnsafePointer<Vector>, _ stride: Int,
  _ pixels: UnsafePointer<UnsafeMutablePointer<Vector>>, _ bias: UnsafePointer<Float>?, rectifies: Bool, fused: Bool
) {
  for channel in 0..<channels {
    let start = Vector(repeating: bias.map { $0[channel] } ?? 0)
    storeRows(sums + channel, stride, pixels, channel, start, areOdd: false, rectifies: rectifies, fused: fused)
    storeRows(sums + channel, stride, pixels, channel, start, areOdd: true, rectifies: rectifies, fused: fused)
  }
}

/// The same, eight channels at a time, for each rows 0 and 2 before 1 and 3. Where pixels are a multiple of 4096 bytes apart, all sixteen
/// of a channel would fight for one set of the first-level cache (64 channels: 190 cycles a channel, and 120 so; else 110 and 120).
@inlinable @inline(__always)
public func winogradOutputInHalves(
  _ channels: Int, _ sums: UnsafePointer<Vector>, _ stride: Int,
  _ pixels: UnsafePointer<UnsafeMutablePointer<Vector>>, _ bias: UnsafePointer<Float>?, rectifies: Bool, fused: Bool
) {
  var first = 0
  while first < channels {
    let end = min(first &+ 8, channels)
    for channel in first..<end {
      let start = Vector(repeating: bias.map { $0[channel] } ?? 0)
      storeRows(sums + channel, stride, pixels, channel, start, areOdd: false, rectifies: rectifies, fused: fused)
    }
    for channel in first..<end {
      let start = Vector(repeating: bias.map { $0[channel] } ?? 0)
      storeRows(sums + channel, stride, pixels, channel, start, areOdd: true, rectifies: rectifies, fused: fused)
    }
    first = end
  }
}

/// Rows 0 and 2 of a tile, or 1 and 3, of one channel.
@_transparent @inlinable
func storeRows(
  _ m: UnsafePointer<Vector>, _ stride: Int, _ pixels: UnsafePointer<UnsafeMutablePointer<Vector>>, _ channel: Int,
  _ start: Vector, areOdd: Bool, rectifies: Bool, fused: Bool
) {
  let row = 6 &* stride
  let pairs = SixPairs(
    rowPair(m, row, areOdd: areOdd, fused: fused), rowPair(m + stride, row, areOdd: areOdd, fused: fused),
    rowPair(m + 2 &* stride, row, areOdd: areOdd, fused: fused),
    rowPair(m + 3 &* stride, row, areOdd: areOdd, fused: fused),
    rowPair(m + 4 &* stride, row, areOdd: areOdd, fused: fused),
    rowPair(m + 5 &* stride, row, areOdd: areOdd, fused: fused))
  let first = pixels + (areOdd ? 4 : 0)
  pairs.plus.storeOutput(first, channel, start, rectifies: rectifies, fused: fused)
  pairs.minus.storeOutput(first + 8, channel, start, rectifies: rectifies, fused: fused)
}

/// Two rows of Aᵀm in one column.
@_transparent @inlinable
func rowPair(_ m: UnsafePointer<Vector>, _ row: Int, areOdd: Bool, fused: Bool) -> TwoVectors {
  areOdd ? oddRows(m, row, fused: fused) : evenRows(m, row, fused: fused)
}

/// A y Aᵀ of a tile's output gradient, channel by channel: `rows` has the addresses of the first pixel of its four rows, and place (i, j)
/// of the result goes to `target[(6·i + j)·stride + vector]`. 80 additions and multiply-adds a vector.
@inlinable @inline(__always)
public func winogradOutputGradient(
  _ count: Int, _ rows: UnsafePointer<UnsafePointer<Vector>>, _ pixel: Int, _ target: UnsafeMutablePointer<Vector>,
  _ stride: Int, fused: Bool
) {
  var (y0, y1, y2, y3) = (rows[0], rows[1], rows[2], rows[3])
  var y = target
  for _ in 0..<count {
    Four(y0[0], y0[pixel], y0[2 &* pixel], y0[3 &* pixel]).storeGradient(y, stride, fused: fused)
    let near = FourPairs(
      gradientNear(y0[0], y1[0], y2[0], y3[0]), gradientNear(y0[pixel], y1[pixel], y2[pixel], y3[pixel]),
      gradientNear(y0[2 &* pixel], y1[2 &* pixel], y2[2 &* pixel], y3[2 &* pixel]),
      gradientNear(y0[3 &* pixel], y1[3 &* pixel], y2[3 &* pixel], y3[3 &* pixel]))
    near.plus.storeGradient(y + 6 &* stride, stride, fused: fused)
    near.minus.storeGradient(y + 12 &* stride, stride, fused: fused)
    let far = FourPairs(
      gradientFar(y0[0], y1[0], y2[0], y3[0], fused: fused),
      gradientFar(y0[pixel], y1[pixel], y2[pixel], y3[pixel], fused: fused),
      gradientFar(y0[2 &* pixel], y1[2 &* pixel], y2[2 &* pixel], y3[2 &* pixel], fused: fused),
      gradientFar(y0[3 &* pixel], y1[3 &* pixel], y2[3 &* pixel], y3[3 &* pixel], fused: fused))
    far.plus.storeGradient(y + 18 &* stride, stride, fused: fused)
    far.minus.storeGradient(y + 24 &* stride, stride, fused: fused)
    Four(y3[0], y3[pixel], y3[2 &* pixel], y3[3 &* pixel]).storeGradient(y + 30 &* stride, stride, fused: fused)
    y0 += 1
    y1 += 1
    y2 += 1
    y3 += 1
    y += 1
  }
}

/// G w Gᵀ of some kernels: tap (i, j) of kernel number k is `taps[(3·i + j)·tapStride + k]`, and place (i, j) of the result
/// goes to `target[(6·i + j)·stride + k]`; all in vectors, with kernels in lanes. If it `flips`, taps are taken in reverse.
@inlinable @inline(__always)
public func winogradWeight(
  _ count: Int, _ taps: UnsafePointer<Vector>, _ tapStride: Int, flips: Bool, _ target: UnsafeMutablePointer<Vector>,
  _ stride: Int, fused: Bool
) {
  let step = flips ? 0 &- tapStride : tapStride
  for kernel in 0..<count {
    let w = taps + ((flips ? 8 &* tapStride : 0) &+ kernel)
    let y = target + kernel
    for j in 0..<3 {
      // A column of G w, to where columns 0 to 2 of the result go.
      let column = w + (j &* step)
      Three(column[0], column[3 &* step], column[6 &* step]).storeWeight(y + (j &* stride), 6 &* stride, fused: fused)
    }
    for i in 0..<6 {
      let row = y + (6 &* i &* stride)
      Three(row[0], row[stride], row[2 &* stride]).storeWeight(row, stride, fused: fused)
    }
  }
}

/// Gᵀ s G of some sums: place (i, j) of kernel number k is `sums[(6·i + j)·stride + k]`, and tap (i, j) of the result goes to
/// `taps[(3·i + j)·tapStride + k]`; all in vectors, with kernels in lanes.
@inlinable @inline(__always)
public func winogradWeightGradient(
  _ count: Int, _ sums: UnsafePointer<Vector>, _ stride: Int, _ taps: UnsafeMutablePointer<Vector>, _ tapStride: Int,
  fused: Bool
) {
  for kernel in 0..<count {
    let s = sums + kernel
    let row = 6 &* stride
    let a = weightTaps(s, row, fused: fused)
    let b = weightTaps(s + stride, row, fused: fused)
    let c = weightTaps(s + 2 &* stride, row, fused: fused)
    let d = weightTaps(s + 3 &* stride, row, fused: fused)
    let e = weightTaps(s + 4 &* stride, row, fused: fused)
    let f = weightTaps(s + 5 &* stride, row, fused: fused)
    let y = taps + kernel
    Six(a.a, b.a, c.a, d.a, e.a, f.a).storeTaps(y, tapStride, fused: fused)
    Six(a.b, b.b, c.b, d.b, e.b, f.b).storeTaps(y + 3 &* tapStride, tapStride, fused: fused)
    Six(a.c, b.c, c.c, d.c, e.c, f.c).storeTaps(y + 6 &* tapStride, tapStride, fused: fused)
  }
}

/// Gᵀs in one column of the sums, whose rows are `row` apart.
@inlinable @inline(__always)
func weightTaps(_ s: UnsafePointer<Vector>, _ row: Int, fused: Bool) -> Three {
  Six(s[0], s[row], s[2 &* row], s[3 &* row], s[4 &* row], s[5 &* row]).taps(fused: fused)
}

/// A patch's rows, at one vector.
@usableFromInline
struct PatchRows {
  @usableFromInline var row0: UnsafePointer<Vector>
  @usableFromInline var row1: UnsafePointer<Vector>
  @usableFromInline var row2: UnsafePointer<Vector>
  @usableFromInline var row3: UnsafePointer<Vector>
  @usableFromInline var row4: UnsafePointer<Vector>
  @usableFromInline var row5: UnsafePointer<Vector>
  @usableFromInline let pixel: Int

  @inlinable @inline(__always)
  init(_ rows: UnsafePointer<UnsafePointer<Vector>>, _ pixel: Int) {
    (row0, row1, row2) = (rows[0], rows[1], rows[2])
    (row3, row4, row5) = (rows[3], rows[4], rows[5])
    self.pixel = pixel
  }

  @inlinable @inline(__always)
  mutating func advance() {
    row0 += 1
    row1 += 1
    row2 += 1
    row3 += 1
    row4 += 1
    row5 += 1
  }

  /// Rows 1 and 2 of Bᵀd.
  @inlinable @inline(__always)
  func near(fused: Bool) -> SixPairs {
    SixPairs(
      nearSums(row1[0], row2[0], row3[0], row4[0], fused: fused), near(pixel, fused: fused),
      near(2 &* pixel, fused: fused), near(3 &* pixel, fused: fused), near(4 &* pixel, fused: fused),
      near(5 &* pixel, fused: fused))
  }

  @inlinable @inline(__always)
  func near(_ at: Int, fused: Bool) -> TwoVectors { nearSums(row1[at], row2[at], row3[at], row4[at], fused: fused) }

  /// Rows 3 and 4 of Bᵀd.
  @inlinable @inline(__always)
  func far(fused: Bool) -> SixPairs {
    SixPairs(
      farSums(row1[0], row2[0], row3[0], row4[0], fused: fused), far(pixel, fused: fused),
      far(2 &* pixel, fused: fused), far(3 &* pixel, fused: fused), far(4 &* pixel, fused: fused),
      far(5 &* pixel, fused: fused))
  }

  @inlinable @inline(__always)
  func far(_ at: Int, fused: Bool) -> TwoVectors { farSums(row1[at], row2[at], row3[at], row4[at], fused: fused) }
}

/// The first or the last row of Bᵀd, from three rows of the patch.
@inlinable @inline(__always)
func outerRows(
  _ a: UnsafePointer<Vector>, _ b: UnsafePointer<Vector>, _ c: UnsafePointer<Vector>, _ pixel: Int, fused: Bool
) -> Six {
  Six(
    outerSum(a[0], b[0], c[0], fused: fused), outerSum(a[pixel], b[pixel], c[pixel], fused: fused),
    outerSum(a[2 &* pixel], b[2 &* pixel], c[2 &* pixel], fused: fused),
    outerSum(a[3 &* pixel], b[3 &* pixel], c[3 &* pixel], fused: fused),
    outerSum(a[4 &* pixel], b[4 &* pixel], c[4 &* pixel], fused: fused),
    outerSum(a[5 &* pixel], b[5 &* pixel], c[5 &* pixel], fused: fused))
}

/// 4a − 5b + c: the first and the last row of Bᵀ.
@inlinable @inline(__always)
func outerSum(_ a: Vector, _ b: Vector, _ c: Vector, fused: Bool) -> Vector {
  multiplyAdd(multiplyAdd(c, -5, b, fused: fused), 4, a, fused: fused)
}

/// (d₄ − 4d₂) ± (d₃ − 4d₁): rows 1 and 2 of Bᵀ.
@inlinable @inline(__always)
func nearSums(_ d1: Vector, _ d2: Vector, _ d3: Vector, _ d4: Vector, fused: Bool) -> TwoVectors {
  let even = multiplyAdd(d4, -4, d2, fused: fused)
  let odd = multiplyAdd(d3, -4, d1, fused: fused)
  return TwoVectors(even + odd, even - odd)
}

/// (d₄ − d₂) ± 2(d₃ − d₁): rows 3 and 4 of Bᵀ.
@inlinable @inline(__always)
func farSums(_ d1: Vector, _ d2: Vector, _ d3: Vector, _ d4: Vector, fused: Bool) -> TwoVectors {
  let even = d4 - d2
  let odd = d3 - d1
  return TwoVectors(multiplyAdd(even, 2, odd, fused: fused), multiplyAdd(even, -2, odd, fused: fused))
}

/// Rows 0 and 2 of Aᵀm in one column of the sums, whose rows are `row` apart.
@inlinable @inline(__always)
func evenRows(_ m: UnsafePointer<Vector>, _ row: Int, fused: Bool) -> TwoVectors {
  let near = m[row] + m[2 &* row]
  let far = m[3 &* row] + m[4 &* row]
  return TwoVectors(m[0] + near + far, multiplyAdd(near, 4, far, fused: fused))
}

/// Rows 1 and 3 of Aᵀm in one column.
@inlinable @inline(__always)
func oddRows(_ m: UnsafePointer<Vector>, _ row: Int, fused: Bool) -> TwoVectors {
  let near = m[row] - m[2 &* row]
  let far = m[3 &* row] - m[4 &* row]
  return TwoVectors(
    multiplyAdd(near, 2, far, fused: fused), multiplyAdd(near, 8, far, fused: fused) + m[5 &* row])
}

/// (y₀ + y₂) ± (y₁ + y₃): rows 1 and 2 of A.
@inlinable @inline(__always)
func gradientNear(_ y0: Vector, _ y1: Vector, _ y2: Vector, _ y3: Vector) -> TwoVectors {
  let even = y0 + y2
  let odd = y1 + y3
  return TwoVectors(even + odd, even - odd)
}

/// (y₀ + 4y₂) ± 2(y₁ + 4y₃): rows 3 and 4 of A.
@inlinable @inline(__always)
func gradientFar(_ y0: Vector, _ y1: Vector, _ y2: Vector, _ y3: Vector, fused: Bool) -> TwoVectors {
  let even = multiplyAdd(y0, 4, y2, fused: fused)
  let odd = multiplyAdd(y1, 4, y3, fused: fused)
  return TwoVectors(multiplyAdd(even, 2, odd, fused: fused), multiplyAdd(even, -2, odd, fused: fused))
}

/// Two vectors.
@usableFromInline
struct TwoVectors {
  @usableFromInline var plus: Vector
  @usableFromInline var minus: Vector

  @inlinable @inline(__always)
  init(_ plus: Vector, _ minus: Vector) {
    self.plus = plus
    self.minus = minus
  }
}

/// Two rows of six.
@usableFromInline
struct SixPairs {
  @usableFromInline var plus: Six
  @usableFromInline var minus: Six

  @inlinable @inline(__always)
  init(_ a: TwoVectors, _ b: TwoVectors, _ c: TwoVectors, _ d: TwoVectors, _ e: TwoVectors, _ f: TwoVectors) {
    plus = Six(a.plus, b.plus, c.plus, d.plus, e.plus, f.plus)
    minus = Six(a.minus, b.minus, c.minus, d.minus, e.minus, f.minus)
  }
}

/// Two rows of four.
@usableFromInline
struct FourPairs {
  @usableFromInline var plus: Four
  @usableFromInline var minus: Four

  @inlinable @inline(__always)
  init(_ a: TwoVectors, _ b: TwoVectors, _ c: TwoVectors, _ d: TwoVectors) {
    plus = Four(a.plus, b.plus, c.plus, d.plus)
    minus = Four(a.minus, b.minus, c.minus, d.minus)
  }
}

/// Three taps.
@usableFromInline
struct Three {
  @usableFromInline var a: Vector
  @usableFromInline var b: Vector
  @usableFromInline var c: Vector

  @inlinable @inline(__always)
  init(_ a: Vector, _ b: Vector, _ c: Vector) {
    self.a = a
    self.b = b
    self.c = c
  }

  /// Stores G times them.
  @inlinable @inline(__always)
  func storeWeight(_ y: UnsafeMutablePointer<Vector>, _ stride: Int, fused: Bool) {
    let sixth: Float = 1 / 6
    let near = (a + c) * -sixth
    let far = multiplyAdd(a * (sixth / 4), sixth, c, fused: fused)
    y[0] = a * 0.25
    y[stride] = multiplyAdd(near, -sixth, b, fused: fused)
    y[2 &* stride] = multiplyAdd(near, sixth, b, fused: fused)
    y[3 &* stride] = multiplyAdd(far, sixth / 2, b, fused: fused)
    y[4 &* stride] = multiplyAdd(far, -sixth / 2, b, fused: fused)
    y[5 &* stride] = c
  }
}

/// Four pixels.
@usableFromInline
struct Four {
  @usableFromInline var a: Vector
  @usableFromInline var b: Vector
  @usableFromInline var c: Vector
  @usableFromInline var d: Vector

  @inlinable @inline(__always)
  init(_ a: Vector, _ b: Vector, _ c: Vector, _ d: Vector) {
    self.a = a
    self.b = b
    self.c = c
    self.d = d
  }

  /// Stores A times them.
  @inlinable @inline(__always)
  func storeGradient(_ y: UnsafeMutablePointer<Vector>, _ stride: Int, fused: Bool) {
    let near = gradientNear(a, b, c, d)
    let far = gradientFar(a, b, c, d, fused: fused)
    y[0] = a
    y[stride] = near.plus
    y[2 &* stride] = near.minus
    y[3 &* stride] = far.plus
    y[4 &* stride] = far.minus
    y[5 &* stride] = d
  }
}

/// Six values, as separate variables: an array or an indexed tuple would live in memory.
@usableFromInline
struct Six {
  @usableFromInline var a: Vector
  @usableFromInline var b: Vector
  @usableFromInline var c: Vector
  @usableFromInline var d: Vector
  @usableFromInline var e: Vector
  @usableFromInline var f: Vector

  @inlinable @inline(__always)
  init(_ a: Vector, _ b: Vector, _ c: Vector, _ d: Vector, _ e: Vector, _ f: Vector) {
    self.a = a
    self.b = b
    self.c = c
    self.d = d
    self.e = e
    self.f = f
  }

  /// Gᵀ times them.
  @inlinable @inline(__always)
  func taps(fused: Bool) -> Three {
    let sixth: Float = 1 / 6
    let near = (b + c) * -sixth
    let far = d + e
    return Three(
      multiplyAdd(multiplyAdd(near, sixth / 4, far, fused: fused), 0.25, a, fused: fused),
      multiplyAdd((c - b) * sixth, sixth / 2, d - e, fused: fused), multiplyAdd(near, sixth, far, fused: fused) + f)
  }

  /// Stores Gᵀ times them.
  @inlinable @inline(__always)
  func storeTaps(_ y: UnsafeMutablePointer<Vector>, _ stride: Int, fused: Bool) {
    let taps = taps(fused: fused)
    y[0] = taps.a
    y[stride] = taps.b
    y[2 &* stride] = taps.c
  }

  /// Stores Bᵀ times them.
  @inlinable @inline(__always)
  func storeInput(_ y: UnsafeMutablePointer<Vector>, _ stride: Int, fused: Bool) {
    let near = nearSums(b, c, d, e, fused: fused)
    let far = farSums(b, c, d, e, fused: fused)
    y[0] = outerSum(a, c, e, fused: fused)
    y[stride] = near.plus
    y[2 &* stride] = near.minus
    y[3 &* stride] = far.plus
    y[4 &* stride] = far.minus
    y[5 &* stride] = outerSum(b, d, f, fused: fused)
  }

  /// Stores Aᵀ times them, as four pixels of a channel.
  @inlinable @inline(__always)
  func storeOutput(
    _ pixels: UnsafePointer<UnsafeMutablePointer<Vector>>, _ channel: Int, _ start: Vector, rectifies: Bool,
    fused: Bool
  ) {
    let even = TwoVectors(b + c, d + e)
    let odd = TwoVectors(b - c, d - e)
    let y0 = start + a + even.plus + even.minus
    let y1 = start + multiplyAdd(odd.plus, 2, odd.minus, fused: fused)
    let y2 = start + multiplyAdd(even.plus, 4, even.minus, fused: fused)
    let y3 = start + multiplyAdd(odd.plus, 8, odd.minus, fused: fused) + f
    pixels[0][channel] = rectifies ? rectified(y0) : y0
    pixels[1][channel] = rectifies ? rectified(y1) : y1
    pixels[2][channel] = rectifies ? rectified(y2) : y2
    pixels[3][channel] = rectifies ? rectified(y3) : y3
  }
}
