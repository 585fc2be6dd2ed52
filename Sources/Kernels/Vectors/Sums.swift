import MicroKernels

/// The lanes' sum, always as ((0+8)+(4+12))+…: halves are added until one is left.
func laneSum(_ v: Vector) -> Float {
  let eight = v.lowHalf + v.highHalf
  let four = eight.lowHalf + eight.highHalf
  let two = four.lowHalf + four.highHalf
  return two[0] + two[1]
}

/// Sums every channel over all samples and pixels: block by block in order, then over the lanes in a fixed order.
func sumOverSamples(_ x: ChannelView, into sums: inout [Float], _ accumulation: Accumulation) {
  precondition(sums.count == x.channels, "sum: expected \(x.channels) sums, found \(sums.count)")
  for channel in 0..<x.channels {
    var total = Vector(repeating: 0)
    var vector = x.pointer + channel
    for _ in 0..<x.pixels {
      total += vector.pointee
      vector += x.stride
    }
    sums[channel] = accumulation == .add ? sums[channel] + laneSum(total) : laneSum(total)
  }
}
