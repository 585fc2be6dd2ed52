import MicroKernels

// y = x·s + t with a scale and a shift for every value, and its inverse and gradients: the arithmetic of an affine
// coupling. The product is rounded before the sum, so that the inverse retraces it.

/// x·scale + shift, value by value: two roundings.
public func affineMap(_ x: ChannelView, scale: Activation, shift: ChannelView) -> Activation {
  mapTriples(x, scale, shift) { x, scale, shift in x * scale + shift }
}

/// (y − shift) / scale, value by value: two roundings.
public func affineMapInverse(_ y: ChannelView, scale: Activation, shift: ChannelView) -> Activation {
  mapTriples(y, scale, shift) { y, scale, shift in (y - shift) / scale }
}

/// With y = x·s + t, s = e^ℓ and ln |det ∂y/∂x| = Σ ℓ: ∂L/∂x = s·dy and ∂L/∂ℓ = dy·x·s + ∂L/∂logDet, the last one a
/// number for each sample (one channel).
public func affineMapGradients(
  _ x: ChannelView, scale: Activation, outputGradient dy: ChannelView, logDetGradient: Activation
) -> (inputGradient: Activation, logScaleGradient: Activation) {
  precondition(
    logDetGradient.samples == x.samples && logDetGradient.valuesPerSample == 1,
    "affine map: a log-determinant's gradient of \(logDetGradient.shape) for \(x.samples) samples")
  let dx = mapTriples(dy, scale, dy) { dy, scale, _ in dy * scale }
  var dlogScale = mapTriples(x, dx, x) { x, dx, _ in dx * x }
  let values = dlogScale.mutablePointer()
  for block in 0..<dlogScale.blocks {
    let constant = logDetGradient.pointer[block]
    let perBlock = dlogScale.vectorsPerBlock
    for index in (block * perBlock)..<((block + 1) * perBlock) { values[index] += constant }
  }
  return (dx, dlogScale)
}

/// `kernel` of three vectors at the same pixel and channel. Tasks write pixels of their own.
@inline(__always)
private func mapTriples(
  _ a: ChannelView, _ b: Activation, _ c: ChannelView, _ kernel: (Vector, Vector, Vector) -> Vector
) -> Activation {
  precondition(
    [a, c].allSatisfy {
      $0.channels == b.channels && $0.samples == b.samples && $0.activation.height == b.height
        && $0.activation.width == b.width
    },
    "affine map: \(a.activation.shape) [\(a.range)], \(b.shape) and \(c.activation.shape) [\(c.range)] do not fit")
  let y = b.uninitializedLike()
  let output = Unchecked(y.storage.pointer)
  let (first, second, third) = (Unchecked(a.pointer), Unchecked(b.pointer), Unchecked(c.pointer))
  let channels = b.channels
  let (firstStride, thirdStride) = (a.stride, c.stride)
  Parallel.forRanges(a.pixels, grain: max(1, 1024 / max(channels, 1))) { pixels in
    for pixel in pixels {
      for channel in 0..<channels {
        output.value[pixel * channels + channel] = kernel(
          first.value[pixel * firstStride + channel], second.value[pixel * channels + channel],
          third.value[pixel * thirdStride + channel])
      }
    }
  }
  return y
}
