import Kernels

/// The passes of batch norm behind the wide convolutions of the convolutional fi-RevNet's first stage. Memory is the roof:
/// every array counts once in each direction, though the gradients read x and dy twice.
enum BatchNormCases {
  private static let (batch, size, channels) = (64, 16, 128)

  static var all: [Case] { BatchNormPass.allCases.map(make) }

  private static func make(_ pass: BatchNormPass) -> Case {
    let bytes = 4 * batch * size * size * channels
    return Case(
      name: "batch norm \(pass.rawValue)", shape: "\(batch)×\(size)×\(size)×\(channels)",
      work: .bytes(Double(pass.arrays * bytes))
    ) { check in
      // A size of two chunks of pixels, the second not full, and a block that is not full; then the timed one.
      try BatchNormOperands(21, 9, 8, 5).check(pass, check)
      let operands = BatchNormOperands(batch, size, size, channels)
      try operands.check(pass, check)
      return operands.body(pass)
    }
  }
}

private enum BatchNormPass: String, CaseIterable {
  case moments
  case forward
  case adding
  case gradients

  /// Arrays read and written.
  var arrays: Int {
    switch self {
    case .moments: 1
    case .forward: 2
    case .adding, .gradients: 3
    }
  }
}

private struct BatchNormOperands {
  let x: Activation
  let dy: Activation
  let scale: [Float]
  let shift: [Float]
  let moments: BatchMoments
  let coefficients: BatchNormCoefficients

  init(_ batch: Int, _ height: Int, _ width: Int, _ channels: Int) {
    x = RandomData.image(batch, height, width, channels, "inputs")
    dy = RandomData.image(batch, height, width, channels, "gradients")
    scale = RandomData.numbers(channels, "scales")
    shift = RandomData.numbers(channels, "shifts")
    moments = BatchMoments(x)
    coefficients = BatchNormCoefficients(scale: scale, shift: shift, mean: moments.mean, variance: moments.variance)
  }

  func body(_ pass: BatchNormPass) -> Body {
    switch pass {
    case .moments: .call { _ = BatchMoments(x) }
    case .forward: .call { _ = batchNorm(x, coefficients, rectifies: true) }
    case .adding: .call { _ = batchNorm(x, coefficients, adding: dy.view) }
    case .gradients: .call { _ = gradients() }
    }
  }

  private func gradients() -> (inputGradient: Activation, scaleGradient: [Float], shiftGradient: [Float]) {
    batchNormGradients(x, coefficients, outputGradient: dy, rectifies: true)
  }

  func check(_ pass: BatchNormPass, _ check: Check) throws {
    switch pass {
    case .moments:
      // Sums of up to 64 differences, and of their squares, which are below 12 and 144.
      let (mean, variance) = Reference.batchNormMoments(x)
      for channel in mean.indices {
        try check.near(
          Double(moments.mean[channel]), mean[channel], within: 65 * 12 * Check.roundoff, "mean \(channel)")
        try check.near(
          Double(moments.variance[channel]), variance[channel], within: 3 * 65 * 144 * Check.roundoff,
          "variance \(channel)")
      }
    case .forward:
      try check.equal(
        batchNorm(x, coefficients, rectifies: true).matrix().values,
        Reference.batchNorm(x, coefficients, rectifies: true).matrix().values, "output")
    case .adding:
      try check.equal(
        batchNorm(x, coefficients, adding: dy.view).matrix().values,
        Reference.batchNorm(x, coefficients, adding: dy).matrix().values, "output")
    case .gradients:
      // Numbers below 6, and means of their products below 1; the sums' roundings, a chain of at most 64, the chunks and 16
      // lanes, are divided by the number of values again.
      let found = gradients()
      let expected = Reference.batchNormGradients(
        x, scale: scale, shift: shift, moments, outputGradient: dy, rectifies: true)
      let dx = found.inputGradient.matrix().values
      for index in Check.indices(count: dx.count) {
        try check.near(Double(dx[index]), expected.inputGradient[index], within: 4096 * Check.roundoff, "dx [\(index)]")
      }
      let sums = Double(x.samples * x.height * x.width) * 100 * Check.roundoff
      for channel in scale.indices {
        try check.near(
          Double(found.scaleGradient[channel]), expected.scaleGradient[channel], within: sums, "scale \(channel)")
        try check.near(
          Double(found.shiftGradient[channel]), expected.shiftGradient[channel], within: sums, "shift \(channel)")
      }
    }
  }
}
