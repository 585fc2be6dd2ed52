import MicroKernels

/// Every channel's mean over all pixels, as one pixel: global average pooling (Lin, Chen & Yan 2014, section 3.2). The sum
/// runs over the pixels in ascending order and is then multiplied by the rounded 1/pixels. Cost: one pass.
public func averagePool(_ x: Activation) -> Activation {
  let y = Activation(uninitialized: x.samples, channels: x.channels)
  let (pixels, channels) = (x.height * x.width, x.channels)
  let share = Vector(repeating: 1 / Float(max(pixels, 1)))
  let (source, output) = (Unchecked(x.pointer), Unchecked(y.storage.pointer))
  Parallel.forRanges(x.blocks, grain: max(1, 4096 / max(pixels * channels, 1))) { range in
    for block in range {
      let sums = output.value + block * channels
      sums.update(repeating: Vector(repeating: 0), count: channels)
      for pixel in 0..<pixels {
        let line = source.value + (block * pixels + pixel) * channels
        for channel in 0..<channels { sums[channel] += line[channel] }
      }
      for channel in 0..<channels { sums[channel] *= share }
    }
  }
  return y
}

/// The gradient of `averagePool` with respect to its input of height × width pixels: every pixel gets dy/pixels. Cost: one
/// pass.
public func averagePoolGradient(_ dy: Activation, height: Int, width: Int) -> Activation {
  precondition(
    dy.height == 1 && dy.width == 1, "averagePoolGradient: expected the gradient of one pixel, found \(dy.shape)")
  let dx = Activation(uninitialized: dy.samples, height: height, width: width, channels: dy.channels)
  let (pixels, channels) = (height * width, dy.channels)
  let share = Vector(repeating: 1 / Float(max(pixels, 1)))
  let (source, output) = (Unchecked(dy.pointer), Unchecked(dx.storage.pointer))
  Parallel.forRanges(dy.blocks, grain: max(1, 4096 / max(pixels * channels, 1))) { range in
    for block in range {
      let values = source.value + block * channels
      for pixel in 0..<pixels {
        let line = output.value + (block * pixels + pixel) * channels
        for channel in 0..<channels { line[channel] = values[channel] * share }
      }
    }
  }
  return dx
}
