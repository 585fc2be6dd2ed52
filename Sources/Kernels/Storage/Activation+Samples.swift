import MicroKernels

extension Activation {
  /// Batches one after the other, as one batch. Shapes but for samples must agree.
  ///
  /// Cost: one copy; several times as much where a part before the last has a number of samples that is no multiple of 16, as
  /// lanes move then.
  public init(stacking parts: [Activation]) {
    precondition(!parts.isEmpty, "stacking: expected at least one batch")
    let first = parts[0]
    self.init(
      uninitialized: parts.reduce(0) { $0 + $1.samples }, height: first.height, width: first.width,
      channels: first.channels)
    var start = 0
    for part in parts {
      precondition(
        part.height == height && part.width == width && part.channels == channels,
        "stacking: expected batches like \(first.shape), found \(part.shape)")
      copySamples(0..<part.samples, of: part, to: start)
      start += part.samples
    }
    clearPaddingLanes()
  }

  /// Some samples in their order. Cost: one copy; several times as much unless the range begins at a multiple of 16.
  public func samples(_ range: Range<Int>) -> Activation {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= samples,
      "samples: expected a range within 0..<\(samples), found \(range)")
    var result = Activation(uninitialized: range.count, height: height, width: width, channels: channels)
    result.copySamples(range, of: self, to: 0)
    result.clearPaddingLanes()
    return result
  }

  /// Copies samples to those from `start` on. Whole vectors where lanes stay in their places; lanes beyond are overwritten then.
  private mutating func copySamples(_ range: Range<Int>, of source: Activation, to start: Int) {
    let size = vectorsPerBlock
    let (from, to) = (source.pointer, mutablePointer())
    if range.lowerBound % 16 == 0 && start % 16 == 0 {
      let blocks = (range.count + 15) / 16
      (to + start / 16 * size).update(from: from + range.lowerBound / 16 * size, count: blocks * size)
      return
    }
    for (offset, sample) in range.enumerated() {
      let target = start + offset
      let (read, write) = (from + sample / 16 * size, to + target / 16 * size)
      for place in 0..<size { write[place][target % 16] = read[place][sample % 16] }
    }
  }
}
