import Flow
import Kernels

/// The convolutional fi-RevNet of the MNIST experiment at its full size (paper, D.2: three stages of 16 steps with 128
/// filters, batch 64): a training step (loss, gradients, optimiser) that keeps what it needs and one that rebuilds it, an
/// encoding and its inverse.
///
/// Operations are those of the convolutions, taps outside the image left out; a training step counts three times as many
/// as a forward. Batch norm, actnorm, optimiser and copies take time but count nothing.
enum ImageStepCases {
  private typealias Network = ConvolutionalFiRevNet<FlowStep<AdditiveCoupling<ConvolutionNetwork>>>
  private static let batch = 64

  static var all: [Case] {
    let network = network(steps: 16, filters: 128)
    let multiplyAdds = Double(batch) * multiplyAdds(network)
    let shape = "3×16 steps, 128 filters, batch \(batch)"
    return [
      Case(name: "step fi-revnet", shape: shape, work: .operations(6 * multiplyAdds)) { try step(network, $0) },
      // Rebuilding counts nothing: the same work as above.
      Case(name: "step reversible", shape: shape, work: .operations(6 * multiplyAdds)) { check in
        var reversible = network
        reversible.memory = .reversible
        return try step(reversible, check)
      },
      Case(name: "forward fi-revnet", shape: shape, work: .operations(2 * multiplyAdds)) { check in
        try self.check(check)
        let network = initialised(network)
        let x = images()
        return .call { _ = network.forward(x) }
      },
      Case(name: "inverse fi-revnet", shape: shape, work: .operations(2 * multiplyAdds)) { check in
        try self.check(check)
        let network = initialised(network)
        let z = network.forward(images()).y
        return .call { _ = network.inverse(z) }
      },
    ]
  }

  private static func step(_ network: Network, _ check: Check) throws -> Body {
    try self.check(check)
    var model = BijectiveClassifier(network: initialised(network), classes: 10)
    var gradient = model
    var optimiser = Adam(learningRate: 1e-6)
    let (x, labels) = (images(), RandomData.labels(batch, classes: 10))
    return .call {
      _ = model.loss(x, labels: labels, gradient: &gradient)
      optimiser.update(&model, gradient: &gradient)
    }
  }

  /// A training step of a network of another size, and how many operations it is.
  static func step(_ size: Scaling.Size) -> (operations: Double, body: () -> Void) {
    let small = network(steps: size.depth, filters: size.width, image: size.image)
    let x = RandomData.image(size.batch, size.image, size.image, 1, "images")
    var model = BijectiveClassifier(network: small.initialised(on: x).layer, classes: 10)
    var gradient = model
    var optimiser = Adam(learningRate: 1e-6)
    let labels = RandomData.labels(size.batch, classes: 10)
    return (
      6 * Double(size.batch) * multiplyAdds(small),
      {
        _ = model.loss(x, labels: labels, gradient: &gradient)
        optimiser.update(&model, gradient: &gradient)
      }
    )
  }

  private static func network(steps: Int, filters: Int, image: Int = 32) -> Network {
    Network(height: image, width: image, steps: steps, seed: 1) { shape, random in
      let half = shape.channels / 2
      return AdditiveCoupling(
        split: half,
        function: ConvolutionNetwork(inputs: half, filters: filters, outputs: shape.channels - half, random: random))
    }
  }

  private static func images() -> Activation { RandomData.image(batch, 32, 32, 1, "images") }

  private static func initialised(_ network: Network) -> Network { network.initialised(on: images()).layer }

  /// Multiply-adds of one image's forward pass.
  private static func multiplyAdds(_ network: Network) -> Double {
    zip(network.stages, network.stageShapes).reduce(0) { total, stage in
      let (chain, shape) = stage
      let pixels = Double(shape.height * shape.width)
      let taps = Double((3 * shape.height - 2) * (3 * shape.width - 2))
      return total
        + chain.layers.reduce(Double(chain.layers.count * shape.channels * shape.channels) * pixels) { sum, step in
          sum
            + step.coupling.function.convolutions.reduce(0) {
              $0 + Double($1.inputs * $1.outputs) * ($1.geometry.kernel == 3 ? taps : pixels)
            }
        }
    }
  }

  /// The inverse leads back to the images: every layer's derivatives are the business of the tests.
  private static func check(_ check: Check) throws {
    let small = network(steps: 2, filters: 16)
    let x = images()
    let network = small.initialised(on: x).layer
    let returned = network.inverse(network.forward(x).y).x
    try check.near(Double(returned.largestDifference(from: x)), 0, within: 1e-3, "round trip")
  }
}
