// Batch norm, channels contiguous: every pass walks `pixels` × `channels` vectors in the order of memory, with the
// channels' constants as vectors beside it.

/// Per channel and lane, over a chunk of pixels: the first value x₀, Σ (x − x₀) and Σ (x − x₀)². Taking the differences
/// from a value of the chunk keeps the sum of squares from cancelling where the mean is far from zero.
@inlinable @inline(__always)
public func shiftedMoments(
  _ pixels: Int, _ channels: Int, _ x: UnsafePointer<Vector>, _ sums: UnsafeMutablePointer<Vector>, fused: Bool
) {
  let first = sums + channels
  let second = sums + 2 * channels
  for channel in 0..<channels {
    sums[channel] = x[channel]
    first[channel] = Vector(repeating: 0)
    second[channel] = Vector(repeating: 0)
  }
  var line = x + channels
  for _ in 1..<max(pixels, 1) {
    for channel in 0..<channels {
      let difference = line[channel] - sums[channel]
      first[channel] += difference
      second[channel] = multiplyAdd(second[channel], difference, difference, fused: fused)
    }
    line += channels
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

/// y = max(0, x·scale + shift) for some `columns` of pixels that lie `stride` vectors apart, in y one after another.
@inlinable @inline(__always)
public func rectifyColumns(
  _ pixels: Int, _ columns: Int, _ x: UnsafePointer<Vector>, _ stride: Int, _ scale: UnsafePointer<Vector>,
  _ shift: UnsafePointer<Vector>, _ y: UnsafeMutablePointer<Vector>, fused: Bool
) {
  let zero = Vector(repeating: 0)
  var source = x
  var target = y
  for _ in 0..<pixels {
    for column in 0..<columns {
      let value = multiplyAdd(shift[column], scale[column], source[column], fused: fused)
      target[column] = value.replacing(with: zero, where: value .< zero)
    }
    source += stride
    target += columns
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
/// x̂ = x·inverseDeviation + normalShift.
@inlinable @inline(__always)
public func batchNormSums(
  _ pixels: Int, _ work: BatchNormWork, _ sums: UnsafeMutablePointer<Vector>, rectifies: Bool, fused: Bool
) {
  let zero = Vector(repeating: 0)
  let second = sums + work.channels
  for channel in 0..<work.channels {
    sums[channel] = zero
    second[channel] = zero
  }
  var offset = 0
  for _ in 0..<pixels {
    for channel in 0..<work.channels {
      let x = work.x[offset &+ channel]
      var dy = work.dy[offset &+ channel]
      if rectifies {
        let value = multiplyAdd(work.shift[channel], work.scale[channel], x, fused: fused)
        dy = zero.replacing(with: dy, where: value .> zero)
      }
      let normal = multiplyAdd(work.normalShift[channel], work.inverseDeviation[channel], x, fused: fused)
      sums[channel] += dy
      second[channel] = multiplyAdd(second[channel], dy, normal, fused: fused)
    }
    offset &+= work.channels
  }
}

/// dx = scale·dy − meanTerm − x̂·normalTerm, dy and x̂ as in `batchNormSums`; `y` is written and may be `dy`.
@inlinable @inline(__always)
public func batchNormInputGradient(
  _ pixels: Int, _ work: BatchNormWork, meanTerm: UnsafePointer<Vector>, normalTerm: UnsafePointer<Vector>,
  rectifies: Bool, fused: Bool
) {
  let zero = Vector(repeating: 0)
  var offset = 0
  for _ in 0..<pixels {
    for channel in 0..<work.channels {
      let x = work.x[offset &+ channel]
      var dy = work.dy[offset &+ channel]
      if rectifies {
        let value = multiplyAdd(work.shift[channel], work.scale[channel], x, fused: fused)
        dy = zero.replacing(with: dy, where: value .> zero)
      }
      let normal = multiplyAdd(work.normalShift[channel], work.inverseDeviation[channel], x, fused: fused)
      let centred = multiplyAdd(zero - meanTerm[channel], work.scale[channel], dy, fused: fused)
      work.y[offset &+ channel] = centred - normal * normalTerm[channel]
    }
    offset &+= work.channels
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
