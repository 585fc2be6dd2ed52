import Kernels
import TestSupport
import Testing

@testable import Flow

/// Dropout in fully connected networks: in training alone, a mask for every layer, another one after every step.
struct RectifierDropoutTests {
  private static let samples = 17
  private let x = Activation(rowsOf: gaussianMatrix(rows: samples, columns: 4, seed: 5, name: "x"))
  private let dy = Activation(rowsOf: gaussianMatrix(rows: samples, columns: 3, seed: 5, name: "dy"))
  private static let streams = (0..<2).map { RandomStream(seed: 5, name: "mask \($0)") }

  private func network(_ probability: Float?) -> RectifierNetwork {
    let dropouts = probability.map { p in Self.streams.map { Dropout(probability: p, random: $0) } } ?? []
    var network = RectifierNetwork(
      widths: [4, 8, 8, 3], dropouts: dropouts, random: RandomStream(seed: 5, name: "network"))
    network = perturbed(network, seed: 5)
    network.visitParameters { parameter, values in if parameter.kind == .draw { values = [1] } }
    return network
  }

  @Test func evaluationDropsNothing() {
    let (with, without) = (network(0.5), network(nil))
    #expect(sameBits(with.evaluate(x.view).matrix().values, without.evaluate(x.view).matrix().values))
    let recorded = [with, with, without].map { $0.evaluateRecording(x.view).y.matrix().values }
    #expect(sameBits(recorded[0], recorded[1]))
    #expect(!sameBits(recorded[0], recorded[2]))
    #expect(without.parameters().allSatisfy { $0.parameter.kind == .trainable })
  }

  /// The parts of the network put together here: the masks, found by dropping ones, multiply what the layers read and what
  /// comes back from them. Products with 2 and 0 are exact, so that the bits are the same.
  @Test func forwardAndBackwardUseOneMaskALayer() {
    let network = network(0.5)
    let ones = Activation(samples: Self.samples, channels: 8, repeating: 1)
    let masks = Self.streams.map { dropout(ones, probability: 0.5, random: $0, draw: 1) }
    #expect(!sameBits(masks[0].matrix().values, masks[1].matrix().values))
    let layers = network.layers
    func hidden(_ index: Int, _ x: Activation) -> Activation {
      dense(x.view, weight: layers[index].weight, bias: layers[index].bias, activation: .rectifier)
    }
    let first = hidden(0, x)
    let second = hidden(1, masked(first, masks[0]))
    let read = masked(second, masks[1])
    let (y, tape) = network.evaluateRecording(x.view)
    let expected = dense(read.view, weight: layers[2].weight, bias: layers[2].bias)
    #expect(sameBits(y.matrix().values, expected.matrix().values))

    var gradient = filled(network, with: .nan)
    let dx = network.backward(tape, outputGradient: dy.view, into: &gradient, .replace)
    let dread = denseInputGradient(dy.view, weight: layers[2].weight)
    let dsecond = rectifierGradient(second, outputGradient: masked(dread, masks[1]))
    let dbetween = denseInputGradient(dsecond.view, weight: layers[1].weight)
    let dfirst = rectifierGradient(first, outputGradient: masked(dbetween, masks[0]))
    #expect(
      sameBits(dx.matrix().values, denseInputGradient(dfirst.view, weight: layers[0].weight).matrix().values))
    var last = layers[2]
    last.setGradient(read.view, outputGradient: dy.view, .replace)
    #expect(gradient.layers[2] == last)
    var middle = layers[1]
    middle.setGradient(masked(first, masks[0]).view, outputGradient: dsecond.view, .replace)
    #expect(gradient.layers[1] == middle)
  }

  private func masked(_ x: Activation, _ mask: Activation) -> Activation {
    let values = zip(x.matrix().values, mask.matrix().values).map { $0 * $1 }
    return Activation(rowsOf: Matrix(rows: x.samples, columns: x.channels, values: values))
  }

  @Test func everyStepOfTheOptimiserDrawsAnew() {
    var network = network(0.5)
    // A rate of almost nothing, so that only the masks change by much.
    var optimiser = Adamax(learningRate: 1e-20)
    let before = network.evaluateRecording(x.view).y.matrix().values
    for _ in 0..<2 {
      var gradient = network
      network.backwardParameters(
        network.evaluateRecording(x.view).tape, outputGradient: dy.view, into: &gradient, .replace)
      optimiser.update(&network, gradient: &gradient)
    }
    #expect(network.parameters().filter { $0.parameter.kind == .draw }.flatMap(\.values) == [3, 3])
    #expect(!sameBits(network.evaluateRecording(x.view).y.matrix().values, before))
  }
}
