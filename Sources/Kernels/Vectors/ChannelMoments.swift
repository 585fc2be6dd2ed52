import MicroKernels

extension Activation {
  /// Every channel's mean and variance over all samples and pixels, in Double and in two passes. The variance is the mean
  /// of squares, not an estimate. Lanes beyond the last sample are left out. An empty batch gives zeros.
  public func channelMoments() -> (mean: [Double], variance: [Double]) {
    let mean = channelMeans { _, value in value }
    let variance = channelMeans { channel, value in
      let difference = value - mean[channel]
      return difference * difference
    }
    return (mean, variance)
  }

  /// The means over samples and pixels of a function of every value.
  private func channelMeans(_ of: (_ channel: Int, SIMD16<Double>) -> SIMD16<Double>) -> [Double] {
    let pixels = height * width
    let count = max(samples * pixels, 1)
    var totals = [Double](repeating: 0, count: channels)
    for block in 0..<blocks {
      let lanes = min(16, samples - 16 * block)
      for channel in 0..<channels {
        var sum = SIMD16<Double>(repeating: 0)
        for pixel in 0..<pixels {
          sum += of(channel, SIMD16<Double>(pointer[(block * pixels + pixel) * channels + channel]))
        }
        for lane in 0..<lanes { totals[channel] += sum[lane] }
      }
    }
    return totals.map { $0 / Double(count) }
  }
}
