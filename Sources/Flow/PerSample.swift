import Kernels

/// One number a sample, such as a log-determinant in nats; lanes are samples, as in an activation.
public struct PerSample: Sendable {
  /// The numbers, as one channel.
  public private(set) var values: Activation

  /// The same number for every sample.
  public init(samples: Int, repeating value: Float = 0) {
    values = Activation(samples: samples, channels: 1, repeating: value)
  }

  /// Number of samples.
  public var samples: Int { values.samples }

  /// One sample's number.
  public subscript(sample: Int) -> Float {
    get { values[sample, 0] }
    set { values[sample, 0] = newValue }
  }

  /// Adds sample by sample.
  public static func += (left: inout PerSample, right: PerSample) { left.values.add(right.values) }
}
