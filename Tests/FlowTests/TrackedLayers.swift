// The parts of convolutional networks as plain loops over numbers that know their error.

/// A batch of images; values are in the order `[sample][y][x][channel]`.
struct TrackedImages {
  let samples: Int
  let height: Int
  let width: Int
  let channels: Int
  var values: [TrackedNumber]

  /// Images of the same pixels with another number of channels where given.
  func with(channels: Int? = nil, _ values: [TrackedNumber]) -> TrackedImages {
    TrackedImages(samples: samples, height: height, width: width, channels: channels ?? self.channels, values: values)
  }

  /// Samples times pixels.
  var count: Double { Double(samples * height * width) }

  /// Sums of the values of each channel.
  var channelSums: [TrackedNumber] {
    var sums = [TrackedSum](repeating: TrackedSum(), count: channels)
    for (index, value) in values.enumerated() { sums[index % channels].add(value) }
    return sums.map(\.total)
  }

  /// Value by value.
  static func + (a: TrackedImages, b: TrackedImages) -> TrackedImages {
    a.with(zip(a.values, b.values).map { $0 + $1 })
  }

  /// What passes a rectifier.
  var rectified: TrackedImages { with(values.map { $0.value > 0 ? $0 : TrackedNumber(0) }) }

  /// The values where a rectifier let its inputs pass.
  func masked(by inputs: TrackedImages) -> TrackedImages {
    with(zip(values, inputs.values).map { $1.value > 0 ? $0 : TrackedNumber(0) })
  }

  /// Whether all values are farther from zero than Float's errors and `distance` together: no kink is near.
  func isClear(distance: Double) -> Bool { values.allSatisfy { abs($0.value) > distance + 0x1p-24 * $0.error } }
}

/// y = W ∗ x + bias, with same padding.
struct TrackedConvolution {
  let weight: [Double]
  let bias: [Double]?
  let outputs: Int
  var kernel = 3
  var stride = 1

  /// Calls `body` with every tap inside the image: the output's and the input's pixel, counted through the batch.
  private func forEachTap(
    _ samples: Int, _ height: Int, _ width: Int, _ body: (_ tap: Int, _ output: Int, _ input: Int) -> Void
  ) {
    let reach = kernel / 2
    var output = 0
    for sample in 0..<samples {
      for y in Swift.stride(from: 0, to: height, by: stride) {
        for x in Swift.stride(from: 0, to: width, by: stride) {
          for dy in -reach...reach where (0..<height).contains(y + dy) {
            for dx in -reach...reach where (0..<width).contains(x + dx) {
              body(
                (dy + reach) * kernel + dx + reach, output, (sample * height + y + dy) * width + x + dx)
            }
          }
          output += 1
        }
      }
    }
  }

  private func sums(_ count: Int) -> [TrackedSum] { [TrackedSum](repeating: TrackedSum(), count: count) }

  private func place(_ o: Int, _ tap: Int, _ i: Int, _ inputs: Int) -> Int { (o * kernel * kernel + tap) * inputs + i }

  func forward(_ x: TrackedImages) -> TrackedImages {
    let (height, width) = ((x.height + stride - 1) / stride, (x.width + stride - 1) / stride)
    var sums = sums(x.samples * height * width * outputs)
    if let bias { for index in sums.indices { sums[index].add(TrackedNumber(bias[index % outputs])) } }
    forEachTap(x.samples, x.height, x.width) { tap, output, input in
      for o in 0..<outputs {
        for i in 0..<x.channels {
          sums[output * outputs + o].add(
            TrackedNumber(weight[place(o, tap, i, x.channels)]) * x.values[input * x.channels + i])
        }
      }
    }
    return TrackedImages(
      samples: x.samples, height: height, width: width, channels: outputs, values: sums.map(\.total))
  }

  func inputGradient(_ dy: TrackedImages, of x: TrackedImages) -> TrackedImages {
    var sums = sums(x.values.count)
    forEachTap(x.samples, x.height, x.width) { tap, output, input in
      for o in 0..<outputs {
        for i in 0..<x.channels {
          sums[input * x.channels + i].add(
            TrackedNumber(weight[place(o, tap, i, x.channels)]) * dy.values[output * outputs + o])
        }
      }
    }
    return x.with(sums.map(\.total))
  }

  func weightGradient(_ x: TrackedImages, _ dy: TrackedImages) -> [TrackedNumber] {
    var sums = sums(weight.count)
    forEachTap(x.samples, x.height, x.width) { tap, output, input in
      for o in 0..<outputs {
        for i in 0..<x.channels {
          sums[place(o, tap, i, x.channels)].add(
            dy.values[output * outputs + o] * x.values[input * x.channels + i])
        }
      }
    }
    return sums.map(\.total)
  }
}

/// Normalisation by the batch's moments.
struct TrackedNorm {
  /// What is behind it.
  let y: TrackedImages
  /// The batch's mean and biased variance.
  let mean, variance: [TrackedNumber]
  /// x̂, and γ/√(σ² + ε) of every channel.
  private let normals: [TrackedNumber]
  private let scales: [TrackedNumber]
  private static let epsilon = 1e-5

  init(_ x: TrackedImages, scale gamma: [Double], shift beta: [Double]) {
    let channels = x.channels
    let mean = x.channelSums.map { $0 / x.count }
    let squares = x.values.enumerated().map { index, value in
      let difference = value - mean[index % channels]
      return difference * difference
    }
    variance = x.with(squares).channelSums.map { $0 / x.count }
    let inverse = variance.map { ($0 + TrackedNumber(Self.epsilon)).inverseRoot }
    let scales = (0..<channels).map { TrackedNumber(gamma[$0]) * inverse[$0] }
    let shifts = (0..<channels).map { TrackedNumber(beta[$0]) - mean[$0] * scales[$0] }
    normals = x.values.enumerated().map { index, value in
      let channel = index % channels
      return inverse[channel] * value - mean[channel] * inverse[channel]
    }
    y = x.with(x.values.enumerated().map { scales[$0 % channels] * $1 + shifts[$0 % channels] })
    (self.mean, self.scales) = (mean, scales)
  }

  /// The derivatives for the input, γ and β.
  func gradients(_ dy: TrackedImages) -> (input: TrackedImages, scale: [TrackedNumber], shift: [TrackedNumber]) {
    let dshift = dy.channelSums
    let dscale = dy.with(zip(dy.values, normals).map { $0 * $1 }).channelSums
    let dx = dy.values.indices.map { index in
      let channel = index % dy.channels
      let mean = scales[channel] * dshift[channel] / dy.count
      let slope = scales[channel] * dscale[channel] / dy.count
      return scales[channel] * dy.values[index] - mean - normals[index] * slope
    }
    return (dy.with(dx), dscale, dshift)
  }
}
