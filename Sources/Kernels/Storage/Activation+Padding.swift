import MicroKernels

extension Activation {
  /// Sets the lanes beyond the last sample to zero, which is what a gradient must hold there. Cost: at most one block.
  public mutating func clearPaddingLanes() {
    let lanes = samples % 16
    guard lanes > 0 else { return }
    let first = (blocks - 1) * vectorsPerBlock
    let values = mutablePointer()
    for index in first..<(first + vectorsPerBlock) {
      for lane in lanes..<16 { values[index][lane] = 0 }
    }
  }
}
