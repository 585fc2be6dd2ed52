import Flow
import Kernels

/// The coupling functions of the three stages of the MNIST experiment's network (paper, D.2: 128 filters, batch 64): as forward and
/// inverse compute them, as training does, and their gradients.
///
/// Operations are those of the convolutions, taps outside the image left out, and twice as many for the gradients; norms count
/// nothing.
enum CouplingCases {
  private struct Stage {
    let size: Int
    let channels: Int
  }

  private static let (batch, filters) = (64, 128)
  private static let stages = [
    Stage(size: 16, channels: 2), Stage(size: 8, channels: 4), Stage(size: 4, channels: 8),
  ]

  static var all: [Case] { stages.flatMap { stage in CouplingPass.allCases.map { make($0, stage) } } }

  private static func make(_ pass: CouplingPass, _ stage: Stage) -> Case {
    let (size, channels) = (stage.size, stage.channels)
    let perAxis = 3 * size - 2
    let multiplyAdds = 2 * perAxis * perAxis * channels * filters + size * size * filters * filters
    return Case(
      name: "coupling \(pass.rawValue)", shape: "\(size)×\(size), \(channels)→\(filters)→\(channels)",
      work: .operations(2 * pass.products * Double(batch * multiplyAdds))
    ) { check in
      try CouplingOperands(batch: 20, size: size, channels: channels, filters: 24).check(check)
      return CouplingOperands(batch: batch, size: size, channels: channels, filters: filters).body(pass)
    }
  }
}

private enum CouplingPass: String, CaseIterable {
  case forward
  case recorded
  case gradients

  /// Products of the size of forward's.
  var products: Double { self == .gradients ? 2 : 1 }
}

private struct CouplingOperands {
  let function: ConvolutionNetwork
  let x: Activation
  let dy: Activation

  init(batch: Int, size: Int, channels: Int, filters: Int) {
    var function = ConvolutionNetwork(
      inputs: channels, filters: filters, outputs: channels, random: RandomStream(seed: 1, name: "coupling"))
    // The last convolution is zero at first.
    function.visitParameters(prefix: "") { parameter, values in
      if values.allSatisfy({ $0 == 0 }) && parameter.kind != .statistic {
        values = RandomData.numbers(values.count, parameter.name).map { 0.1 * $0 }
      }
    }
    self.function = function
    x = RandomData.image(batch, size, size, channels, "inputs")
    var dy = RandomData.image(batch, size, size, channels, "gradients")
    dy.clearPaddingLanes()
    self.dy = dy
  }

  func body(_ pass: CouplingPass) -> Body {
    switch pass {
    case .forward: return .call { _ = function.evaluate(x.view) }
    case .recorded: return .call { _ = function.evaluateRecording(x.view) }
    case .gradients:
      let tape = function.evaluateRecording(x.view).tape
      var gradient = function
      return .call { _ = function.backward(tape, outputGradient: dy.view, into: &gradient, .replace) }
    }
  }

  func check(_ check: Check) throws {
    try check.equal(
      function.evaluate(x.view).matrix().values, slow { norm, _ in (norm.mean, norm.variance) }.matrix().values,
      "forward")
    let (y, tape) = function.evaluateRecording(x.view)
    let expected = slow { _, x in
      let (mean, variance) = Reference.batchNormMoments(x)
      return (mean.map { Float($0) }, variance.map { Float($0) })
    }
    let magnitude = Double(y.largestMagnitude)
    // Moments that differ by a few roundings move what is normalised by as many, and sums of it as well.
    try check.near(
      Double(y.largestDifference(from: expected)), 0, within: 1024 * Check.roundoff * magnitude, "recorded")
    try checkGradients(y, tape, check)
  }

  /// y − bias is homogeneous of degree one in the last weight and in γ and β of the last norm together, and of degree zero (but for ε)
  /// in what is in front of a norm. By Euler's theorem the products of these with their gradients have known sums. The tests compare
  /// gradients number by number.
  private func checkGradients(_ y: Activation, _ tape: ConvolutionNetwork.Tape, _ check: Check) throws {
    var (gradient, function) = (function, function)
    _ = function.backward(tape, outputGradient: dy.view, into: &gradient, .replace)
    var products: [String: (sum: Double, magnitude: Double)] = [:]
    var values: [String: [Float]] = [:]
    function.visitParameters(prefix: "") { values[$0.name] = $1 }
    gradient.visitParameters(prefix: "") { parameter, derivatives in
      let terms = zip(derivatives, values[parameter.name] ?? []).map { Double($0) * Double($1) }
      products[parameter.name] = (terms.reduce(0, +), terms.reduce(0) { $0 + abs($1) })
    }
    func product(_ name: String) -> (sum: Double, magnitude: Double) { products[name] ?? (.nan, .nan) }
    let output = zip(y.matrix().values, dy.matrix().values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    let linear = output - product("convolutions.2.bias").sum
    let last = product("convolutions.2.weight")
    let tolerance = 4096 * Check.roundoff
    try check.near(last.sum, linear, within: tolerance * last.magnitude, "the gradient of the last weight")
    let (scale, shift) = (product("norms.1.scale"), product("norms.1.shift"))
    try check.near(
      scale.sum + shift.sum, linear, within: tolerance * (scale.magnitude + shift.magnitude + last.magnitude),
      "the gradient of the last norm")
    for name in ["convolutions.0.weight", "convolutions.1.weight"] {
      // ε is 1e-5 of variances that are a hundredth and more.
      try check.near(product(name).sum, 0, within: 1e-3 * product(name).magnitude, "the gradient of \(name)")
    }
  }

  /// The function by the plain loops, each norm by what `moments` gives and folded into the convolution before it.
  private func slow(_ moments: (BatchNorm, Activation) -> ([Float], [Float])) -> Activation {
    var current = x
    for (index, layer) in function.convolutions.enumerated() {
      let apart = layer.geometry.sumsTapsApart(outputs: layer.outputs, width: x.width)
      guard index < function.norms.count else {
        return Reference.convolution(
          current.view, weight: layer.weight, bias: layer.bias, layer.geometry, tapsApart: apart)
      }
      let none = [Float](repeating: 0, count: layer.outputs)
      let plain = Reference.convolution(
        current.view, weight: layer.weight, bias: none, layer.geometry, tapsApart: apart)
      let (mean, variance) = moments(function.norms[index], plain)
      let norm = BatchNormCoefficients(
        scale: function.norms[index].scale, shift: function.norms[index].shift, mean: mean, variance: variance)
      var folded = layer.weight
      for output in 0..<folded.rows {
        for column in 0..<folded.columns { folded[output, column] *= norm.scale[output] }
      }
      current = Reference.convolution(
        current.view, weight: folded, bias: norm.shift, layer.geometry, activation: .rectifier, tapsApart: apart)
    }
    return current
  }
}
