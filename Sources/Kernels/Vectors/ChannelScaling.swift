import MicroKernels

// Scales and shifts with one number a channel, the same for all pixels and samples.

/// (x + shift)·scale, channel by channel: two roundings a value.
public func shiftThenScale(_ x: ChannelView, shift: [Float], scale: [Float]) -> Activation {
  mapChannels(x, shift, scale) { value, shift, scale in (value + shift) * scale }
}

/// x / scale − shift, channel by channel: the inverse of `shiftThenScale`, two roundings a value.
public func unscaleThenUnshift(_ x: ChannelView, shift: [Float], scale: [Float]) -> Activation {
  mapChannels(x, shift, scale) { value, shift, scale in value / scale - shift }
}

/// x·scale, channel by channel.
public func scaleChannels(_ x: ChannelView, by scale: [Float]) -> Activation {
  mapChannels(x, scale, scale) { value, _, scale in value * scale }
}

/// `kernel` of every vector and its channel's two numbers. Tasks write pixels of their own.
@inline(__always)
private func mapChannels(
  _ x: ChannelView, _ first: [Float], _ second: [Float], _ kernel: (Vector, Vector, Vector) -> Vector
) -> Activation {
  precondition(
    first.count == x.channels && second.count == x.channels,
    "scaling: expected \(x.channels) numbers, found \(first.count) and \(second.count)")
  let y = x.activation.uninitializedLike(channels: x.channels)
  let output = Unchecked(y.storage.pointer)
  let input = Unchecked(x.pointer)
  let (channels, stride) = (x.channels, x.stride)
  first.withUnsafeBufferPointer { first in
    second.withUnsafeBufferPointer { second in
      Parallel.forRanges(x.pixels, grain: max(1, 1024 / max(channels, 1))) { pixels in
        for pixel in pixels {
          for channel in 0..<channels {
            output.value[pixel * channels + channel] = kernel(
              input.value[pixel * stride + channel], Vector(repeating: first[channel]),
              Vector(repeating: second[channel]))
          }
        }
      }
    }
  }
  return y
}
