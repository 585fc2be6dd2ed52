import Flow
import Kernels
import TestSupport
import Testing

/// The ResNet and its blocks against plain loops in Double that carry the error of Float.
struct ResidualNetworkTests {
  /// A block's shape; sizes that are odd, and a stride that rounds up.
  struct Shape: CustomTestStringConvertible {
    let samples, height, width, inputs, outputs, stride: Int

    var testDescription: String { "\(samples)×\(height)×\(width)×\(inputs) to \(outputs), stride \(stride)" }
  }

  static let shapes = [
    Shape(samples: 17, height: 3, width: 3, inputs: 2, outputs: 2, stride: 1),
    Shape(samples: 16, height: 4, width: 1, inputs: 2, outputs: 2, stride: 1),
    Shape(samples: 3, height: 5, width: 3, inputs: 2, outputs: 3, stride: 2),
    Shape(samples: 17, height: 4, width: 4, inputs: 1, outputs: 2, stride: 2),
    Shape(samples: 3, height: 2, width: 3, inputs: 3, outputs: 2, stride: 1),
  ]

  private struct NoClearSeed: Error {}

  /// Perturbed, on a batch around which it is smooth: the first seed of which that is so, found in Double.
  private struct Subject<Model: CouplingFunction> {
    let model: Model
    let x: TrackedImages
    let tracked: TrackedResidualNetwork
    let evaluation: TrackedResidualNetwork.Evaluation
    let evaluate: (TrackedResidualNetwork, TrackedImages) -> TrackedResidualNetwork.Evaluation

    init(
      samples: Int, height: Int, width: Int, channels: Int, _ make: (UInt64) -> Model,
      evaluate: @escaping (TrackedResidualNetwork, TrackedImages) -> TrackedResidualNetwork.Evaluation
    ) throws {
      self.evaluate = evaluate
      for seed in UInt64(1)...1000 {
        let model = perturbed(make(seed), seed: seed, deviation: 0.4)
        let rows = gaussianMatrix(rows: samples, columns: height * width * channels, seed: seed, name: "x")
        let x = TrackedImages(
          samples: samples, height: height, width: width, channels: channels,
          values: rows.values.map { TrackedNumber(Double($0)) })
        let tracked = TrackedResidualNetwork(model)
        let evaluation = evaluate(tracked, x)
        if evaluation.isClear {
          (self.model, self.x, self.tracked, self.evaluation) = (model, x, tracked, evaluation)
          return
        }
      }
      throw NoClearSeed()
    }

    private func activation(_ images: TrackedImages) -> Activation {
      let values = images.values.map { Float($0.value) }
      return Activation(
        rowsOf: Matrix(rows: images.samples, columns: values.count / max(images.samples, 1), values: values)
      ).reshaped(height: images.height, width: images.width, channels: images.channels)
    }

    /// Output, input gradient and all gradients; see `ConvolutionNetworkTests` for the bounds.
    func check() throws {
      let (y, tape) = model.evaluateRecording(activation(x).view)
      #expect((y.height, y.width) == (evaluation.y.height, evaluation.y.width))
      for (found, expected) in zip(y.matrix().values, evaluation.y.values) {
        #expect(abs(Double(found) - expected.value) <= 1.01 * unitRoundoff * expected.error)
      }
      let c = evaluation.y.with(
        gaussianMatrix(rows: 1, columns: evaluation.y.values.count, seed: 1, name: "c").values.map {
          TrackedNumber(Double($0))
        })
      var gradient = filled(model, with: .nan)
      let dx = model.backward(tape, outputGradient: activation(c).view, into: &gradient, .replace)
      var expected: [String: [TrackedNumber]] = [:]
      let expectedInput = evaluation.backward(c, &expected)
      let size = zip(c.values, evaluation.y.values).reduce(0) { $0 + abs($1.0.value * $1.1.value) }
      let step = 0x1p-24
      // As in `ConvolutionNetworkTests`.
      let differenceError = 8 * 0x1p-53 * size / step + 1e-9
      func loss(_ tracked: TrackedResidualNetwork, _ x: TrackedImages) -> Double {
        zip(c.values, evaluate(tracked, x).y.values).reduce(0) { $0 + $1.0.value * $1.1.value }
      }
      func problem(_ found: Float, _ error: Double, _ at: (Double) -> Double) -> String? {
        let slope = (at(step) - at(-step)) / (2 * step)
        let allowed = 1.01 * unitRoundoff * error + differenceError
        return abs(Double(found) - slope) <= allowed ? nil : "\(found), expected \(slope) ± \(allowed)"
      }
      for (index, found) in dx.matrix().values.enumerated() {
        let problem = problem(found, expectedInput.values[index].error) { step in
          var moved = x
          moved.values[index].value += step
          return loss(tracked, moved)
        }
        #expect(problem == nil, "dx \(index)")
      }
      for (place, (parameter, values)) in gradient.parameters().enumerated() where parameter.kind == .trainable {
        let errors = try #require(expected[parameter.name], "\(parameter.name)")
        try #require(errors.count == values.count, "\(parameter.name)")
        for index in values.indices {
          let problem = problem(values[index], errors[index].error) { step in
            var moved = tracked
            moved.parameters[place].values[index] += step
            return loss(moved, x)
          }
          #expect(problem == nil, "\(parameter.name) \(index)")
        }
      }
    }
  }

  @Test(arguments: shapes)
  func blockGradientsAreCentralDifferences(shape: Shape) throws {
    try Subject(
      samples: shape.samples, height: shape.height, width: shape.width, channels: shape.inputs,
      { seed in
        var offset = 0
        return BasicBlock(
          inputs: shape.inputs, outputs: shape.outputs, stride: shape.stride,
          random: RandomStream(seed: seed, name: "block"), offset: &offset)
      },
      evaluate: { $0.block(.init(y: $1), "", stride: shape.stride) }
    ).check()
  }

  /// 5×3 → 3×2 → 2×1: both strides round up.
  @Test func networkGradientsAreCentralDifferences() throws {
    try Subject(
      samples: 5, height: 5, width: 3, channels: 1,
      { seed in
        ResidualNetwork(
          channels: 1, blocks: 1, filters: 1, classes: 3, random: RandomStream(seed: seed, name: "network"))
      },
      evaluate: { $0.evaluate($1, blocks: 1) }
    ).check()
  }

  /// Block by block through `backward`, of a batch whose parts are blocks of samples, the gradients have the very bits of the network's,
  /// whose passes join a block to the one before it. Stages of 16 and of 32 channels are transformed, that of 64 is too small.
  @Test func passesThatJoinBlocksGiveTheBlocksGradients() {
    let network = perturbed(
      ResidualNetwork(
        channels: 1, blocks: 2, filters: 16, classes: 10, random: RandomStream(seed: 5, name: "network")), seed: 5)
    let x = Activation(rowsOf: gaussianMatrix(rows: 70, columns: 64, seed: 6, name: "x"))
      .reshaped(height: 8, width: 8, channels: 1)
    let c = Activation(rowsOf: gaussianMatrix(rows: 70, columns: 10, seed: 7, name: "c"))
    var gradient = filled(network, with: .nan)
    let (y, tape) = network.evaluateRecording(x.view)
    network.backwardParameters(tape, outputGradient: c.view, into: &gradient, .replace)

    let (first, moments) = convolutionWithMoments(x.view, weight: network.stem.weight, network.stem.geometry)
    let norm = network.stemNorm
    var current = batchNorm(
      first.activation,
      BatchNormCoefficients(scale: norm.scale, shift: norm.shift, mean: moments.mean, variance: moments.variance),
      rectifies: true)
    let blocks = network.stages.joined()
    var tapes: [BasicBlock.Tape] = []
    for block in blocks {
      let (next, tape) = block.evaluateRecording(current.view)
      current = next
      tapes.append(tape)
    }
    let logits = dense(averagePool(current).view, weight: network.readOut.weight, bias: network.readOut.bias)
    #expect(sameBits(logits.matrix().values, y.matrix().values))
    var dy = averagePoolGradient(
      denseInputGradient(c.view, weight: network.readOut.weight), height: current.height, width: current.width)
    for ((block, tape), joined) in zip(zip(blocks, tapes), gradient.stages.joined()).reversed() {
      var alone = filled(block, with: .nan)
      dy = block.backward(tape, outputGradient: dy.view, into: &alone, .replace)
      for ((parameter, values), (_, others)) in zip(alone.parameters(), joined.parameters()) {
        #expect(sameBits(values, others), "\(parameter.name)")
      }
    }
  }

  private static let small = perturbed(
    ResidualNetwork(channels: 1, blocks: 2, filters: 4, classes: 10, random: RandomStream(seed: 2, name: "network")),
    seed: 2)

  private static func images(_ count: Int) -> Matrix { gaussianMatrix(rows: count, columns: 784, seed: 3, name: "x") }

  private static func activation(_ rows: Matrix) -> Activation {
    Activation(rowsOf: rows).reshaped(height: 28, width: 28, channels: 1)
  }

  @Test func shapesNamesAndCost() {
    let network = ResidualNetwork(
      channels: 1, blocks: 3, filters: 16, classes: 10, random: RandomStream(seed: 1, name: "network"))
    let parameters = network.parameters().map(\.parameter)
    // ResNet-20 of one channel: 9 + 6·9·16 + … weights, and two numbers a norm.
    let weights = 9 * 16 + 6 * 9 * 256 + 9 * 512 + 5 * 9 * 1024 + 512 + 9 * 2048 + 5 * 9 * 4096 + 2048 + 640
    let norms = 2 * (7 * 16 + 7 * 32 + 7 * 64)
    #expect(network.parameterCount() == weights + norms + 10)
    #expect(Set(parameters.map(\.name)).count == parameters.count)
    let projection = "stages.1.blocks.0.projection.convolution.weight"
    #expect(parameters.contains(Parameter(name: projection, shape: [32, 1, 1, 16])))
    #expect(!parameters.contains { $0.name.hasPrefix("stages.0") && $0.name.contains("projection") })
    let stages = network.stageSummaries(height: 28, width: 28)
    #expect(stages.map(\.height) == [28, 14, 7] && stages.map(\.width) == [28, 14, 7])
    #expect(stages.map(\.channels) == [16, 32, 64] && stages.map(\.blocks) == [3, 3, 3])
    #expect(stages[0].multiplyAdds == 784 * (144 + 6 * 9 * 256))
    #expect(stages[1].multiplyAdds == 196 * (9 * 512 + 5 * 9 * 1024 + 512))
    #expect(stages[2].multiplyAdds == 49 * (9 * 2048 + 5 * 9 * 4096 + 2048))
  }

  @Test func evaluationIsPerSample() {
    let rows = Self.images(17)
    let all = Self.small.logits(Self.activation(rows)).matrix()
    #expect(all.rows == 17 && all.columns == 10 && Set(all.values).count > 100)
    for sample in [0, 9, 16] {
      let one = Activation(gathering: [sample], from: rows).reshaped(height: 28, width: 28, channels: 1)
      #expect(sameBits(Self.small.logits(one).matrix().values, Array(all.values[(10 * sample)..<(10 * sample + 10)])))
    }
  }

  /// With the batch's moments as running ones, evaluation is what recording gives: within the rounding of folded weights
  /// and of n/(n − 1), each a relative 2⁻²⁴ of sums of some hundred numbers of size 1.
  @Test func batchMomentsAsRunningMomentsGiveTheSame() {
    let x = Self.activation(Self.images(33))
    var gradient = Self.small
    let labels = (0..<33).map { UInt8($0 % 10) }
    let (recorded, _) = Self.small.evaluateRecording(x.view)
    _ = Self.small.loss(x, labels: labels, gradient: &gradient)
    var moments: [String: [Float]] = [:]
    let sides = [28, 14, 7]
    for (parameter, values) in gradient.parameters() where parameter.kind == .statistic {
      let stage = parameter.name.hasPrefix("stages.1") ? 1 : parameter.name.hasPrefix("stages.2") ? 2 : 0
      let n = Float(33 * sides[stage] * sides[stage])
      moments[parameter.name] = parameter.name.hasSuffix("variance") ? values.map { $0 * (n - 1) / n } : values
    }
    var network = Self.small
    network.visitParameters { parameter, values in values = moments[parameter.name] ?? values }
    let evaluated = network.logits(x)
    #expect(evaluated.largestDifference(from: recorded) < 1e-4)
    #expect(Self.small.logits(x).largestDifference(from: recorded) > 1e-2)
  }

  @Test func addAddsToWhatIsThere() {
    let x = Self.activation(Self.images(18))
    let (y, tape) = Self.small.evaluateRecording(x.view)
    var (replaced, added) = (filled(Self.small, with: .nan), filled(Self.small, with: 0))
    let one = Self.small.backward(tape, outputGradient: y.view, into: &replaced, .replace)
    let other = Self.small.backward(tape, outputGradient: y.view, into: &added, .add)
    #expect(sameBits(one.matrix().values, other.matrix().values))
    for (a, b) in zip(replaced.parameters(), added.parameters()) {
      #expect(a.values.allSatisfy { $0.isFinite }, "\(a.parameter.name)")
      // Zero plus a sum is that sum, but for the sign of zero.
      #expect(a.values == b.values, "\(a.parameter.name)")
    }
    Self.small.backwardParameters(tape, outputGradient: y.view, into: &added, .add)
    for (a, b) in zip(replaced.parameters(), added.parameters()) where a.parameter.kind == .trainable {
      let size = a.values.reduce(0) { max($0, abs($1)) }
      // Sums that begin at another number are rounded elsewhere.
      #expect(zip(a.values, b.values).allSatisfy { abs(2 * $0 - $1) <= 1e-4 * size }, "\(a.parameter.name)")
    }
  }

  /// Two classes that differ in one pixel: learned in a few steps.
  @Test func trains() throws {
    var rows = Self.images(64)
    let labels = (0..<64).map { UInt8($0 % 2) }
    for row in 0..<64 { rows[row, 400] = labels[row] == 0 ? -4 : 4 }
    let network = ResidualNetwork(
      channels: 1, blocks: 1, filters: 4, classes: 2, random: RandomStream(seed: 4, name: "network"))
    var learner = CrossEntropyLearner(model: network, optimiser: Adam(learningRate: 1e-2))
    let x = Self.activation(rows)
    let first = learner.learn(x, labels: labels, progress: 0).loss
    var last = first
    for _ in 0..<20 { last = learner.learn(x, labels: labels, progress: 0).loss }
    #expect(last < 0.5 * first)
    #expect(learner.firstNonFinitePart(x) == nil)
  }
}
