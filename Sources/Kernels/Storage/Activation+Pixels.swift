import MicroKernels

extension Activation {
  /// A copy whose pixel i, counted row by row, is this one's pixel `order[i]`. Cost: one copy.
  public func permutingPixels(_ order: [Int]) -> Activation {
    precondition(
      order.count == height * width, "permuting pixels: expected \(height * width) of them, found \(order.count)")
    for source in order {
      precondition((0..<height * width).contains(source), "permuting pixels: pixel \(source) outside \(shape)")
    }
    let result = uninitializedLike()
    let destination = result.storage.pointer
    for block in 0..<blocks {
      let first = block * order.count
      for (pixel, source) in order.enumerated() {
        (destination + (first + pixel) * channels).update(from: pointer + (first + source) * channels, count: channels)
      }
    }
    return result
  }
}
