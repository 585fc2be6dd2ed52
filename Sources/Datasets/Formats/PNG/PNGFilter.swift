/// The filters of PNG's scanlines (specification, section 9.2): 0 none, 1 left, 2 up, 3 average, 4 Paeth.
enum PNGFilter {
  /// How many filters there are.
  static let count = 5

  /// Filters a line of pixels of `step` bytes; `above` is the line before it, zeros before the first.
  static func apply(
    _ filter: Int, to line: [UInt8], above: [UInt8], step: Int, into residual: inout [UInt8]
  ) {
    for x in line.indices {
      let left = x >= step ? line[x - step] : 0
      let up = above[x]
      let prediction: UInt8
      switch filter {
      case 0: prediction = 0
      case 1: prediction = left
      case 2: prediction = up
      case 3: prediction = UInt8((Int(left) + Int(up)) / 2)
      default: prediction = paeth(left: Int(left), up: Int(up), corner: x >= step ? Int(above[x - step]) : 0)
      }
      residual[x] = line[x] &- prediction
    }
  }

  /// Undoes a filter in place: afterwards `line` has the pixels of which it had the residuals.
  static func undo(_ filter: Int, in line: inout MutableSpan<UInt8>, above: Span<UInt8>, step: Int) {
    precondition(above.count == line.count, "lines of \(above.count) and \(line.count) bytes")
    switch filter {
    case 1: for x in step..<max(step, line.count) { line[x] = line[x] &+ line[x &- step] }
    case 2: for x in 0..<line.count { line[x] = line[x] &+ above[x] }
    case 3:
      for x in 0..<line.count {
        let left = x >= step ? Int(line[x &- step]) : 0
        line[x] = line[x] &+ UInt8(truncatingIfNeeded: (left &+ Int(above[x])) &>> 1)
      }
    case 4:
      for x in 0..<line.count {
        let (left, corner) = x >= step ? (Int(line[x &- step]), Int(above[x &- step])) : (0, 0)
        line[x] = line[x] &+ paeth(left: left, up: Int(above[x]), corner: corner)
      }
    default: break
    }
  }

  /// Whichever neighbour is nearest to left + up - corner, ties going to the left, then up.
  @inline(__always)
  private static func paeth(left: Int, up: Int, corner: Int) -> UInt8 {
    let (toLeft, toUp, toCorner) = (abs(up - corner), abs(left - corner), abs(left + up - 2 * corner))
    if toLeft <= toUp && toLeft <= toCorner { return UInt8(truncatingIfNeeded: left) }
    return UInt8(truncatingIfNeeded: toUp <= toCorner ? up : corner)
  }
}
