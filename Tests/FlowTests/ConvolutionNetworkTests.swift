import Flow
import Kernels
import TestSupport
import Testing

struct ConvolutionNetworkTests {
  struct Shape: CustomTestStringConvertible {
    let samples: Int
    let height: Int
    let width: Int
    let hasBatchNorm: Bool

    var testDescription: String { "\(samples)×\(height)×\(width)\(hasBatchNorm ? ", batch norm" : "")" }

    func image(_ rows: Matrix) -> Activation {
      Activation(rowsOf: rows).reshaped(height: height, width: width, channels: rows.columns / (height * width))
    }
  }

  private static let (inputs, filters, outputs) = (2, 3, 2)

  static let shapes: [Shape] = [(1, 1), (3, 3), (4, 4)].flatMap { height, width in
    [2, 16, 17].flatMap { samples in
      [false, true].map { Shape(samples: samples, height: height, width: width, hasBatchNorm: $0) }
    }
  }

  /// A perturbed network with a batch, and the plain loops' view of both.
  private struct Operands {
    let network: ConvolutionNetwork
    let rows: Matrix
    let x: Activation
    let tracked: TrackedConvolutionNetwork
    let evaluation: TrackedConvolutionNetwork.Evaluation

    /// The first seed on which no rectifier's input is near its kink and no channel nearly constant, so that the function
    /// is smooth around it and Float takes the same side everywhere. Found in Double: the same seed on every machine.
    init(_ shape: Shape) throws {
      for seed in UInt64(1)...1000 {
        let candidate = Self(shape, seed: seed)
        if candidate.evaluation.isClear(distance: 0x1p-17, variance: 0x1p-5) {
          self = candidate
          return
        }
      }
      throw NoClearSeed()
    }

    private init(_ shape: Shape, seed: UInt64) {
      let fresh = ConvolutionNetwork(
        inputs: inputs, filters: filters, outputs: outputs, hasBatchNorm: shape.hasBatchNorm,
        random: RandomStream(seed: seed, name: "network"))
      network = perturbed(fresh, seed: seed, deviation: 0.4)
      rows = gaussianMatrix(
        rows: shape.samples, columns: shape.height * shape.width * inputs, seed: seed, name: "x")
      x = shape.image(rows)
      tracked = TrackedConvolutionNetwork(
        network, samples: shape.samples, height: shape.height, width: shape.width)
      evaluation = tracked.evaluate(rows.values.map { Double($0) })
    }

    /// The derivatives of Σ c·y, and c.
    func derivatives(
      into start: ConvolutionNetwork, _ accumulation: Accumulation, _ shape: Shape
    ) -> (input: [Float], gradient: ConvolutionNetwork, c: Matrix) {
      let c = gaussianMatrix(rows: shape.samples, columns: shape.height * shape.width * outputs, seed: 1, name: "c")
      var gradient = start
      let dx = network.backward(
        network.evaluateRecording(x.view).tape, outputGradient: shape.image(c).view, into: &gradient, accumulation)
      return (dx.matrix().values, gradient, c)
    }
  }

  private struct NoClearSeed: Error {}

  @Test func namesShapesAndKinds() {
    let random = RandomStream(seed: 1, name: "names")
    let network = ConvolutionNetwork(inputs: 2, filters: 5, outputs: 3, random: random)
    let expected =
      [Parameter(name: "convolutions.0.weight", shape: [5, 3, 3, 2])] + norm(0)
      + [Parameter(name: "convolutions.1.weight", shape: [5, 1, 1, 5])] + norm(1)
      + [
        Parameter(name: "convolutions.2.weight", shape: [3, 3, 3, 5]),
        Parameter(name: "convolutions.2.bias", shape: [3]),
      ]
    #expect(network.parameters().map(\.parameter) == expected)
    #expect(network.parameterCount() == 90 + 10 + 25 + 10 + 135 + 3)
    let plain = ConvolutionNetwork(inputs: 2, filters: 5, outputs: 3, hasBatchNorm: false, random: random)
    #expect(
      plain.parameters().map(\.parameter.name)
        == (0..<3).flatMap { ["convolutions.\($0).weight", "convolutions.\($0).bias"] })
    for (parameter, values) in network.parameters() + plain.parameters() {
      #expect(parameter.shape.reduce(1, *) == values.count, "\(parameter.name)")
    }
  }

  private func norm(_ index: Int) -> [Parameter] {
    [
      Parameter(name: "norms.\(index).scale", shape: [5]), Parameter(name: "norms.\(index).shift", shape: [5]),
      Parameter(name: "norms.\(index).mean", shape: [5], kind: .statistic),
      Parameter(name: "norms.\(index).variance", shape: [5], kind: .statistic),
    ]
  }

  @Test(arguments: [false, true])
  func freshNetworkGivesZero(hasBatchNorm: Bool) {
    let random = RandomStream(seed: 2, name: "fresh")
    let network = ConvolutionNetwork(inputs: 2, filters: 4, outputs: 3, hasBatchNorm: hasBatchNorm, random: random)
    let x = Activation(rowsOf: gaussianMatrix(rows: 17, columns: 18, seed: 2, name: "x"))
      .reshaped(height: 3, width: 3, channels: 2)
    for y in [network.evaluate(x.view), network.evaluateRecording(x.view).y] {
      #expect(y.shape == "17×3×3×3")
      #expect(y.matrix().values.allSatisfy { $0 == 0 })
    }
    // Only the last convolution is zero, and the first two are not drawn alike.
    for layer in network.convolutions.dropLast() {
      let bound = 1 / Float(layer.weight.columns).squareRoot()
      let largest = layer.weight.values.map(abs).max() ?? 0
      #expect(largest <= bound && largest > 0.5 * bound)
    }
    #expect(!sameBits(Array(network.convolutions[0].weight.values.prefix(16)), network.convolutions[1].weight.values))
  }

  @Test(arguments: [false, true])
  func evaluationIsDeterministicAndPerSample(hasBatchNorm: Bool) {
    let random = RandomStream(seed: 3, name: "per sample")
    let network = perturbed(
      ConvolutionNetwork(inputs: 2, filters: 5, outputs: 3, hasBatchNorm: hasBatchNorm, random: random), seed: 3)
    let rows = gaussianMatrix(rows: 17, columns: 18, seed: 3, name: "x")
    func evaluate(_ samples: [Int]) -> Matrix {
      let x = Activation(gathering: samples, from: rows).reshaped(height: 3, width: 3, channels: 2)
      return network.evaluate(x.view).matrix()
    }
    let all = evaluate(Array(0..<17))
    #expect(all.values.contains { $0 != 0 })
    #expect(sameBits(all.values, evaluate(Array(0..<17)).values))
    for sample in 0..<17 {
      let expected = Array(all.values[sample * all.columns..<(sample + 1) * all.columns])
      #expect(sameBits(evaluate([sample]).values, expected), "sample \(sample) alone")
      #expect(sameBits(Array(evaluate([16 - sample, sample]).values.suffix(all.columns)), expected))
    }
  }

  /// Both stay within the bound of the plain loops' numbers; `evaluate` rounds once more for every weight that it folds,
  /// and the variance once or twice for n − 1, which the errors of the recorded products and of the variance cover again.
  @Test(arguments: shapes.filter(\.hasBatchNorm))
  func batchMomentsAsRunningMomentsGiveTheSame(shape: Shape) throws {
    let operands = try Operands(shape)
    var network = operands.network
    let gradient = operands.derivatives(into: network, .replace, shape).gradient
    let n = Float(shape.samples * shape.height * shape.width)
    let moments = gradient.norms.map { ($0.mean, $0.variance.map { $0 * ((n - 1) / n) }) }
    network.visitParameters { parameter, values in
      for (index, (mean, variance)) in moments.enumerated() {
        if parameter.name == "norms.\(index).mean" { values = mean }
        if parameter.name == "norms.\(index).variance" { values = variance }
      }
    }
    let recorded = operands.network.evaluateRecording(operands.x.view).y.matrix().values
    let evaluated = network.evaluate(operands.x.view).matrix().values
    for (index, expected) in operands.evaluation.y.enumerated() {
      let bound = 1.01 * unitRoundoff * expected.error
      #expect(abs(Double(recorded[index]) - expected.value) <= bound, "recorded \(index)")
      #expect(abs(Double(recorded[index]) - Double(evaluated[index])) <= 3 * bound, "evaluated \(index)")
    }
    #expect(!sameBits(operands.network.evaluate(operands.x.view).matrix().values, evaluated))
  }

  /// Central differences of Σ c·y in Double, with a step of 2⁻²⁴ that crosses no kink: rounded by 2⁻⁵³·Σ|c·y|·2²⁴, and off
  /// by h² times a third derivative. What Float may be off by, the plain loops know.
  @Test(arguments: shapes)
  func gradientsAreCentralDifferences(shape: Shape) throws {
    let operands = try Operands(shape)
    let (dx, gradient, c) = operands.derivatives(into: filled(operands.network, with: .nan), .replace, shape)
    let weights = c.values.map { Double($0) }
    let expected = operands.tracked.gradients(operands.evaluation, weights)
    let size = zip(weights, operands.evaluation.y).reduce(0) { $0 + abs($1.0 * $1.1.value) }
    let step = 0x1p-24
    let differenceError = 8 * 0x1p-53 * size / step + 1e-9
    let x = operands.rows.values.map { Double($0) }
    func loss(_ network: TrackedConvolutionNetwork, _ x: [Double]) -> Double {
      zip(weights, network.evaluate(x).y).reduce(0) { $0 + $1.0 * $1.1.value }
    }
    func problem(_ found: Float, _ error: Double, _ at: (Double) -> Double) -> String? {
      let slope = (at(step) - at(-step)) / (2 * step)
      let allowed = 1.01 * unitRoundoff * error + differenceError
      return abs(Double(found) - slope) <= allowed ? nil : "\(found), expected \(slope) ± \(allowed)"
    }
    for index in dx.indices {
      let problem = problem(dx[index], expected.input[index].error) { step in
        var moved = x
        moved[index] += step
        return loss(operands.tracked, moved)
      }
      #expect(problem == nil, "dx \(index)")
    }
    for (place, (parameter, values)) in gradient.parameters().enumerated() where parameter.kind == .trainable {
      try #require(expected.parameters[place].count == values.count, "\(parameter.name)")
      for index in values.indices {
        let problem = problem(values[index], expected.parameters[place][index].error) { step in
          var moved = operands.tracked
          moved.parameters[place].values[index] += step
          return loss(moved, x)
        }
        #expect(problem == nil, "\(parameter.name) \(index)")
      }
    }
  }

  @Test(arguments: shapes.filter(\.hasBatchNorm))
  func gradientHoldsTheBatchsMoments(shape: Shape) throws {
    let operands = try Operands(shape)
    for accumulation in [Accumulation.replace, .add] {
      let gradient = operands.derivatives(into: operands.network, accumulation, shape).gradient
      let n = Double(shape.samples * shape.height * shape.width)
      for (norm, moments) in zip(gradient.norms, operands.evaluation.moments) {
        for channel in norm.mean.indices {
          let (mean, variance) = (moments.mean[channel], moments.variance[channel])
          #expect(abs(Double(norm.mean[channel]) - mean.value) <= 1.01 * unitRoundoff * mean.error)
          let unbiased = variance.value * n / (n - 1)
          // n/(n − 1) and the product with it are rounded.
          let bound = variance.error * n / (n - 1) + 2 * unbiased
          #expect(abs(Double(norm.variance[channel]) - unbiased) <= 1.01 * unitRoundoff * bound)
        }
      }
    }
  }

  /// A sum that starts elsewhere is rounded elsewhere: by the same bound, and a rounding of every partial sum for what was
  /// there, at most one a sample and pixel.
  @Test(arguments: shapes)
  func addAdds(shape: Shape) throws {
    let operands = try Operands(shape)
    let start = perturbed(operands.network, seed: 5, deviation: 1)
    let (replacedInput, replaced, c) = operands.derivatives(into: filled(start, with: .nan), .replace, shape)
    let (addedInput, added, _) = operands.derivatives(into: start, .add, shape)
    #expect(sameBits(addedInput, replacedInput))
    let errors = operands.tracked.gradients(operands.evaluation, c.values.map { Double($0) }).parameters
    let terms = Double(shape.samples * shape.height * shape.width + 1)
    let (found, once) = (added.parameters(), replaced.parameters())
    for (place, (parameter, before)) in start.parameters().enumerated() where parameter.kind == .trainable {
      try #require(errors[place].count == before.count, "\(parameter.name)")
      for (index, old) in before.enumerated() {
        let sum = Double(old) + Double(once[place].values[index])
        let bound = unitRoundoff * (2 * errors[place][index].error + terms * abs(Double(old)) + abs(sum))
        #expect(abs(Double(found[place].values[index]) - sum) <= 1.01 * bound, "\(parameter.name) \(index)")
      }
    }
  }
}
