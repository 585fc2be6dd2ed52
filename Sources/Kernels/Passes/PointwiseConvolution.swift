import MicroKernels

/// A 1×1 convolution at stride 1, some rows at a time.
struct PointwiseConvolution {
  private let x: any ImageRows
  private let product: PixelProduct

  /// The convolution with `weight`, outputs × x.channels.
  init(_ x: any ImageRows, weight: Matrix, bias: [Float]? = nil, rectifies: Bool = false) {
    precondition(
      weight.columns == x.channels,
      "convolution: weight \(weight.rows)×\(weight.columns) does not fit \(x.channels) inputs")
    self.x = x
    product = PixelProduct(weight.values, outputs: weight.rows, depth: x.channels, bias: bias, rectifies: rectifies)
  }

  /// The input gradient of the convolution with `weight`, x.channels × inputs, of an output gradient x.
  init(_ x: any ImageRows, flipping weight: Matrix) {
    self.x = x
    product = PixelProduct(
      weight.values, outputs: weight.columns, segments: 1, depth: x.channels, aRow: 1, aSegment: 0,
      aDepth: weight.columns, segmentProducts: x.channels)
  }

  /// Writes some rows of the output, and returns those of the input that they were made of.
  @discardableResult
  func write(
    _ block: Int, _ rows: Range<Int>, to y: UnsafeMutablePointer<Vector>, _ scratch: UnsafeMutablePointer<Vector>
  ) -> UnsafePointer<Vector> {
    let input = x.rows(block, rows, scratch + product.scratchVectors)
    product.compute(
      PixelRun(pixels: rows.count * width, input, channels: x.channels, to: y, channels), scratch: scratch)
    return input
  }

  /// What `write` needs for some rows.
  func writeScratchVectors(rows: Int) -> Int { product.scratchVectors + x.scratchVectors(rows: rows) }
}

extension PointwiseConvolution: WrittenRows {
  var samples: Int { x.samples }
  var height: Int { x.height }
  var width: Int { x.width }
  var channels: Int { product.outputs }

  func scratchVectors(rows: Int) -> Int { rows * line + writeScratchVectors(rows: rows) }

  func rows(_ block: Int, _ rows: Range<Int>, _ scratch: UnsafeMutablePointer<Vector>) -> UnsafePointer<Vector> {
    write(block, rows, to: scratch, scratch + rows.count * line)
    return UnsafePointer(scratch)
  }
}
