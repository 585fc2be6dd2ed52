import Flow
import Kernels

/// ResNet-20 on images of 28×28 pixels, batch 64: a training step (loss, gradients, optimiser) and the logits.
///
/// Operations are those of the convolutions, taps outside the image left out; a training step counts three times as many
/// as a forward. Batch norm, pooling, the read-out, the optimiser and copies take time but count nothing.
enum ResidualStepCases {
  private static let (batch, side, classes) = (64, 28, 10)

  static var all: [Case] {
    let network = network(blocks: 3, filters: 16)
    let multiplyAdds = Double(batch) * multiplyAdds(network)
    let shape = "3×3 blocks, 16 to 64 filters, batch \(batch)"
    return [
      Case(name: "step resnet", shape: shape, work: .operations(6 * multiplyAdds)) { check in
        try self.check(check)
        var model = network
        var gradient = model
        var optimiser = Adamax(learningRate: 1e-6)
        let (x, labels) = (images(batch), RandomData.labels(batch, classes: classes))
        return .call {
          _ = model.loss(x, labels: labels, gradient: &gradient)
          optimiser.update(&model, gradient: &gradient)
        }
      },
      Case(name: "forward resnet", shape: shape, work: .operations(2 * multiplyAdds)) { check in
        try self.check(check)
        let x = images(batch)
        return .call { _ = network.logits(x) }
      },
    ]
  }

  private static func network(blocks: Int, filters: Int) -> ResidualNetwork {
    ResidualNetwork(
      channels: 1, blocks: blocks, filters: filters, classes: classes, random: RandomStream(seed: 1, name: "ResNet"))
  }

  private static func images(_ count: Int) -> Activation { RandomData.image(count, side, side, 1, "images") }

  /// Multiply-adds of one image's forward pass.
  private static func multiplyAdds(_ network: ResidualNetwork) -> Double {
    func taps(_ size: Int, _ geometry: Convolution) -> Int {
      let reach = geometry.kernel / 2
      return (0..<geometry.outputSize(size)).reduce(0) { total, place in
        total + (-reach...reach).filter { (0..<size).contains(place * geometry.stride + $0) }.count
      }
    }
    var (size, total) = (side, 0)
    func add(_ layer: ConvolutionLayer) {
      total += taps(size, layer.geometry) * taps(size, layer.geometry) * layer.inputs * layer.outputs
    }
    add(network.stem)
    for block in network.stages.joined() {
      if let projection = block.projection { add(projection.convolution) }
      for layer in block.convolutions {
        add(layer)
        size = layer.geometry.outputSize(size)
      }
    }
    return Double(total)
  }

  /// The logits of a small network agree with the plain loops': folded weights are rounded once more, and sums of some
  /// hundred numbers of size 1 follow each other in 13 layers. Every layer's derivatives are the business of the tests.
  private static func check(_ check: Check) throws {
    let network = network(blocks: 1, filters: 4)
    let x = images(3)
    let found = network.logits(x).matrix().values
    for (index, expected) in slowLogits(network, x).values.enumerated() {
      try check.near(Double(found[index]), Double(expected), within: 1e-4, "logit \(index)")
    }
  }

  private static func slowLogits(_ network: ResidualNetwork, _ x: Activation) -> Matrix {
    func convolved(_ layer: ConvolutionLayer, _ x: Activation) -> Activation {
      let none = [Float](repeating: 0, count: layer.outputs)
      return Reference.convolution(x.view, weight: layer.weight, bias: none, layer.geometry, tapsApart: false)
    }
    func running(_ norm: BatchNorm) -> BatchNormCoefficients {
      BatchNormCoefficients(scale: norm.scale, shift: norm.shift, mean: norm.mean, variance: norm.variance)
    }
    var y = Reference.batchNorm(convolved(network.stem, x), running(network.stemNorm), rectifies: true)
    for block in network.stages.joined() {
      let shortcut =
        block.projection.map {
          Reference.batchNorm(convolved($0.convolution, y), running($0.norm), rectifies: false)
        } ?? y
      let hidden = Reference.batchNorm(convolved(block.convolutions[0], y), running(block.norms[0]), rectifies: true)
      y = Reference.batchNorm(convolved(block.convolutions[1], hidden), running(block.norms[1]), adding: shortcut)
    }
    let (values, pixels) = (y.matrix(), y.height * y.width)
    var means = Matrix(rows: y.samples, columns: y.channels)
    for index in values.values.indices {
      let place = index / values.columns * y.channels + index % y.channels
      means.values[place] += values.values[index] / Float(pixels)
    }
    return Reference.dense(means, weight: network.readOut.weight, bias: network.readOut.bias, activation: .identity)
  }
}
