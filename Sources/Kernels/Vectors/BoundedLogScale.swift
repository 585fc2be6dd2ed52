import MicroKernels

/// ℓ = 2·tanh(raw / 2) of every value: the identity near zero, within ±2 everywhere, so that a scale e^ℓ stays between
/// e⁻² and e². Within 5 ulp.
public func boundedLogScale(_ raw: ChannelView) -> Activation {
  let half = mapContiguously(raw) { $0 * 0.5 }
  return mapContiguously(tanh(half).view) { $0 * 2 }
}

/// ∂L/∂raw from ℓ and ∂L/∂ℓ: ∂ℓ/∂raw = 1 − (ℓ/2)².
public func boundedLogScaleGradient(_ logScale: Activation, outputGradient: Activation) -> Activation {
  precondition(
    logScale.hasShape(of: outputGradient), "bounded log-scale: \(logScale.shape) and \(outputGradient.shape) differ")
  let result = logScale.uninitializedLike()
  let (output, l, dl) = (result.storage.pointer, logScale.pointer, outputGradient.pointer)
  for index in 0..<result.storage.count {
    let half = l[index] * 0.5
    output[index] = dl[index] * (1 - half * half)
  }
  return result
}

private func mapContiguously(_ x: ChannelView, _ kernel: (Vector) -> Vector) -> Activation {
  let y = x.activation.uninitializedLike(channels: x.channels)
  let output = y.storage.pointer
  for pixel in 0..<x.pixels {
    for channel in 0..<x.channels {
      output[pixel * x.channels + channel] = kernel(x.pointer[pixel * x.stride + channel])
    }
  }
  return y
}
