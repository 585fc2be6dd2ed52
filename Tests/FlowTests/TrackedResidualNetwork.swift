import Flow
import Kernels

/// `ResidualNetwork` once more, or one of its blocks, normalised by the batch, as plain loops over numbers that know their
/// error.
struct TrackedResidualNetwork {
  /// The parameters in the order of visiting, to be moved for central differences.
  var parameters: [(parameter: Parameter, values: [Double])]

  init(_ network: some Parameterised) {
    parameters = network.parameters().map { ($0.parameter, $0.values.map { Double($0) }) }
  }

  /// One evaluation: its output, and what derivatives need.
  struct Evaluation {
    var y: TrackedImages
    /// Whether no rectifier's input is near its kink and no variance small.
    var isClear = true
    /// From the derivative of the output to that of the input, and those of the parameters, by name.
    var backward: (TrackedImages, inout [String: [TrackedNumber]]) -> TrackedImages = { dy, _ in dy }
  }

  /// The whole network.
  func evaluate(_ x: TrackedImages, blocks: Int) -> Evaluation {
    var steps = [{ norm(convolution($0, "stem."), "stemNorm.") }, rectify]
    for stage in 0..<ResidualNetwork.stageCount {
      for block in 0..<blocks {
        let stride = stage > 0 && block == 0 ? 2 : 1
        steps.append { self.block($0, "stages.\(stage).blocks.\(block).", stride: stride) }
      }
    }
    return chain(Evaluation(y: x), steps + [pool, dense])
  }

  /// A block.
  func block(_ x: Evaluation, _ prefix: String, stride: Int) -> Evaluation {
    let start = Evaluation(y: x.y, isClear: x.isClear)
    let main = chain(
      start,
      [
        { norm(convolution($0, "\(prefix)convolutions.0.", stride: stride), "\(prefix)norms.0.") }, rectify,
        { norm(convolution($0, "\(prefix)convolutions.1."), "\(prefix)norms.1.") },
      ])
    let isProjected = values("\(prefix)projection.convolution.weight") != nil
    let projection = "\(prefix)projection."
    let shortcut =
      isProjected
      ? norm(convolution(start, "\(projection)convolution.", kernel: 1, stride: stride), "\(projection)norm.") : start
    let sum = Evaluation(y: main.y + shortcut.y, isClear: main.isClear && shortcut.isClear) { dy, gradients in
      x.backward(main.backward(dy, &gradients) + shortcut.backward(dy, &gradients), &gradients)
    }
    return rectify(sum)
  }

  private func chain(_ x: Evaluation, _ steps: [(Evaluation) -> Evaluation]) -> Evaluation {
    steps.reduce(x) { $1($0) }
  }

  private func convolution(_ x: Evaluation, _ prefix: String, kernel: Int = 3, stride: Int = 1) -> Evaluation {
    let weight = values(prefix + "weight") ?? []
    let layer = TrackedConvolution(
      weight: weight, bias: nil, outputs: weight.count / (kernel * kernel * x.y.channels), kernel: kernel,
      stride: stride)
    return Evaluation(y: layer.forward(x.y), isClear: x.isClear) { dy, gradients in
      gradients[prefix + "weight"] = layer.weightGradient(x.y, dy)
      return x.backward(layer.inputGradient(dy, of: x.y), &gradients)
    }
  }

  private func norm(_ x: Evaluation, _ prefix: String) -> Evaluation {
    let norm = TrackedNorm(x.y, scale: values(prefix + "scale") ?? [], shift: values(prefix + "shift") ?? [])
    let isClear = x.isClear && norm.variance.allSatisfy { $0.value > 0x1p-8 }
    return Evaluation(y: norm.y, isClear: isClear) { dy, gradients in
      let (dx, dscale, dshift) = norm.gradients(dy)
      gradients[prefix + "scale"] = dscale
      gradients[prefix + "shift"] = dshift
      return x.backward(dx, &gradients)
    }
  }

  private func rectify(_ x: Evaluation) -> Evaluation {
    Evaluation(y: x.y.rectified, isClear: x.isClear && x.y.isClear(distance: 0x1p-17)) { dy, gradients in
      x.backward(dy.masked(by: x.y), &gradients)
    }
  }

  /// The mean over all pixels; the factor 1/pixels is rounded.
  private func pool(_ x: Evaluation) -> Evaluation {
    let pixels = x.y.height * x.y.width
    let share = TrackedNumber(1 / Double(pixels), error: 1 / Double(pixels))
    func index(_ sample: Int, _ pixel: Int, _ channel: Int) -> Int {
      (sample * pixels + pixel) * x.y.channels + channel
    }
    var means: [TrackedNumber] = []
    for sample in 0..<x.y.samples {
      for channel in 0..<x.y.channels {
        var sum = TrackedSum()
        for pixel in 0..<pixels { sum.add(x.y.values[index(sample, pixel, channel)]) }
        means.append(sum.total * share)
      }
    }
    let y = TrackedImages(samples: x.y.samples, height: 1, width: 1, channels: x.y.channels, values: means)
    return Evaluation(y: y, isClear: x.isClear) { dy, gradients in
      let dx = x.y.values.indices.map { place in
        dy.values[place / (pixels * x.y.channels) * x.y.channels + place % x.y.channels] * share
      }
      return x.backward(x.y.with(dx), &gradients)
    }
  }

  private func dense(_ x: Evaluation) -> Evaluation {
    let bias = values("readOut.bias") ?? []
    let layer = TrackedConvolution(
      weight: values("readOut.weight") ?? [], bias: bias, outputs: bias.count, kernel: 1)
    return Evaluation(y: layer.forward(x.y), isClear: x.isClear) { dy, gradients in
      gradients["readOut.weight"] = layer.weightGradient(x.y, dy)
      gradients["readOut.bias"] = dy.channelSums
      return x.backward(layer.inputGradient(dy, of: x.y), &gradients)
    }
  }

  private func values(_ name: String) -> [Double]? { parameters.first { $0.parameter.name == name }?.values }
}
