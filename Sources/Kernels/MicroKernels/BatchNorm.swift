// Batch norm, channels contiguous: every pass walks `pixels` × `channels` vectors in the order of memory, with the
// channels' constants as vectors beside it.

/// Per channel and lane, over a chunk of pixels: the first value x₀, Σ (x − x₀) and Σ (x − x₀)². Taking the differences
/// from a value of the chunk keeps the sum of squares from cancelling where the mean is far from zero. `continues` adds more
/// pixels of a chunk to what `sums` holds.
///
/// Four pixels at a time, as loading and storing the sums costs more than adding to them.
@inlinable @inline(__always)
public func shiftedMoments(
  _ pixels: Int, _ channels: Int, _ x: UnsafePointer<Vector>, _ sums: UnsafeMutablePointer<Vector>, continues: Bool,
  fused: Bool
) {
  let firsts = sums + channels
  let seconds = sums + 2 * channels
  var line = x
  var left = pixels
  if !continues {
    for channel in 0..<channels {
      sums[channel] = x[channel]
      firsts[channel] = Vector(repeating: 0)
      seconds[channel] = Vector(repeating: 0)
    }
    line += channels
    left -= 1
  }
  while left >= 4 {
    for channel in 0..<channels {
      let x0 = sums[channel]
      let a = line[channel] - x0
      let b = line[channels &+ channel] - x0
      let c = line[2 &* channels &+ channel] - x0
      let d = line[3 &* channels &+ channel] - x0
      firsts[channel] = firsts[channel] + a + b + c + d
      let first = multiplyAdd(seconds[channel], a, a, fused: fused)
      let second = multiplyAdd(first, b, b, fused: fused)
      let third = multiplyAdd(second, c, c, fused: fused)
      seconds[channel] = multiplyAdd(third, d, d, fused: fused)
    }
    line += 4 &* channels
    left -= 4
  }
  while left > 0 {
    for channel in 0..<channels {
      let difference = line[channel] - sums[channel]
      firsts[channel] += difference
      seconds[channel] = multiplyAdd(seconds[channel], difference, difference, fused: fused)
    }
    line += channels
    left -= 1
  }
}

/// y = max(0, x·scale + shift), or without the rectifier; in place is allowed.
@inlinable @inline(__always)
public func scaleShift(_ pixels: Int, _ work: BatchNormWork, rectifies: Bool, fused: Bool) {
  let zero = Vector(repeating: 0)
  var offset = 0
  var target = 0
  for _ in 0..<pixels {
    for channel in 0..<work.channels {
      let value = multiplyAdd(work.shift[channel], work.scale[channel], work.x[offset &+ channel], fused: fused)
      work.y[target &+ channel] = rectifies ? value.replacing(with: zero, where: value .< zero) : value
    }
    offset &+= work.channels
    target &+= work.yPixel
  }
}

/// y = max(0, x·scale + shift + dy): what `dy` points to is no gradient here but what a residual block adds.
@inlinable @inline(__always)
public func scaleShiftAdd(_ pixels: Int, _ work: BatchNormWork, fused: Bool) {
  let zero = Vector(repeating: 0)
  var offset = 0
  for _ in 0..<pixels {
    for channel in 0..<work.channels {
      let place = offset &+ channel
      let value = multiplyAdd(work.shift[channel], work.scale[channel], work.x[place], fused: fused) + work.dy[place]
      work.y[place] = value.replacing(with: zero, where: value .< zero)
    }
    offset &+= work.channels
  }
}

/// Adds Σ dy and Σ dy·x̂ per channel and lane to `sums`, with dy only where x·scale + shift > 0 if a rectifier followed;
/// x̂ = x·inverseDeviation + normalShift. If it `writes`, y becomes what is behind the rectifier. Four pixels at a time, as in
/// `shiftedMoments`.
@inlinable @inline(__always)
public func batchNormSums(
  _ pixels: Int, _ work: BatchNormWork, _ sums: UnsafeMutablePointer<Vector>, rectifies: Bool, writes: Bool,
  fused: Bool
) {
  let channels = work.channels
  let seconds = sums + channels
  var place = 0
  var left = pixels
  while left > 0 {
    let count = left >= 4 ? 4 : 1
    for channel in 0..<channels {
      let (scale, shift) = (work.scale[channel], work.shift[channel])
      let (inverseDeviation, normalShift) = (work.inverseDeviation[channel], work.normalShift[channel])
      var first = sums[channel]
      var second = seconds[channel]
      var at = place &+ channel
      if count == 4 {
        for _ in 0..<4 {
          addGradient(
            work, at, scale, shift, inverseDeviation, normalShift, &first, &second, rectifies: rectifies,
            writes: writes,
            fused: fused)
          at &+= channels
        }
      } else {
        addGradient(
          work, at, scale, shift, inverseDeviation, normalShift, &first, &second, rectifies: rectifies, writes: writes,
          fused: fused)
      }
      sums[channel] = first
      seconds[channel] = second
    }
    place &+= count &* channels
    left &-= count
  }
}

/// One value's part of `batchNormSums`.
@inlinable @inline(__always)
func addGradient(
  _ work: BatchNormWork, _ at: Int, _ scale: Vector, _ shift: Vector, _ inverseDeviation: Vector,
  _ normalShift: Vector, _ first: inout Vector, _ second: inout Vector, rectifies: Bool, writes: Bool, fused: Bool
) {
  let zero = Vector(repeating: 0)
  let x = work.x[at]
  var dy = work.dy[at]
  if rectifies {
    let value = multiplyAdd(shift, scale, x, fused: fused)
    dy = zero.replacing(with: dy, where: value .> zero)
    if writes { work.y[at] = value.replacing(with: zero, where: value .< zero) }
  }
  let normal = multiplyAdd(normalShift, inverseDeviation, x, fused: fused)
  first += dy
  second = multiplyAdd(second, dy, normal, fused: fused)
}

/// dx = scale·dy + (x·slope + offset), dy as in `batchNormSums`, where slope = −normalTerm·inverseDeviation and
/// offset = −meanTerm − normalTerm·normalShift; `y` is written and may be `dy`. Four pixels at a time: loading the constants takes as
/// long as a pixel.
@inlinable @inline(__always)
public func batchNormInputGradient(
  _ pixels: Int, _ work: BatchNormWork, slope: UnsafePointer<Vector>, offset: UnsafePointer<Vector>, rectifies: Bool,
  fused: Bool
) {
  let channels = work.channels
  var place = 0
  var target = 0
  var left = pixels
  while left > 0 {
    let count = left >= 4 ? 4 : 1
    for channel in 0..<channels {
      let (scale, shift) = (work.scale[channel], work.shift[channel])
      let (slope, offset) = (slope[channel], offset[channel])
      var at = place &+ channel
      var to = target &+ channel
      if count == 4 {
        for _ in 0..<4 {
          writeInputGradient(work, at, to, scale, shift, slope, offset, rectifies: rectifies, fused: fused)
          at &+= channels
          to &+= work.yPixel
        }
      } else {
        writeInputGradient(work, at, to, scale, shift, slope, offset, rectifies: rectifies, fused: fused)
      }
    }
    place &+= count &* channels
    target &+= count &* work.yPixel
    left &-= count
  }
}

/// One value of `batchNormInputGradient`.
@inlinable @inline(__always)
func writeInputGradient(
  _ work: BatchNormWork, _ at: Int, _ target: Int, _ scale: Vector, _ shift: Vector, _ slope: Vector, _ offset: Vector,
  rectifies: Bool, fused: Bool
) {
  let zero = Vector(repeating: 0)
  let x = work.x[at]
  var dy = work.dy[at]
  if rectifies { dy = zero.replacing(with: dy, where: multiplyAdd(shift, scale, x, fused: fused) .> zero) }
  work.y[target] = multiplyAdd(multiplyAdd(offset, slope, x, fused: fused), scale, dy, fused: fused)
}

/// The arrays of one batch-norm pass; those that it does not read may be any address.
public struct BatchNormWork {
  /// Channels, contiguous in every array.
  public var channels: Int
  /// Vectors from one pixel of `y` to the next, for `scaleShift` and `batchNormInputGradient`: more than the channels where pixels are to
  /// lie apart. Everything else has nothing between its pixels.
  public var yPixel: Int
  /// The input.
  public var x: UnsafePointer<Vector>
  /// The output's gradient.
  public var dy: UnsafePointer<Vector>
  /// What is written.
  public var y: UnsafeMutablePointer<Vector>
  /// γ / √(σ² + ε), a channel a vector.
  public var scale: UnsafePointer<Vector>
  /// β − μ·scale.
  public var shift: UnsafePointer<Vector>
  /// 1 / √(σ² + ε).
  public var inverseDeviation: UnsafePointer<Vector>
  /// −μ·inverseDeviation.
  public var normalShift: UnsafePointer<Vector>

  /// Groups the arrays.
  @inlinable @inline(__always)
  public init(
    channels: Int, yPixel: Int, x: UnsafePointer<Vector>, dy: UnsafePointer<Vector>, y: UnsafeMutablePointer<Vector>,
    scale: UnsafePointer<Vector>, shift: UnsafePointer<Vector>, inverseDeviation: UnsafePointer<Vector>,
    normalShift: UnsafePointer<Vector>
  ) {
    self.channels = channels
    self.yPixel = yPixel
    self.x = x
    self.dy = dy
    self.y = y
    self.scale = scale
    self.shift = shift
    self.inverseDeviation = inverseDeviation
    self.normalShift = normalShift
  }
}
