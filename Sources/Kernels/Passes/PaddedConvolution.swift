import MicroKernels

/// A 3×3 convolution at stride 1 of few channels, row by row: from a copy with a border of zeros, so that all pixels of a row have the
/// same taps.
struct PaddedConvolution {
  /// The input.
  let padded: PaddedRows
  let samples: Int
  let height: Int
  let width: Int
  private let product: PixelProduct
  private let inputs: Int

  /// Few: what is copied is less than a tenth of what is written.
  static func fits(_ geometry: Convolution, inputs: Int) -> Bool {
    geometry.kernel == 3 && geometry.stride == 1 && inputs <= PartialWeightGradient.channels
  }

  /// Whether making rows of the output again takes less time than reading them from memory: up to nine cycles a vector, where reading
  /// takes ten to twenty.
  var isCheap: Bool { inputs <= 2 }

  /// The convolution with `weight`, outputs × (9 · x.channels).
  init(_ x: ChannelView, weight: Matrix, bias: [Float]? = nil, rectifies: Bool = false) {
    self.init(
      x,
      PixelProduct(
        weight.values, outputs: weight.rows, segments: 1, depth: weight.columns, aRow: weight.columns, aSegment: 0,
        aDepth: 1, segmentProducts: 3 * x.channels, bias: bias, rectifies: rectifies))
  }

  /// The input gradient of the convolution with `weight`, x.channels × (9 · inputs), of an output gradient x.
  init(_ x: ChannelView, flipping weight: Matrix) {
    let inputs = weight.columns / 9
    self.init(
      x,
      PixelProduct(
        weight.values, offset: 8 * inputs, outputs: inputs, segments: 9, depth: x.channels, aRow: 1, aSegment: -inputs,
        aDepth: weight.columns, segmentProducts: 3 * x.channels))
  }

  private init(_ x: ChannelView, _ product: PixelProduct) {
    padded = PaddedRows(x)
    self.product = product
    (samples, inputs, height, width) = (x.samples, x.channels, x.activation.height, x.activation.width)
  }

  /// Writes some rows of the output.
  @discardableResult
  func write(
    _ block: Int, _ rows: Range<Int>, to y: UnsafeMutablePointer<Vector>, _ scratch: UnsafeMutablePointer<Vector>
  ) -> UnsafePointer<Vector> {
    let output = UnsafeMutableRawPointer(y).assumingMemoryBound(to: Float.self)
    for row in rows {
      let first = max(0, 1 - row)
      let last = min(3, height + 1 - row)
      product.compute(
        PixelRun(
          count: width, firstProduct: first * 3 * inputs, segments: last - first, depth: 3 * inputs,
          input: padded.row(block, row + first - 1), inputPixel: inputs, inputSegment: padded.lineVectors,
          output: output + 16 * (row - rows.lowerBound) * line, outputPixel: 16 * channels), scratch: scratch)
    }
    return padded.row(block, max(0, rows.lowerBound - 1))
  }
}

extension PaddedConvolution: WrittenRows {
  var channels: Int { product.outputs }

  func writeScratchVectors(rows: Int) -> Int { product.scratchVectors }

  func scratchVectors(rows: Int) -> Int { product.scratchVectors + rows * line }

  func rows(_ block: Int, _ rows: Range<Int>, _ scratch: UnsafeMutablePointer<Vector>) -> UnsafePointer<Vector> {
    let y = scratch + product.scratchVectors
    write(block, rows, to: y, scratch)
    return UnsafePointer(y)
  }
}
