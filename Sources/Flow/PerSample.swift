import Kernels

/// One number a sample, such as a log-determinant in nats; lanes are samples, as in an activation.
public struct PerSample: Sendable {
  /// The numbers, as one channel.
  public private(set) var values: Activation

  /// The same number for every sample, and zero in the lanes beyond the last.
  public init(samples: Int, repeating value: Float = 0) {
    values = Activation(samples: samples, channels: 1, repeating: value)
    if value != 0 { values.clearPaddingLanes() }
  }

  /// Every sample's sum over pixels and channels.
  init(summing values: ChannelView) { self.values = sampleSums(values) }

  /// Number of samples.
  public var samples: Int { values.samples }

  /// One sample's number.
  public subscript(sample: Int) -> Float {
    get { values[sample, 0] }
    set { values[sample, 0] = newValue }
  }

  /// Adds sample by sample.
  public static func += (left: inout PerSample, right: PerSample) { left.values.add(right.values) }

  /// The numbers with the opposite sign.
  public static prefix func - (operand: PerSample) -> PerSample {
    var result = operand
    let zero = PerSample(samples: operand.samples)
    result.values = subtract(zero.values.view, operand.values.view)
    return result
  }

  /// The numbers of the first samples.
  func prefix(_ samples: Int) -> PerSample {
    var result = PerSample(samples: 0)
    result.values = values.samples(0..<samples)
    return result
  }

  /// With zero for samples beyond the last.
  func padded(to samples: Int) -> PerSample {
    var result = PerSample(samples: 0)
    result.values = Activation(stacking: [values, Activation(samples: samples - self.samples, channels: 1)])
    return result
  }

  /// The sum over the samples in Double, in their order.
  public var total: Double { (0..<samples).reduce(0) { $0 + Double(self[$1]) } }
}
