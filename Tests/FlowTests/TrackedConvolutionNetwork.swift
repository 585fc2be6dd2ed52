import Flow
import Kernels

/// `ConvolutionNetwork` once more, normalised by the batch, as plain loops over numbers that know their error. Values of a
/// batch are in the order `[sample][y][x][channel]`.
struct TrackedConvolutionNetwork {
  /// The parameters in the order of visiting, to be moved for central differences.
  var parameters: [(name: String, values: [Double])]
  private let samples: Int
  private let height: Int
  private let width: Int
  private let filters: Int
  private let inputs: Int
  private let outputs: Int
  private let hasBatchNorm: Bool

  init(_ network: ConvolutionNetwork, samples: Int, height: Int, width: Int) {
    parameters = network.parameters().map { ($0.parameter.name, $0.values.map { Double($0) }) }
    (self.samples, self.height, self.width) = (samples, height, width)
    filters = network.convolutions[0].outputs
    inputs = network.convolutions[0].inputs
    outputs = network.convolutions[2].outputs
    hasBatchNorm = !network.norms.isEmpty
  }

  /// One evaluation.
  struct Evaluation {
    /// f(x).
    var y: [TrackedNumber] = []
    /// The batch's moments at each norm, and what its derivatives need.
    var norms: [TrackedNorm] = []
    /// What goes into each convolution.
    var convolved: [TrackedImages] = []
    /// What goes into each rectifier.
    var rectified: [TrackedImages] = []

    /// The batch's mean and biased variance at each norm.
    var moments: [(mean: [TrackedNumber], variance: [TrackedNumber])] { norms.map { ($0.mean, $0.variance) } }

    /// Whether no number on its way into a rectifier is near its kink, and all variances are above `variance`.
    func isClear(distance: Double, variance: Double) -> Bool {
      rectified.allSatisfy { $0.isClear(distance: distance) }
        && norms.allSatisfy { $0.variance.allSatisfy { $0.value > variance } }
    }
  }

  func evaluate(_ x: [Double]) -> Evaluation {
    var result = Evaluation()
    var current = image(x.map { TrackedNumber($0) }, inputs)
    for layer in 0..<2 {
      result.convolved.append(current)
      current = convolution(layer).forward(current)
      if hasBatchNorm {
        let norm = TrackedNorm(
          current, scale: values("norms.\(layer).scale") ?? [], shift: values("norms.\(layer).shift") ?? [])
        result.norms.append(norm)
        current = norm.y
      }
      result.rectified.append(current)
      current = current.rectified
    }
    result.convolved.append(current)
    result.y = convolution(2).forward(current).values
    return result
  }

  /// Σ c·y: the derivatives for x and for every parameter, with their errors; a statistic's are empty.
  func gradients(
    _ evaluation: Evaluation, _ c: [Double]
  ) -> (input: [TrackedNumber], parameters: [[TrackedNumber]]) {
    var gradients = [[TrackedNumber]](repeating: [], count: parameters.count)
    var dy = image(c.map { TrackedNumber($0) }, outputs)
    for layer in [2, 1, 0] {
      let x = evaluation.convolved[layer]
      if let place = place("convolutions.\(layer).bias") { gradients[place] = dy.channelSums }
      if let place = place("convolutions.\(layer).weight") {
        gradients[place] = convolution(layer).weightGradient(x, dy)
      }
      dy = convolution(layer).inputGradient(dy, of: x)
      guard layer > 0 else { break }
      dy = dy.masked(by: evaluation.rectified[layer - 1])
      guard hasBatchNorm else { continue }
      let (dx, dscale, dshift) = evaluation.norms[layer - 1].gradients(dy)
      if let place = place("norms.\(layer - 1).scale") { gradients[place] = dscale }
      if let place = place("norms.\(layer - 1).shift") { gradients[place] = dshift }
      dy = dx
    }
    return (dy.values, gradients)
  }

  private func image(_ values: [TrackedNumber], _ channels: Int) -> TrackedImages {
    TrackedImages(samples: samples, height: height, width: width, channels: channels, values: values)
  }

  private func convolution(_ layer: Int) -> TrackedConvolution {
    TrackedConvolution(
      weight: values("convolutions.\(layer).weight") ?? [], bias: values("convolutions.\(layer).bias"),
      outputs: layer == 2 ? outputs : filters, kernel: layer == 1 ? 1 : 3)
  }

  private func place(_ name: String) -> Int? { parameters.firstIndex { $0.name == name } }

  private func values(_ name: String) -> [Double]? { place(name).map { parameters[$0].values } }
}
