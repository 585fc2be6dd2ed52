extension Reference {
  /// Every channel's mean and biased variance, in Double and in two passes; see `BatchMoments`.
  public static func batchNormMoments(_ x: Activation) -> (mean: [Double], variance: [Double]) {
    let count = Double(max(x.samples * x.height * x.width, 1))
    var mean = [Double](repeating: 0, count: x.channels)
    var variance = mean
    forEachPlace(x) { sample, row, column, channel in mean[channel] += Double(x[sample, row, column, channel]) / count }
    forEachPlace(x) { sample, row, column, channel in
      let difference = Double(x[sample, row, column, channel]) - mean[channel]
      variance[channel] += difference * difference / count
    }
    return (mean, variance)
  }

  /// y = x·scale + shift channel by channel, to the bit; see `batchNorm`.
  public static func batchNorm(_ x: Activation, _ coefficients: BatchNormCoefficients, rectifies: Bool) -> Activation {
    var y = x
    forEachPlace(x) { sample, row, column, channel in
      let value = multiplyAdd(coefficients.shift[channel], coefficients.scale[channel], x[sample, row, column, channel])
      y[sample, row, column, channel] = rectifies && value < 0 ? 0 : value
    }
    return y
  }

  /// y = max(0, x·scale + shift + other), to the bit; see `batchNorm`.
  public static func batchNorm(
    _ x: Activation, _ coefficients: BatchNormCoefficients, adding other: Activation
  ) -> Activation {
    var y = batchNorm(x, coefficients, rectifies: false)
    forEachPlace(x) { sample, row, column, channel in
      y[sample, row, column, channel] = max(0, y[sample, row, column, channel] + other[sample, row, column, channel])
    }
    return y
  }

  /// The gradients of batch norm in Double from the closed formula: with x̂ = (x − μ)/√(σ² + ε) and means over samples and
  /// pixels, dβ = Σ dy, dγ = Σ dy·x̂ and dx = γ/√(σ² + ε)·(dy − mean(dy) − x̂·mean(dy·x̂)) (Ioffe & Szegedy 2015, section
  /// 3). The rectifier's mask is that of `batchNorm`, to the bit. dx is in the order `[sample][y][x][channel]`.
  public static func batchNormGradients(
    _ x: Activation, scale gamma: [Float], shift beta: [Float], _ moments: BatchMoments, epsilon: Double = 1e-5,
    outputGradient: Activation, rectifies: Bool
  ) -> (inputGradient: [Double], scaleGradient: [Double], shiftGradient: [Double]) {
    let coefficients = BatchNormCoefficients(
      scale: gamma, shift: beta, mean: moments.mean, variance: moments.variance, epsilon: epsilon)
    let y = batchNorm(x, coefficients, rectifies: rectifies)
    let deviation = moments.variance.map { (Double($0) + epsilon).squareRoot() }
    func normal(_ sample: Int, _ row: Int, _ column: Int, _ channel: Int) -> Double {
      (Double(x[sample, row, column, channel]) - Double(moments.mean[channel])) / deviation[channel]
    }
    func gradient(_ sample: Int, _ row: Int, _ column: Int, _ channel: Int) -> Double {
      rectifies && y[sample, row, column, channel] <= 0 ? 0 : Double(outputGradient[sample, row, column, channel])
    }
    var dscale = [Double](repeating: 0, count: x.channels)
    var dshift = dscale
    forEachPlace(x) { sample, row, column, channel in
      let dy = gradient(sample, row, column, channel)
      dscale[channel] += dy * normal(sample, row, column, channel)
      dshift[channel] += dy
    }
    let count = Double(max(x.samples * x.height * x.width, 1))
    var dx: [Double] = []
    dx.reserveCapacity(x.samples * x.valuesPerSample)
    forEachPlace(x) { sample, row, column, channel in
      let centred = gradient(sample, row, column, channel) - dshift[channel] / count
      let projected = centred - normal(sample, row, column, channel) * dscale[channel] / count
      dx.append(Double(gamma[channel]) / deviation[channel] * projected)
    }
    return (dx, dscale, dshift)
  }

  /// Calls `body` with the place of every value, in the order `[sample][y][x][channel]`.
  private static func forEachPlace(
    _ x: Activation, _ body: (_ sample: Int, _ row: Int, _ column: Int, _ channel: Int) -> Void
  ) {
    for sample in 0..<x.samples {
      for row in 0..<x.height {
        for column in 0..<x.width {
          for channel in 0..<x.channels { body(sample, row, column, channel) }
        }
      }
    }
  }
}
