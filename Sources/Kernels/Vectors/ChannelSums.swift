import MicroKernels

/// Every channel's sum over all samples and pixels, in the order of memory and then over the lanes in a fixed order.
/// Lanes beyond the last sample must hold zero.
public func channelSums(_ x: ChannelView) -> [Float] {
  var sums = [Float](repeating: 0, count: x.channels)
  sumOverSamples(x, into: &sums, .replace)
  return sums
}

/// Every channel's sum of a·b over all samples and pixels, in the order of memory and then over the lanes in a fixed
/// order. Lanes beyond the last sample must hold zero in one of the two.
public func channelSums(_ a: ChannelView, times b: ChannelView) -> [Float] {
  precondition(
    a.channels == b.channels && a.samples == b.samples && a.pixels == b.pixels,
    "sums of products: shapes differ: \(a.activation.shape) [\(a.range)] and \(b.activation.shape) [\(b.range)]")
  let totals = VectorStorage(count: a.channels)
  let sums = totals.pointer
  sums.update(repeating: Vector(repeating: 0), count: a.channels)
  for pixel in 0..<a.pixels {
    let left = a.pointer + pixel * a.stride
    let right = b.pointer + pixel * b.stride
    for channel in 0..<a.channels { sums[channel] += left[channel] * right[channel] }
  }
  return (0..<a.channels).map { laneSum(sums[$0]) }
}

/// Every sample's sum over all pixels and channels, as one channel: pixel by pixel, then over the pixels.
public func sampleSums(_ x: ChannelView) -> Activation {
  let result = Activation(uninitialized: x.samples, channels: 1)
  let pixelsPerBlock = x.activation.height * x.activation.width
  for block in 0..<x.blocks {
    var total = Vector(repeating: 0)
    for pixel in (block * pixelsPerBlock)..<((block + 1) * pixelsPerBlock) {
      var sum = Vector(repeating: 0)
      for channel in 0..<x.channels { sum += x.pointer[pixel * x.stride + channel] }
      total += sum
    }
    result.storage.pointer[block] = total
  }
  return result
}
