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
  let totals = VectorStorage(count: x.channels)
  totals.pointer.update(repeating: Vector(repeating: 0), count: x.channels)
  let add = InstructionSet.selected.add
  let output = Unchecked(totals.pointer)
  // Pixel by pixel, all channels of a task at a time: the order in which memory lies. Each task owns its channels.
  Parallel.forRanges(x.channels, grain: max(16, 16384 / max(x.pixels, 1))) { range in
    let sums = output.value + range.lowerBound
    for pixel in 0..<x.pixels {
      add(range.count, UnsafePointer(sums), x.pointer + (pixel * x.stride + range.lowerBound), sums)
    }
  }
  for channel in 0..<x.channels {
    let sum = laneSum(totals.pointer[channel])
    sums[channel] = accumulation == .add ? sums[channel] + sum : sum
  }
}
