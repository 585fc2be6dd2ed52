import Kernels

/// The parameters of batch norm (Ioffe & Szegedy 2015): γ, β, and the running moments that stand in for a batch's where
/// one sample must not depend on another.
public struct BatchNorm: Sendable, Equatable {
  /// γ.
  public var scale: [Float]
  /// β.
  public var shift: [Float]
  /// The running mean of the batches' means.
  public var mean: [Float]
  /// The running mean of the batches' unbiased variances.
  public var variance: [Float]

  /// γ = 1, β = 0, mean 0, variance 1.
  public init(channels: Int) {
    scale = [Float](repeating: 1, count: channels)
    shift = [Float](repeating: 0, count: channels)
    mean = shift
    variance = scale
  }

  /// Normalisation by the running moments.
  var running: BatchNormCoefficients {
    BatchNormCoefficients(scale: scale, shift: shift, mean: mean, variance: variance)
  }

  /// Normalisation by a batch's own moments.
  func coefficients(_ moments: BatchMoments) -> BatchNormCoefficients {
    BatchNormCoefficients(scale: scale, shift: shift, mean: moments.mean, variance: moments.variance)
  }

  /// As a gradient: takes the derivatives of γ and β, and the batch's moments for the running ones to move to.
  mutating func setGradient(
    scale dscale: [Float], shift dshift: [Float], _ moments: BatchMoments, _ accumulation: Accumulation
  ) {
    scale = accumulation == .add ? zip(scale, dscale).map { $0 + $1 } : dscale
    shift = accumulation == .add ? zip(shift, dshift).map { $0 + $1 } : dshift
    mean = moments.mean
    variance = moments.unbiasedVariance
  }

  mutating func visitParameters(prefix: String, _ visit: (Parameter, inout [Float]) -> Void) {
    visit(Parameter(name: prefix + "scale", shape: [scale.count]), &scale)
    visit(Parameter(name: prefix + "shift", shape: [shift.count]), &shift)
    visit(Parameter(name: prefix + "mean", shape: [mean.count], kind: .statistic), &mean)
    visit(Parameter(name: prefix + "variance", shape: [variance.count], kind: .statistic), &variance)
  }
}
