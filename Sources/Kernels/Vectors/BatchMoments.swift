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
    let sums = MomentSums(chunks: chunks.count, channels: channels)
    let moments = InstructionSet.selected.batchNorm.moments
    if channels > 0 {
      Parallel.forRanges(chunks.count, grain: chunks.grain) { range in
        for chunk in range {
          let pixels = chunks.pixels(chunk)
          moments(pixels.count, channels, x.pointer + pixels.lowerBound * channels, sums.chunk(chunk), false)
        }
      }
    }
    self = sums.moments(samples: x.samples, pixels: x.height * x.width) {
      (chunks.pixels($0).count, chunks.isInLastBlock($0))
    }
  }

  /// The estimate of the variance that the batch was drawn from: n / (n − 1) times its own.
  public var unbiasedVariance: [Float] {
    let factor = count > 1 ? Float(Double(count) / Double(count - 1)) : 1
    return variance.map { $0 * factor }
  }
}

/// Every channel's shifted sums over chunks of a batch, each of pixels of one block; see `shiftedMoments`.
struct MomentSums: @unchecked Sendable {
  private let storage: VectorStorage
  private let chunks: Int
  private let channels: Int

  /// Room for the sums of some chunks.
  init(chunks: Int, channels: Int) {
    (self.chunks, self.channels) = (chunks, channels)
    storage = VectorStorage(count: chunks * 3 * channels)
  }

  /// Where a chunk's sums are: first values, sums of differences, sums of their squares.
  func chunk(_ index: Int) -> UnsafeMutablePointer<Vector> { storage.pointer + index * 3 * channels }

  /// Puts the chunks together in their order, in Double. `chunk` tells a chunk's pixels and whether it is of the last block, whose
  /// lanes beyond the last sample do not count.
  func moments(samples: Int, pixels: Int, chunk: (Int) -> (pixels: Int, isLast: Bool)) -> BatchMoments {
    let count = samples * pixels
    guard count > 0 else {
      let zeros = [Float](repeating: 0, count: channels)
      return BatchMoments(mean: zeros, variance: zeros, count: 0)
    }
    let lanes = samples - 16 * max((samples + 15) / 16 - 1, 0)
    var last = SIMDMask<SIMD16<Double.SIMDMaskScalar>>(repeating: false)
    for lane in 0..<lanes { last[lane] = true }
    let shapes = (0..<chunks).map(chunk)
    var moments = [Float](repeating: 0, count: 2 * channels)
    moments.withUnsafeMutableBufferPointer { moments in
      guard let moments = moments.baseAddress else { return }
      Parallel.forRanges(channels, grain: 32) { range in
        for channel in range {
          (moments[channel], moments[channels + channel]) = together(channel, shapes, last, count: Double(count))
        }
      }
    }
    return BatchMoments(mean: Array(moments[..<channels]), variance: Array(moments[channels...]), count: count)
  }

  /// A channel's mean and variance.
  private func together(
    _ channel: Int, _ shapes: [(pixels: Int, isLast: Bool)], _ last: SIMDMask<SIMD16<Double.SIMDMaskScalar>>,
    count: Double
  ) -> (mean: Float, variance: Float) {
    var total = SIMD16<Double>(repeating: 0)
    for (index, shape) in shapes.enumerated() {
      let part = chunk(index) + channel
      let sum = SIMD16<Double>(part[0]) * Double(shape.pixels) + SIMD16<Double>(part[channels])
      total += shape.isLast ? sum.replacing(with: 0, where: .!last) : sum
    }
    let centre = total.sum() / count
    var squares = SIMD16<Double>(repeating: 0)
    for (index, shape) in shapes.enumerated() {
      let part = chunk(index) + channel
      let pixels = Double(shape.pixels)
      let first = SIMD16<Double>(part[channels])
      let offset = SIMD16<Double>(part[0]) + first / pixels - centre
      let within = SIMD16<Double>(part[2 * channels]) - first * first / pixels
      let sum = within + offset * offset * pixels
      squares += shape.isLast ? sum.replacing(with: 0, where: .!last) : sum
    }
    return (Float(centre), Float(max(0, squares.sum() / count)))
  }
}
