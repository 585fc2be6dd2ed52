import Kernels
import TestSupport
import Testing

@testable import Flow

/// Dropout in coupling functions: in training alone, the same mask there and back, another one after every step.
struct DropoutTests {
  private static let samples = 17
  private let x = Activation(rowsOf: gaussianMatrix(rows: samples, columns: 18, seed: 5, name: "x"))
    .reshaped(height: 3, width: 3, channels: 2)
  private let dy = Activation(rowsOf: gaussianMatrix(rows: samples, columns: 27, seed: 5, name: "dy"))
    .reshaped(height: 3, width: 3, channels: 3)

  private func network(_ dropout: Float, hasBatchNorm: Bool) -> ConvolutionNetwork {
    perturbed(
      ConvolutionNetwork(
        inputs: 2, filters: 6, outputs: 3, hasBatchNorm: hasBatchNorm, dropout: dropout,
        random: RandomStream(seed: 5, name: "network")), seed: 5)
  }

  @Test(arguments: [false, true])
  func evaluationDropsNothing(hasBatchNorm: Bool) {
    let (with, without) = (network(0.5, hasBatchNorm: hasBatchNorm), network(0, hasBatchNorm: hasBatchNorm))
    #expect(sameBits(with.evaluate(x.view).matrix().values, without.evaluate(x.view).matrix().values))
    let recorded = [with, with, without].map { $0.evaluateRecording(x.view).y.matrix().values }
    #expect(sameBits(recorded[0], recorded[1]))
    #expect(!sameBits(recorded[0], recorded[2]))
  }

  /// The parts of a network without batch norm, put together here: the mask, found by dropping ones, multiplies what the last
  /// convolution reads and what comes back from it. Products with 2 and 0 are exact, so that the bits are the same.
  @Test func forwardAndBackwardUseOneMask() {
    let network = network(0.5, hasBatchNorm: false)
    let ones = Activation(samples: Self.samples, height: 3, width: 3, channels: 6, repeating: 1)
    let mask = dropout(ones, probability: 0.5, random: RandomStream(seed: 5, name: "network"), draw: 1)
    let first = network.convolutions[0].evaluate(x.view, activation: .rectifier)
    let second = network.convolutions[1].evaluate(first.view, activation: .rectifier)
    let read = masked(second, mask)
    let (y, tape) = network.evaluateRecording(x.view)
    #expect(sameBits(y.matrix().values, network.convolutions[2].evaluate(read.view).matrix().values))

    var gradient = filled(network, with: .nan)
    let dx = network.backward(tape, outputGradient: dy.view, into: &gradient, .replace)
    var expected = network.convolutions[2]
    expected.setGradient(read.view, outputGradient: dy.view, .replace)
    #expect(gradient.convolutions[2] == expected)
    let dread = masked(network.convolutions[2].inputGradient(dy.view, height: 3, width: 3), mask)
    let dsecond = rectifierGradient(second, outputGradient: dread)
    let dfirst = rectifierGradient(
      first, outputGradient: network.convolutions[1].inputGradient(dsecond.view, height: 3, width: 3))
    #expect(
      sameBits(
        dx.matrix().values,
        network.convolutions[0].inputGradient(dfirst.view, height: 3, width: 3).matrix().values))
  }

  private func masked(_ x: Activation, _ mask: Activation) -> Activation {
    let values = zip(x.matrix().values, mask.matrix().values).map { $0 * $1 }
    return Activation(rowsOf: Matrix(rows: x.samples, columns: values.count / x.samples, values: values))
      .reshaped(height: x.height, width: x.width, channels: x.channels)
  }

  @Test func everyStepOfTheOptimiserDrawsAnew() {
    var network = network(0.5, hasBatchNorm: true)
    network.visitParameters { parameter, values in if parameter.kind == .draw { values = [1] } }
    // A rate of almost nothing, so that only the mask changes by much.
    var optimiser = Adamax(learningRate: 1e-20)
    let before = network.evaluateRecording(x.view)
    for accumulation in [Accumulation.replace, .add] {
      var gradient = network
      _ = network.backward(
        network.evaluateRecording(x.view).tape, outputGradient: dy.view, into: &gradient, accumulation)
      optimiser.update(&network, gradient: &gradient)
    }
    #expect(network.parameters().filter { $0.parameter.kind == .draw }.flatMap(\.values) == [3])
    #expect(!sameBits(network.evaluateRecording(x.view).y.matrix().values, before.y.matrix().values))
  }

  /// Whatever finite number a file has: the nearest draw there is.
  @Test(arguments: [-3, 1.5, 3e38] as [Float])
  func anyFiniteNumberIsADraw(value: Float) {
    var network = network(0.5, hasBatchNorm: true)
    network.visitParameters { parameter, values in if parameter.kind == .draw { values = [value] } }
    let (y, tape) = network.evaluateRecording(x.view)
    var gradient = network
    _ = network.backward(tape, outputGradient: dy.view, into: &gradient, .replace)
    #expect(y.matrix().values.allSatisfy { $0.isFinite })
    #expect(gradient.parameters().flatMap(\.values).allSatisfy { $0.isFinite })
  }

  /// Rebuilding activations from the output drops what forward dropped: the derivatives are the stored ones, but for what the
  /// round trip through two couplings rounds, 2⁻¹² being far above that and far below what another mask changes.
  @Test func memoriesGiveTheSameGradients() {
    func derivatives(_ memory: Memory) -> [Float] {
      let layer = perturbed(
        Chain(
          (0..<2).map { step in
            AdditiveCoupling(
              split: 2,
              function: ConvolutionNetwork(
                inputs: 2, filters: 6, outputs: 2, hasBatchNorm: false, dropout: 0.5,
                random: RandomStream(seed: 5, name: "step \(step)")))
          }, memory: memory), seed: 5)
      let x = Activation(rowsOf: gaussianMatrix(rows: Self.samples, columns: 36, seed: 6, name: "x"))
        .reshaped(height: 3, width: 3, channels: 4)
      let (z, _, tape) = layer.forwardRecording(x)
      var gradient = filled(layer, with: .nan)
      let dx = layer.backward(
        tape, outputGradient: z, logDetGradient: PerSample(samples: Self.samples), into: &gradient, .replace)
      return dx.matrix().values + gradient.parameters().flatMap(\.values)
    }
    let (stored, reversible) = (derivatives(.stored), derivatives(.reversible))
    let largest = stored.reduce(1) { max($0, abs($1)) }
    let outside = stored.indices.first { !(abs(stored[$0] - reversible[$0]) <= 0x1p-12 * largest) }
    #expect(outside == nil)
    #expect(!sameBits(stored, reversible), "the reversible pass rebuilt nothing")
  }
}
