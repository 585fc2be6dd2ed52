import MicroKernels

/// Mean and biased variance of every channel over a batch's samples and pixels.
public struct BatchMoments: Sendable, Equatable {
  /// μ.
  public let mean: [Float]
  /// σ², the mean of (x − μ)².
  public let variance: [Float]
  /// Values that each is taken over: samples × pixels.
  public let count: Int

  /// Moments that were measured elsewhere.
  public init(mean: [Float], variance: [Float], count: Int) {
    precondition(mean.count == variance.count, "moments: \(mean.count) means and \(variance.count) variances")
    self.mean = mean
    self.variance = variance
    self.count = count
  }

  /// The moments of a batch; lanes beyond the last sample are left out. An empty batch has mean and variance 0.
  ///
  /// Sums are taken over chunks of pixels of one block relative to the chunk's first value, and put together in Double in
  /// a fixed order, so that no number of threads changes a bit; the variance's relative error is about
  /// 64·u·(spread within a chunk / σ)², independent of the mean. Cost: one pass.
  public init(_ x: Activation) {
    let channels = x.channels
    let chunks = PixelChunks(x)
    let sums = VectorStorage(count: chunks.count * 3 * channels)
    let output = Unchecked(sums.pointer)
    let moments = InstructionSet.selected.batchNorm.moments
    if channels > 0 {
      Parallel.forRanges(chunks.count, grain: chunks.grain) { range in
        for chunk in range {
          moments(
            chunks.pixels(chunk).count, channels, x.pointer + chunks.pixels(chunk).lowerBound * channels,
            output.value + chunk * 3 * channels)
        }
      }
    }
    let count = x.samples * x.height * x.width
    var mean = [Float](repeating: 0, count: channels)
    var variance = mean
    let last = chunks.lastLanes
    for channel in 0..<channels where count > 0 {
      var total = SIMD16<Double>(repeating: 0)
      for chunk in 0..<chunks.count {
        let part = sums.pointer + chunk * 3 * channels + channel
        let pixels = Double(chunks.pixels(chunk).count)
        let sum = SIMD16<Double>(part[0]) * pixels + SIMD16<Double>(part[channels])
        total += chunks.isInLastBlock(chunk) ? sum.replacing(with: 0, where: .!last) : sum
      }
      let centre = total.sum() / Double(count)
      var squares = SIMD16<Double>(repeating: 0)
      for chunk in 0..<chunks.count {
        let part = sums.pointer + chunk * 3 * channels + channel
        let pixels = Double(chunks.pixels(chunk).count)
        let first = SIMD16<Double>(part[channels])
        let offset = SIMD16<Double>(part[0]) + first / pixels - centre
        let within = SIMD16<Double>(part[2 * channels]) - first * first / pixels
        let sum = within + offset * offset * pixels
        squares += chunks.isInLastBlock(chunk) ? sum.replacing(with: 0, where: .!last) : sum
      }
      mean[channel] = Float(centre)
      variance[channel] = Float(max(0, squares.sum() / Double(count)))
    }
    self.init(mean: mean, variance: variance, count: count)
  }

  /// The estimate of the variance that the batch was drawn from: n / (n − 1) times its own.
  public var unbiasedVariance: [Float] {
    let factor = count > 1 ? Float(Double(count) / Double(count - 1)) : 1
    return variance.map { $0 * factor }
  }
}

/// What batch norm does to a channel, y = γ·(x − μ)/√(σ² + ε) + β, as constants (Ioffe & Szegedy 2015, algorithm 1).
public struct BatchNormCoefficients: Sendable, Equatable {
  /// γ / √(σ² + ε).
  public let scale: [Float]
  /// β − μ·scale.
  public let shift: [Float]
  let inverseDeviation: [Float]
  let normalShift: [Float]

  /// The constants, computed in Double.
  public init(scale gamma: [Float], shift beta: [Float], mean: [Float], variance: [Float], epsilon: Double = 1e-5) {
    precondition(
      gamma.count == beta.count && mean.count == beta.count && variance.count == beta.count,
      "batch norm: sizes \(gamma.count), \(beta.count), \(mean.count), \(variance.count) differ")
    let inverse = variance.map { 1 / (Double($0) + epsilon).squareRoot() }
    inverseDeviation = inverse.map { Float($0) }
    normalShift = mean.indices.map { Float(-Double(mean[$0]) * inverse[$0]) }
    scale = gamma.indices.map { Float(Double(gamma[$0]) * inverse[$0]) }
    shift = gamma.indices.map { Float(Double(beta[$0]) - Double(mean[$0]) * Double(gamma[$0]) * inverse[$0]) }
  }
}

/// y = x·scale + shift channel by channel, through a rectifier where asked. Cost: one pass.
public func batchNorm(_ x: Activation, _ coefficients: BatchNormCoefficients, rectifies: Bool) -> Activation {
  let kernel = InstructionSet.selected.batchNorm.scaleShift
  return mapPixels(x, beside: x, coefficients) { kernel($0, $1, rectifies) }
}

/// y = max(0, x·scale + shift + other), channel by channel: the end of a residual block (He et al. 2016, equation 1), whose
/// shortcut is `other`. The sum is rounded after the product's. Cost: one pass.
public func batchNorm(_ x: Activation, _ coefficients: BatchNormCoefficients, adding other: ChannelView) -> Activation {
  let shortcut = other.contiguous
  precondition(shortcut.hasShape(of: x), "batch norm: \(shortcut.shape) is to be added to \(x.shape)")
  return mapPixels(x, beside: shortcut, coefficients, InstructionSet.selected.batchNorm.scaleShiftAdd)
}

/// What `kernel` makes of whole pixels of x and of another activation of its shape.
private func mapPixels(
  _ x: Activation, beside other: Activation, _ coefficients: BatchNormCoefficients,
  _ kernel: @Sendable (_ pixels: Int, _ work: BatchNormWork) -> Void
) -> Activation {
  let y = x.uninitializedLike()
  let chunks = PixelChunks(x)
  let output = Unchecked(y.storage.pointer)
  let constants = ChannelConstants(coefficients, channels: x.channels)
  Parallel.forRanges(chunks.count, grain: chunks.grain) { range in
    for chunk in range {
      let pixels = chunks.pixels(chunk)
      let offset = pixels.lowerBound * x.channels
      kernel(pixels.count, constants.work(x.pointer + offset, other.pointer + offset, output.value + offset))
    }
  }
  return y
}

/// What is behind a batch norm and a rectifier, max(0, x·scale + shift) channel by channel, made a piece at a time by who reads
/// it: writing all of it to memory and reading it back takes longer than making it twice.
public struct RectifiedNorm: Sendable {
  let x: Activation
  private let coefficients: BatchNormCoefficients
  private let constants: ChannelConstants

  /// `x` behind the norm with these constants.
  public init(_ x: Activation, _ coefficients: BatchNormCoefficients) {
    self.x = x
    self.coefficients = coefficients
    constants = ChannelConstants(coefficients, channels: x.channels)
  }

  /// All of it. Cost: one pass.
  public var activation: Activation { batchNorm(x, coefficients, rectifies: true) }

  /// Some channels of `pixels` pixels from number `first` of the batch on, pixel by pixel.
  func write(pixels: Int, from first: Int, channels: Range<Int>, to y: UnsafeMutablePointer<Vector>) {
    constants.withScaleShift { scale, shift in
      InstructionSet.selected.batchNorm.rectifyColumns(
        pixels, channels.count, x.pointer + first * x.channels + channels.lowerBound, x.channels,
        scale + channels.lowerBound, shift + channels.lowerBound, y)
    }
  }
}

/// The gradients of batch norm, and of the rectifier behind it, when the moments are the batch's own: given x and ∂L/∂y,
/// ∂L/∂x, ∂L/∂γ and ∂L/∂β. Lanes beyond the last sample must hold dy = 0, and get dx = 0.
///
/// The rectifier's mask is computed from x, so that y need not be kept. Where nobody else holds the output's gradient, it
/// is overwritten. Cost: two passes.
public func batchNormGradients(
  _ x: Activation, _ coefficients: BatchNormCoefficients, outputGradient: consuming Activation, rectifies: Bool
) -> (inputGradient: Activation, scaleGradient: [Float], shiftGradient: [Float]) {
  var dx = outputGradient
  precondition(dx.hasShape(of: x), "batch norm: a gradient of \(dx.shape) for \(x.shape)")
  let held = dx.isUniquelyHeld() ? nil : dx
  if held != nil { dx = x.uninitializedLike() }
  let channels = x.channels
  let chunks = PixelChunks(x)
  let constants = ChannelConstants(coefficients, channels: channels)
  let partial = VectorStorage(count: chunks.count * 2 * channels)
  let sums = Unchecked(partial.pointer)
  let source = Unchecked(held?.pointer ?? dx.pointer)
  let gradient = Unchecked(dx.mutablePointer())
  let kernels = InstructionSet.selected.batchNorm
  Parallel.forRanges(chunks.count, grain: chunks.grain) { range in
    for chunk in range {
      let pixels = chunks.pixels(chunk)
      let offset = pixels.lowerBound * channels
      let work = constants.work(x.pointer + offset, source.value + offset, gradient.value + offset)
      kernels.sums(pixels.count, work, sums.value + chunk * 2 * channels, rectifies)
    }
  }
  // In the order of the chunks.
  let add = InstructionSet.selected.add
  for chunk in 1..<max(chunks.count, 1) {
    add(
      2 * channels, UnsafePointer(partial.pointer), UnsafePointer(partial.pointer + chunk * 2 * channels),
      partial.pointer)
  }
  let dshift = (0..<channels).map { chunks.count > 0 ? laneSum(partial.pointer[$0]) : 0 }
  let dscale = (0..<channels).map { chunks.count > 0 ? laneSum(partial.pointer[channels + $0]) : 0 }
  let count = Float(max(x.samples * x.height * x.width, 1))
  let terms = VectorStorage(count: 2 * channels)
  for channel in 0..<channels {
    terms.pointer[channel] = Vector(repeating: coefficients.scale[channel] * dshift[channel] / count)
    terms.pointer[channels + channel] = Vector(repeating: coefficients.scale[channel] * dscale[channel] / count)
  }
  let means = Unchecked(UnsafePointer(terms.pointer))
  Parallel.forRanges(chunks.count, grain: chunks.grain) { range in
    for chunk in range {
      let pixels = chunks.pixels(chunk)
      let offset = pixels.lowerBound * channels
      let work = constants.work(x.pointer + offset, source.value + offset, gradient.value + offset)
      kernels.inputGradient(pixels.count, work, means.value, means.value + channels, rectifies)
    }
  }
  withExtendedLifetime(held) {}
  dx.clearPaddingLanes()
  return (dx, dscale, dshift)
}

/// A batch in pieces of up to 64 pixels of one block: the unit of work, and of sums, whatever the number of threads.
private struct PixelChunks: Sendable {
  private static let size = 64
  private let perBlock: Int
  private let pixelsPerBlock: Int
  private let blocks: Int
  let lastLanes: SIMDMask<SIMD16<Double.SIMDMaskScalar>>
  /// Chunks in a task: about 16 000 vectors.
  let grain: Int

  init(_ x: Activation) {
    pixelsPerBlock = x.height * x.width
    perBlock = (pixelsPerBlock + Self.size - 1) / Self.size
    blocks = x.blocks
    var lanes = SIMDMask<SIMD16<Double.SIMDMaskScalar>>(repeating: false)
    for lane in 0..<(x.samples - 16 * max(x.blocks - 1, 0)) { lanes[lane] = true }
    lastLanes = lanes
    grain = max(1, 16384 / max(min(pixelsPerBlock, Self.size) * x.channels, 1))
  }

  var count: Int { blocks * perBlock }

  func pixels(_ chunk: Int) -> Range<Int> {
    let block = chunk / perBlock
    let first = chunk % perBlock * Self.size
    return (block * pixelsPerBlock + first)..<(block * pixelsPerBlock + min(first + Self.size, pixelsPerBlock))
  }

  func isInLastBlock(_ chunk: Int) -> Bool { chunk / perBlock == blocks - 1 }
}

/// A channel's constants as vectors.
private struct ChannelConstants: @unchecked Sendable {
  private let storage: VectorStorage
  private let channels: Int

  init(_ coefficients: BatchNormCoefficients, channels: Int) {
    precondition(
      coefficients.scale.count == channels, "batch norm: \(coefficients.scale.count) constants for \(channels) channels"
    )
    self.channels = channels
    storage = VectorStorage(count: 4 * channels)
    let arrays = [
      coefficients.scale, coefficients.shift, coefficients.inverseDeviation, coefficients.normalShift,
    ]
    for (index, array) in arrays.enumerated() {
      for channel in 0..<channels { storage.pointer[index * channels + channel] = Vector(repeating: array[channel]) }
    }
  }

  func withScaleShift(_ body: (_ scale: UnsafePointer<Vector>, _ shift: UnsafePointer<Vector>) -> Void) {
    body(storage.pointer, storage.pointer + channels)
  }

  func work(
    _ x: UnsafePointer<Vector>, _ dy: UnsafePointer<Vector>, _ y: UnsafeMutablePointer<Vector>
  ) -> BatchNormWork {
    let constants = UnsafePointer(storage.pointer)
    return BatchNormWork(
      channels: channels, x: x, dy: dy, y: y, scale: constants, shift: constants + channels,
      inverseDeviation: constants + 2 * channels, normalShift: constants + 3 * channels)
  }
}
