import MicroKernels

/// −ln N(z; mean, e^logScale) of every sample, in nats, summed over the channels, and its gradients.
public struct GaussianLikelihood: Sendable {
  /// One number a sample.
  public let negative: Activation
  /// ∂/∂z of `weight` · Σ over samples; zero in lanes beyond the last sample.
  public let inputGradient: Activation
  /// ∂/∂mean of the same, one a channel.
  public let meanGradient: [Float]
  /// ∂/∂logScale of the same.
  public let logScaleGradient: [Float]

  /// With a mean and a logarithm of the deviation for every channel of a batch of vectors. Sums run over the blocks in
  /// order, then over the lanes in a fixed order. Cost: one pass.
  public init(_ z: ChannelView, mean: [Float], logScale: [Float], weight: Float) {
    precondition(
      mean.count == z.channels && logScale.count == z.channels && z.activation.height * z.activation.width == 1,
      "likelihood: \(mean.count) means and \(logScale.count) scales for \(z.activation.shape) [\(z.range)]")
    let channels = z.channels
    let scales = (logScale.map { -$0 } as [Float]).exponentials()
    var losses = Activation(uninitialized: z.samples, channels: 1)
    var gradient = Activation(uninitialized: z.samples, channels: channels)
    let (negative, dz) = (losses.mutablePointer(), gradient.mutablePointer())
    let sums = VectorStorage(count: 2 * channels)
    sums.pointer.update(repeating: Vector(repeating: 0), count: 2 * channels)
    let halfLogTwoPi: Float = 0.918_938_5
    for block in 0..<z.blocks {
      let lanes = z.samples - 16 * block
      var mask = Vector(repeating: 1)
      if lanes < 16 { for lane in lanes..<16 { mask[lane] = 0 } }
      // Several sums a sample, so that rounding grows with the root of their length.
      var total = Vector(repeating: 0)
      var part = Vector(repeating: 0)
      for channel in 0..<channels {
        let normal = (z.pointer[block * z.stride + channel] - mean[channel]) * scales[channel]
        part += normal * normal * 0.5 + (logScale[channel] + halfLogTwoPi)
        if channel % 32 == 31 {
          total += part
          part = Vector(repeating: 0)
        }
        let slope = normal * (scales[channel] * weight) * mask
        dz[block * channels + channel] = slope
        sums.pointer[channel] -= slope
        sums.pointer[channels + channel] += (1 - normal * normal) * weight * mask
      }
      negative[block] = total + part
    }
    self.negative = losses
    inputGradient = gradient
    meanGradient = (0..<channels).map { laneSum(sums.pointer[$0]) }
    logScaleGradient = (0..<channels).map { laneSum(sums.pointer[channels + $0]) }
  }
}

extension Array where Element == Float {
  /// eˣ of every element; within 2 ulp.
  public func exponentials() -> [Float] {
    guard !isEmpty else { return [] }
    let storage = VectorStorage(count: (count + 15) / 16)
    storage.pointer.update(repeating: Vector(repeating: 0), count: storage.count)
    let floats = UnsafeMutableRawPointer(storage.pointer).assumingMemoryBound(to: Float.self)
    for index in indices { floats[index] = self[index] }
    InstructionSet.selected.exp(storage.count, UnsafePointer(storage.pointer), storage.pointer)
    return indices.map { floats[$0] }
  }
}
