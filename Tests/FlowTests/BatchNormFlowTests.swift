import Flow
import Kernels
import TestSupport
import Testing

/// Layers whose coupling function has batch norm: evaluation obeys laws 1 to 3 with the running moments; training retraces
/// the batch's.
struct BatchNormFlowTests {
  private static let seed: UInt64 = 12

  private func image(_ rows: Matrix, _ height: Int, _ width: Int) -> Activation {
    Activation(rowsOf: rows).reshaped(height: height, width: width, channels: rows.columns / (height * width))
  }

  private func stream() -> RandomStream { RandomStream(seed: Self.seed, name: "batch norm") }

  @Test(arguments: [1, 16, 17])
  func lawsOfEvaluationHold(samples: Int) {
    let additive = LayerRegistry.networkAdditive(4, split: 2, hasBatchNorm: true, stream())
    let affine = LayerRegistry.networkAffine(3, split: 1, hasBatchNorm: true, stream())
    let network = LayerRegistry.smallPaperNetwork(seed: Self.seed, steps: 2, hasBatchNorm: true)
    let violations =
      laws(additive, (2, 2, 4), samples: samples, roundings: 45, RoundTripBounds.additive)
      + laws(affine, (3, 3, 3), samples: samples, roundings: 54, RoundTripBounds.affine)
      + laws(network, (4, 4, 1), samples: samples, roundings: 384) { RoundTripBounds.network($0, $1) }
    #expect(violations.isEmpty, "seed \(Self.seed): \(violations)")
  }

  private func laws<Layer: InvertibleLayer>(
    _ layer: Layer, _ size: (height: Int, width: Int, channels: Int), samples: Int, roundings: Int,
    _ bound: @escaping (Layer, Activation) -> Matrix
  ) -> [Violation] {
    LayerLaws(
      perturbed(layer, seed: Self.seed), dimension: size.height * size.width * size.channels, height: size.height,
      width: size.width, samples: samples, seed: Self.seed, roundings: roundings
    ) { bound($0, image($1, size.height, size.width)) }.violationsOfEvaluation()
  }

  private typealias Network = ConvolutionalFiRevNet<FlowStep<AdditiveCoupling<ConvolutionNetwork>>>

  private struct Derivatives {
    let z: [Float]
    let input: [Float]
    let gradient: Network
  }

  private func derivatives(_ network: Network, _ x: Activation, _ memory: Memory) -> Derivatives {
    var network = network
    network.memory = memory
    let (z, _, tape) = network.forwardRecording(x)
    let dz = Activation(rowsOf: gaussianMatrix(rows: x.samples, columns: 16, seed: Self.seed, name: "dz"))
    var gradient = filled(network, with: .nan)
    let dx = network.backward(
      tape, outputGradient: dz, logDetGradient: PerSample(samples: x.samples, repeating: -1), into: &gradient, .replace)
    return Derivatives(z: z.matrix().values, input: dx.matrix().values, gradient: gradient)
  }

  /// The network whose running moments are those of the batch at every norm, as the gradient holds them.
  private func settled(_ network: Network, on gradient: Network, count: (Parameter) -> Double) -> Network {
    let held = gradient.parameters()
    var result = network
    var index = 0
    result.visitParameters { parameter, values in
      if parameter.kind == .statistic {
        let n = count(parameter)
        let factor = parameter.name.hasSuffix("variance") ? Float((n - 1) / n) : 1
        values = held[index].values.map { factor * $0 }
      }
      index += 1
    }
    return result
  }

  /// Both memories give the same derivatives but for what rebuilding the inputs rounds. The round trip is bounded where the
  /// running moments are the batch's: the size of what differs in every input. Derivatives are sums of products with those,
  /// and a norm passes a difference on through its moments too, at most by 2 + max x̂² ≤ 16 times, twice a coupling.
  @Test(arguments: [2, 16, 17])
  func memoriesGiveTheSameGradients(samples: Int) {
    let network = perturbed(
      LayerRegistry.smallPaperNetwork(seed: Self.seed, steps: 2, hasBatchNorm: true), seed: Self.seed)
    let x = image(gaussianMatrix(rows: samples, columns: 16, seed: Self.seed, name: "x"), 4, 4)
    let stored = derivatives(network, x, .stored)
    let reversible = derivatives(network, x, .reversible)
    #expect(sameBits(stored.z, reversible.z))
    let batch = settled(network, on: stored.gradient) { Double(samples * ($0.name.hasPrefix("stages.0") ? 4 : 1)) }
    let trip = 16 * 16 * Double(RoundTripBounds.network(batch, x).values.max() ?? 0)
    let (a, b) = (stored.gradient.parameters(), reversible.gradient.parameters())
    let largest = a.reduce(1) { $1.values.reduce($0) { max($0, Double(abs($1))) } }
    func check(_ name: String, _ left: [Float], _ right: [Float]) {
      let outside = left.indices.first { !(abs(Double(left[$0]) - Double(right[$0])) <= trip * largest) }
      #expect(outside == nil, "\(name): \(left) and \(right), allowed \(trip * largest)")
    }
    check("input", stored.input, reversible.input)
    for (left, right) in zip(a, b) { check(left.parameter.name, left.values, right.values) }
    #expect(!sameBits(a.flatMap(\.values), b.flatMap(\.values)), "the reversible pass rebuilt nothing")
  }

  /// `inverseRecording` is the inverse of `forwardRecording`, not of `forward`, which gives something else.
  @Test(arguments: Memory.allCases)
  func recordingsAreInverses(memory: Memory) {
    var network = perturbed(
      LayerRegistry.smallPaperNetwork(seed: Self.seed, steps: 2, hasBatchNorm: true), seed: Self.seed)
    network.memory = memory
    let rows = gaussianMatrix(rows: 17, columns: 16, seed: Self.seed, name: "x")
    let x = image(rows, 4, 4)
    let z = network.forwardRecording(x).y
    let gradient = derivatives(network, x, .stored).gradient
    let batch = settled(network, on: gradient) { Double(17 * ($0.name.hasPrefix("stages.0") ? 4 : 1)) }
    let bounds = RoundTripBounds.network(batch, x).values
    let returned = network.inverseRecording(z).x.matrix().values
    let outside = returned.indices.first {
      !(abs(Double(returned[$0]) - Double(rows.values[$0])) <= 16 * 16 * Double(bounds[$0]))
    }
    #expect(outside == nil)
    let running = network.inverse(z).x.matrix().values
    #expect(zip(running, rows.values).contains { abs($0 - $1) > 0x1p-7 }, "the running moments are the batch's")
  }
}
