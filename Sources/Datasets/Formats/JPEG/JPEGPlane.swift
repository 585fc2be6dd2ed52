/// The samples of one component, and how its lines are stretched to the image's width and height.
///
/// Components of half the resolution are interpolated by a triangle (weights 3/4 and 1/4), which libjpeg calls fancy
/// upsampling, with its rounding; other ratios repeat samples.
struct JPEGPlane {
  /// Samples in a line, and lines, without padding.
  private let width: Int
  private let height: Int
  /// Samples in a stored line.
  private let stride: Int
  private let samples: [UInt8]
  /// The component's sampling factors over the largest ones.
  private let horizontal: (own: Int, largest: Int)
  private let vertical: (own: Int, largest: Int)
  private let stretch: Stretch

  private enum Stretch {
    case none, repetition
    /// Interpolated along lines, across them, or both.
    case lines, columns, both
  }

  /// The plane of a component from its coefficients (`JPEGScanDecoder.decode`) and quantisation steps in natural order.
  init(_ component: JPEGFrame.Component, of frame: JPEGFrame, coefficients: Span<Int16>, table: [UInt16]) {
    width = component.width
    height = component.height
    stride = 8 * component.storedColumns
    horizontal = (component.horizontal, frame.horizontal)
    vertical = (component.vertical, frame.vertical)
    var samples = [UInt8](repeating: 0, count: 64 * component.storedBlocks)
    var allSamples = samples.mutableSpan
    let row = 64 * component.storedColumns
    for index in 0..<component.storedRows {
      let start = 64 * component.firstBlock + index * row
      InverseDCT.transform(
        coefficients.extracting(start..<start + row), dequantisedBy: table.span, into: &allSamples, from: index * row)
    }
    self.samples = samples

    let doublesLines = 2 * horizontal.own == horizontal.largest
    let doublesColumns = 2 * vertical.own == vertical.largest
    let keepsLines = horizontal.own == horizontal.largest
    let keepsColumns = vertical.own == vertical.largest
    if keepsLines && keepsColumns {
      stretch = .none
    } else if doublesLines && keepsColumns && width > 2 {
      // libjpeg interpolates along lines of more than two samples only.
      stretch = .lines
    } else if doublesLines && doublesColumns && width > 2 {
      stretch = .both
    } else if keepsLines && doublesColumns {
      stretch = .columns
    } else {
      stretch = .repetition
    }
  }

  /// Writes line `y` of the image to `line`, which is as long as the image is wide.
  func write(line y: Int, to line: inout MutableSpan<UInt8>) {
    let samples = samples.span
    // Between two lines of samples, an image's line is nearer to the one above or below in turn.
    let near: Int = y * vertical.own / vertical.largest
    let far: Int = min(max(y % 2 == 0 ? near - 1 : near + 1, 0), height - 1)
    let (nearest, other) = (near * stride, far * stride)
    switch stretch {
    case .none:
      for x in 0..<line.count { line[x] = samples[nearest &+ x] }
    case .repetition:
      for x in 0..<line.count { line[x] = samples[nearest + x * horizontal.own / horizontal.largest] }
    case .columns:
      let rounding = y % 2 == 0 ? 1 : 2
      for x in 0..<line.count {
        let sum = 3 &* Int(samples[nearest &+ x]) &+ Int(samples[other &+ x]) &+ rounding
        line[x] = UInt8(truncatingIfNeeded: sum &>> 2)
      }
    case .lines:
      interpolate(into: &line, rounding: (1, 2), shift: 2) { Int(samples[nearest &+ $0]) }
    case .both:
      interpolate(into: &line, rounding: (8, 7), shift: 4) {
        3 &* Int(samples[nearest &+ $0]) &+ Int(samples[other &+ $0])
      }
    }
  }

  /// Two samples for each of `value(0..<width)`, at a quarter to its left and to its right.
  @inline(__always)
  private func interpolate(
    into line: inout MutableSpan<UInt8>, rounding: (left: Int, right: Int), shift: Int, value: (Int) -> Int
  ) {
    var (before, here) = (value(0), value(0))
    for x in 0..<width {
      let after = value(min(x &+ 1, width &- 1))
      // At the ends the neighbour is the sample itself, and 3 + 1 of it give it again, whatever the rounding.
      line[2 &* x] = UInt8(truncatingIfNeeded: (3 &* here &+ before &+ rounding.left) &>> shift)
      if 2 &* x &+ 1 < line.count {
        line[2 &* x &+ 1] = UInt8(truncatingIfNeeded: (3 &* here &+ after &+ rounding.right) &>> shift)
      }
      (before, here) = (here, after)
    }
  }
}
