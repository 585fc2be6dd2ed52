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
  for _ in 0..<pixels {
    for channel in 0..<work.channels {
      let value = multiplyAdd(work.shift[channel], work.scale[channel], work.x[offset &+ channel], fused: fused)
      work.y[offset &+ channel] = rectifies ? value.replacing(with: zero, where: value .< zero) : value
    }
    offset &+= work.channels
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
/// x̂ = x·inverseDeviation + normalShift. Four pixels at a time, as in `shiftedMoments`.
@inlinable @inline(__always)
public func batchNormSums(
  _ pixels: Int, _ work: BatchNormWork, _ sums: UnsafeMutablePointer<Vector>, rectifies: Bool, fused: Bool
) {
  let channels = work.channels
  let seconds = sums + channels
  var x = work.x
  var dy = work.dy
  var left = pixels
  while left >= 4 {
    for channel in 0..<channels {
      var first = sums[channel]
      var second = seconds[channel]
      for pixel in 0..<4 {
        addGradient(
          x[pixel &* channels &+ channel], dy[pixel &* channels &+ channel], work, channel, &first, &second,
          rectifies: rectifies, fused: fused)
      }
      sums[channel] = first
      seconds[channel] = second
    }
    x += 4 &* channels
    dy += 4 &* channels
    left -= 4
  }
  while left > 0 {
    for channel in 0..<channels {
      addGradient(
        x[channel], dy[channel], work, channel, &sums[channel], &seconds[channel], rectifies: rectifies, fused: fused)
    }
    x += channels
    dy += channels
    left -= 1
  }
}

/// One value's part of `batchNormSums`.
@inlinable @inline(__always)
func addGradient(
  _ x: Vector, _ dy: Vector, _ work: BatchNormWork, _ channel: Int, _ first: inout Vector, _ second: inout Vector,
  rectifies: Bool, fused: Bool
) {
  let passed = rectifies ? passing(dy, x, work, channel, fused: fused) : dy
  let normal = multiplyAdd(work.normalShift[channel], work.inverseDeviation[channel], x, fused: fused)
  first += passed
  second = multiplyAdd(second, passed, normal, fused: fused)
}

/// dy where the rectifier behind the norm let x pass, else 0.
@inlinable @inline(__always)
func passing(_ dy: Vector, _ x: Vector, _ work: BatchNormWork, _ channel: Int, fused: Bool) -> Vector {
  let zero = Vector(repeating: 0)
  return zero.replacing(
    with: dy, where: multiplyAdd(work.shift[channel], work.scale[channel], x, fused: fused) .> zero)
}

/// dx = scale·dy + (x·slope + offset), dy as in `batchNormSums`, where slope = −normalTerm·inverseDeviation and
/// offset = −meanTerm − normalTerm·normalShift; `y` is written and may be `dy`.
@inlinable @inline(__always)
public func batchNormInputGradient(
  _ pixels: Int, _ work: BatchNormWork, slope: UnsafePointer<Vector>, offset: UnsafePointer<Vector>, rectifies: Bool,
  fused: Bool
) {
  let channels = work.channels
  var place = 0
  for _ in 0..<pixels {
    for channel in 0..<channels {
      let x = work.x[place &+ channel]
      let dy = work.dy[place &+ channel]
      let passed = rectifies ? passing(dy, x, work, channel, fused: fused) : dy
      let rest = multiplyAdd(offset[channel], slope[channel], x, fused: fused)
      work.y[place &+ channel] = multiplyAdd(rest, work.scale[channel], passed, fused: fused)
    }
    place &+= channels
  }
}

/// The arrays of one batch-norm pass; those that it does not read may be any address.
public struct BatchNormWork {
  /// Channels, contiguous in every array.
  public var channels: Int
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
    channels: Int, x: UnsafePointer<Vector>, dy: UnsafePointer<Vector>, y: UnsafeMutablePointer<Vector>,
    scale: UnsafePointer<Vector>, shift: UnsafePointer<Vector>, inverseDeviation: UnsafePointer<Vector>,
    normalShift: UnsafePointer<Vector>
  ) {
    self.channels = channels
    self.x = x
    self.dy = dy
    self.y = y
    self.scale = scale
    self.shift = shift
    self.inverseDeviation = inverseDeviation
    self.normalShift = normalShift
  }
}
