import Flow
import Kernels
import TestSupport
import Testing

struct ConvolutionalFiRevNetTests {
  /// A network whose steps do nothing, so that z is x in another order.
  private func order(
    height: Int, width: Int, channels: Int = 1, stages: Int, factorsOut: Bool = true
  ) -> [Float] {
    let network = ConvolutionalFiRevNet(
      height: height, width: width, channels: channels, stages: stages, steps: 1, factorsOut: factorsOut
    ) { _, _, shape in ChannelPermutation(order: Array(0..<shape.channels)) }
    let values = (0..<height * width * channels).map { Float($0) }
    let x = Activation(rowsOf: Matrix(rows: 1, columns: values.count, values: values))
      .reshaped(height: height, width: width, channels: channels)
    let z = network.forward(x).y
    #expect(sameBits(network.inverse(z).x.matrix().values, values))
    return z.matrix().values
  }

  /// Pixel (y, x) of a 4×4 image is number 4·y + x.
  @Test func orderOfTheCode() {
    // One stage: four pixels of four channels, from the central one, (1, 1), on.
    let central: [Float] = [10, 11, 14, 15], topLeft: [Float] = [0, 1, 4, 5]
    #expect(order(height: 4, width: 4, stages: 1) == central + topLeft + [2, 3, 6, 7] + [8, 9, 12, 13])
    // Two stages: the upper rows of every 2×2 pixels go on and become one pixel, channel by channel; the lower ones left.
    #expect(
      order(height: 4, width: 4, stages: 2)
        == [0, 2, 8, 10, 1, 3, 9, 11] + [4, 5] + [6, 7] + [12, 13] + [14, 15])
    #expect(
      order(height: 4, width: 4, stages: 2, factorsOut: false)
        == [0, 2, 8, 10, 1, 3, 9, 11, 4, 6, 12, 14, 5, 7, 13, 15])
    // Two channels: 0…3 of a pixel are channel 0, which goes on; 4…7 are channel 1, which leaves.
    let two = order(height: 4, width: 4, channels: 2, stages: 2)
    #expect(two.prefix(4) == [0, 4, 16, 20])
    #expect(two.suffix(16) == [1, 3, 9, 11, 5, 7, 13, 15, 17, 19, 25, 27, 21, 23, 29, 31])
  }

  /// Three stages: what left last comes first.
  @Test func lastDepartedComesFirst() {
    let code = order(height: 8, width: 8, stages: 3)
    #expect(code.prefix(16).allSatisfy { Int($0) / 8 % 2 == 0 })
    // The second stage's lower channels are the first stage's channel 1: odd columns of even rows.
    #expect(code[16..<32].allSatisfy { Int($0) / 8 % 2 == 0 && Int($0) % 2 == 1 })
    #expect(code[32...].allSatisfy { Int($0) / 8 % 2 == 1 })
  }

  @Test func lowPassCodeBeginsWithTheMeans() {
    let network = LayerRegistry.smallNetwork(seed: 6, stages: 1, steps: 0, order: .lowPass)
    let values = (0..<16).map { Float($0 * $0) }
    let x = Activation(rowsOf: Matrix(rows: 1, columns: 16, values: values)).reshaped(height: 4, width: 4, channels: 1)
    let z = network.forward(x).y
    // Channel c is pixel (c / 2, c % 2) of every four; four pixels' mean times two.
    for channel in 0..<4 {
      let first = 4 * (channel / 2) + channel % 2
      let sum = values[first] + values[first + 2] + values[first + 8] + values[first + 10]
      #expect(abs(z[0, channel] - sum / 2) <= 8 * 0x1p-24 * sum)
    }
  }

  @Test func shapesOfThePaper() {
    let network = ConvolutionalFiRevNet(height: 32, width: 32, channels: 1, stages: 3, steps: 0) { _, _, shape in
      Actnorm(channels: shape.channels)
    }
    #expect(network.stageShapes.map(\.channels) == [4, 8, 16])
    #expect(network.stageShapes.map(\.height) == [16, 8, 4])
    #expect(network.inputShape.values == 1024)
    #expect(network.forward(Activation(samples: 2, height: 32, width: 32, channels: 1)).y.shape == "2×1×1×1024")
  }

  @Test func namesAreUniqueAndShapesFit() {
    let parameters = LayerRegistry.smallNetwork(seed: 7).parameters()
    #expect(Set(parameters.map(\.parameter.name)).count == parameters.count)
    #expect(parameters.first?.parameter.name == "stages.0.blocks.0.actnorm.bias")
    for (parameter, values) in parameters { #expect(parameter.shape.reduce(1, *) == values.count) }
    #expect(sameBits(parameters.flatMap(\.values), LayerRegistry.smallNetwork(seed: 7).parameters().flatMap(\.values)))
    #expect(!sameBits(parameters.flatMap(\.values), LayerRegistry.smallNetwork(seed: 8).parameters().flatMap(\.values)))
  }

  /// Every actnorm sees what those before it, themselves initialised, make of the batch.
  @Test func initialisationNormalisesEveryStep() {
    let rows = gaussianMatrix(rows: 40, columns: 16, seed: 9, name: "x")
    let x = Activation(rowsOf: rows).reshaped(height: 4, width: 4, channels: 1)
    let (network, z) = perturbed(LayerRegistry.smallNetwork(seed: 9), seed: 9).initialised(on: x)
    #expect(sameBits(z.matrix().values, network.forward(x).y.matrix().values))
    var seen: [String] = []
    _ = network.visitParts(x, prefix: "") { part in
      guard part.layer is Actnorm else { return }
      seen.append(part.name)
      let (mean, variance) = part.y.channelMoments()
      for channel in mean.indices {
        #expect(abs(mean[channel]) <= 64 * unitRoundoff && abs(variance[channel] - 1) <= 64 * unitRoundoff)
      }
    }
    #expect(seen.count == 4 && seen.last == "stages.1.blocks.1.actnorm")
  }

  /// Both memories give the same gradients but for what rebuilding the inputs rounds.
  @Test(arguments: [1, 17])
  func memoriesGiveTheSameGradients(samples: Int) {
    let rows = gaussianMatrix(rows: samples, columns: 16, seed: 10, name: "x")
    let x = Activation(rowsOf: rows).reshaped(height: 4, width: 4, channels: 1)
    var network = perturbed(LayerRegistry.smallNetwork(seed: 10), seed: 10)
    let dz = Activation(rowsOf: gaussianMatrix(rows: samples, columns: 16, seed: 10, name: "dz"))
    func gradients(_ memory: Memory) -> (input: [Float], parameters: [Float]) {
      network.memory = memory
      let tape = network.forwardRecording(x).tape
      var gradient = filled(network, with: .nan)
      let dx = network.backward(
        tape, outputGradient: dz, logDetGradient: PerSample(samples: samples, repeating: -1), into: &gradient, .replace)
      return (dx.matrix().values, gradient.parameters().flatMap(\.values))
    }
    let stored = gradients(.stored)
    let reversible = gradients(.reversible)
    // The round trip's bound is the size of what differs in every input; gradients are sums of products with those.
    let trip = Double(RoundTripBounds.network(network, x).values.max() ?? 0)
    let largest = stored.parameters.reduce(1) { max($0, abs($1)) }
    for (a, b) in zip(stored.input + stored.parameters, reversible.input + reversible.parameters) {
      #expect(abs(Double(a) - Double(b)) <= trip * Double(largest), "seed 10: \(a) and \(b)")
    }
    #expect(!sameBits(stored.parameters, reversible.parameters), "the reversible pass rebuilt nothing")
  }
}
