import Kernels

/// Samples of a source with Gaussian noise on every value, drawn anew in every epoch.
public struct NoisySource<Source: BatchSource>: BatchSource {
  private let source: Source
  private let deviation: Float
  private let seed: UInt64
  private let name: String

  /// `source` with noise of deviation `deviation`, 0 for none. Its streams are called `name` and the epoch.
  public init(_ source: Source, deviation: Float, seed: UInt64, name: String) {
    self.source = source
    self.deviation = deviation
    self.seed = seed
    self.name = name
  }

  /// The class of every sample.
  public var labels: [UInt8] { source.labels }

  /// The samples of the given indices and their noise.
  public func batch(_ indices: [Int], epoch: Int) -> Activation {
    source.batch(indices, epoch: epoch).addingNoise(
      deviation: deviation, indices: indices, from: RandomStream(seed: seed, name: "\(name) of epoch \(epoch)"))
  }
}

extension Activation {
  /// The samples with Gaussian noise on every value, which depends on the stream and a sample's index alone; unchanged
  /// where the deviation is 0. Cost: a Gaussian a value.
  public func addingNoise(deviation: Float, indices: [Int], from stream: RandomStream) -> Activation {
    precondition(indices.count == samples, "noise: \(indices.count) indices for \(samples) samples")
    guard deviation > 0 else { return self }
    let width = valuesPerSample
    var noise = Matrix(rows: samples, columns: width)
    for (row, index) in indices.enumerated() {
      let values = stream.gaussians(count: width, offset: index * width).map { deviation * $0 }
      noise.values.replaceSubrange((row * width)..<((row + 1) * width), with: values)
    }
    return Kernels.add(
      view, Activation(rowsOf: noise).reshaped(height: height, width: self.width, channels: channels).view)
  }
}
