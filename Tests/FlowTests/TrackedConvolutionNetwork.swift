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
  private static let epsilon = 1e-5

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
    /// The batch's mean and biased variance at each norm.
    var moments: [(mean: [TrackedNumber], variance: [TrackedNumber])] = []
    /// What goes into each convolution.
    var convolved: [[TrackedNumber]] = []
    /// What goes into each rectifier.
    var rectified: [[TrackedNumber]] = []
    /// Each norm's x̂, and its γ/√(σ² + ε).
    var normals: [[TrackedNumber]] = []
    var scales: [[TrackedNumber]] = []

    /// Whether all numbers on their way into a rectifier are farther from zero than Float's errors and `distance`
    /// together, and all variances above `variance`: no kink is near.
    func isClear(distance: Double, variance: Double) -> Bool {
      rectified.allSatisfy { $0.allSatisfy { abs($0.value) > distance + 0x1p-24 * $0.error } }
        && moments.allSatisfy { $0.variance.allSatisfy { $0.value > variance } }
    }
  }

  func evaluate(_ x: [Double]) -> Evaluation {
    var result = Evaluation()
    var current = x.map { TrackedNumber($0) }
    for layer in 0..<2 {
      result.convolved.append(current)
      var value = convolve(current, layer)
      if hasBatchNorm { value = normalise(value, layer, &result) }
      result.rectified.append(value)
      current = value.map { $0.value > 0 ? $0 : TrackedNumber(0) }
    }
    result.convolved.append(current)
    result.y = convolve(current, 2)
    return result
  }

  /// Σ c·y: the derivatives for x and for every parameter, with their errors; a statistic's are empty.
  func gradients(
    _ evaluation: Evaluation, _ c: [Double]
  ) -> (input: [TrackedNumber], parameters: [[TrackedNumber]]) {
    var gradients = [[TrackedNumber]](repeating: [], count: parameters.count)
    var dy = c.map { TrackedNumber($0) }
    for layer in [2, 1, 0] {
      let x = evaluation.convolved[layer]
      if let place = place("convolutions.\(layer).bias") { gradients[place] = channelSums(dy) }
      if let place = place("convolutions.\(layer).weight") { gradients[place] = weightGradient(x, dy, layer) }
      dy = inputGradient(dy, layer)
      guard layer > 0 else { break }
      dy = zip(dy, evaluation.rectified[layer - 1]).map { $1.value > 0 ? $0 : TrackedNumber(0) }
      guard hasBatchNorm else { continue }
      let (normals, scales) = (evaluation.normals[layer - 1], evaluation.scales[layer - 1])
      let dshift = channelSums(dy)
      let dscale = channelSums(zip(dy, normals).map { $0 * $1 })
      if let place = place("norms.\(layer - 1).scale") { gradients[place] = dscale }
      if let place = place("norms.\(layer - 1).shift") { gradients[place] = dshift }
      dy = dy.indices.map { index in
        let channel = index % filters
        let mean = scales[channel] * dshift[channel] / count
        let slope = scales[channel] * dscale[channel] / count
        return scales[channel] * dy[index] - mean - normals[index] * slope
      }
    }
    return (dy, gradients)
  }

  private var count: Double { Double(samples * height * width) }

  private func place(_ name: String) -> Int? { parameters.firstIndex { $0.name == name } }

  private func values(_ name: String) -> [Double]? { place(name).map { parameters[$0].values } }

  private func channels(_ layer: Int) -> (inputs: Int, outputs: Int) {
    (layer == 0 ? inputs : filters, layer == 2 ? outputs : filters)
  }

  /// Calls `body` with every tap inside the image: the output's and the input's pixel, counted through the batch.
  private func forEachTap(_ layer: Int, _ body: (_ tap: Int, _ output: Int, _ input: Int) -> Void) {
    let reach = layer == 1 ? 0 : 1
    for sample in 0..<samples {
      for y in 0..<height {
        for x in 0..<width {
          for dy in -reach...reach where (0..<height).contains(y + dy) {
            for dx in -reach...reach where (0..<width).contains(x + dx) {
              let pixel = (sample * height + y) * width + x
              body((dy + reach) * (2 * reach + 1) + dx + reach, pixel, pixel + dy * width + dx)
            }
          }
        }
      }
    }
  }

  private func convolve(_ x: [TrackedNumber], _ layer: Int) -> [TrackedNumber] {
    let (inputs, outputs) = channels(layer)
    let weight = values("convolutions.\(layer).weight") ?? []
    let taps = weight.count / (inputs * outputs)
    var sums = [TrackedSum](repeating: TrackedSum(), count: samples * height * width * outputs)
    if let bias = values("convolutions.\(layer).bias") {
      for index in sums.indices { sums[index].add(TrackedNumber(bias[index % outputs])) }
    }
    forEachTap(layer) { tap, output, input in
      for o in 0..<outputs {
        for i in 0..<inputs {
          sums[output * outputs + o].add(
            TrackedNumber(weight[(o * taps + tap) * inputs + i]) * x[input * inputs + i])
        }
      }
    }
    return sums.map(\.total)
  }

  private func inputGradient(_ dy: [TrackedNumber], _ layer: Int) -> [TrackedNumber] {
    let (inputs, outputs) = channels(layer)
    let weight = values("convolutions.\(layer).weight") ?? []
    let taps = weight.count / (inputs * outputs)
    var sums = [TrackedSum](repeating: TrackedSum(), count: samples * height * width * inputs)
    forEachTap(layer) { tap, output, input in
      for o in 0..<outputs {
        for i in 0..<inputs {
          sums[input * inputs + i].add(
            TrackedNumber(weight[(o * taps + tap) * inputs + i]) * dy[output * outputs + o])
        }
      }
    }
    return sums.map(\.total)
  }

  private func weightGradient(_ x: [TrackedNumber], _ dy: [TrackedNumber], _ layer: Int) -> [TrackedNumber] {
    let (inputs, outputs) = channels(layer)
    let size = values("convolutions.\(layer).weight")?.count ?? 0
    let taps = size / (inputs * outputs)
    var sums = [TrackedSum](repeating: TrackedSum(), count: size)
    forEachTap(layer) { tap, output, input in
      for o in 0..<outputs {
        for i in 0..<inputs {
          sums[(o * taps + tap) * inputs + i].add(dy[output * outputs + o] * x[input * inputs + i])
        }
      }
    }
    return sums.map(\.total)
  }

  /// Sums of the values of each channel.
  private func channelSums(_ values: [TrackedNumber]) -> [TrackedNumber] {
    let channels = values.count / (samples * height * width)
    var sums = [TrackedSum](repeating: TrackedSum(), count: channels)
    for (index, value) in values.enumerated() { sums[index % channels].add(value) }
    return sums.map(\.total)
  }

  private func normalise(_ x: [TrackedNumber], _ layer: Int, _ result: inout Evaluation) -> [TrackedNumber] {
    let gamma = values("norms.\(layer).scale") ?? []
    let beta = values("norms.\(layer).shift") ?? []
    let mean = channelSums(x).map { $0 / count }
    let squares = x.enumerated().map { index, value in
      let difference = value - mean[index % filters]
      return difference * difference
    }
    let variance = channelSums(squares).map { $0 / count }
    let inverse = variance.map { ($0 + TrackedNumber(Self.epsilon)).inverseRoot }
    let scale = (0..<filters).map { TrackedNumber(gamma[$0]) * inverse[$0] }
    let shift = (0..<filters).map { TrackedNumber(beta[$0]) - mean[$0] * scale[$0] }
    result.moments.append((mean, variance))
    result.scales.append(scale)
    result.normals.append(
      x.enumerated().map { index, value in
        let channel = index % filters
        return inverse[channel] * value - mean[channel] * inverse[channel]
      })
    return x.enumerated().map { index, value in scale[index % filters] * value + shift[index % filters] }
  }
}
