import MicroKernels

/// The input gradient of a convolution at stride 2. An input pixel lies under the taps of one, two or four output pixels, as its row and
/// column are even or odd, so there are four products, each of neighbouring pixels of the output gradient:
///
///                  even column: column j      odd column: columns j, j + 1       (3×3; a 1×1 convolution has the first product alone)
///     even row i     tap (1, 1)                 taps (1, 2), (1, 0)
///     odd row        taps (2, 1), (0, 1)        taps (2, 2), (2, 0), (0, 2), (0, 0)
///
/// Together they are the multiply-adds of the convolution; with zeros between the output's pixels there would be four times as many.
struct StridedInputGradient {
  private let inputs: Int
  private let outputs: Int
  /// Whether odd rows and columns get anything.
  private let hasNeighbours: Bool
  /// Of even and odd rows, of even and odd columns.
  private let products: [[PixelProduct]]

  /// Of the convolution with `weight`, outputs × (taps · inputs). Cost: packs the weights.
  init(_ weight: Matrix, _ geometry: Convolution) {
    let inputs = weight.columns / geometry.taps
    (self.inputs, outputs, hasNeighbours) = (inputs, weight.rows, geometry.kernel == 3)
    let kernel = geometry.kernel
    // In the order of the output pixels that they belong to.
    let parities = geometry.kernel == 3 ? [[1], [2, 0]] : [[0]]
    products = parities.map { rows in
      parities.map { columns in
        var values: [Float] = []
        values.reserveCapacity(inputs * rows.count * columns.count * weight.rows)
        for input in 0..<inputs {
          for row in rows {
            for column in columns {
              let first = (row * kernel + column) * inputs + input
              for output in 0..<weight.rows { values.append(weight.values[output * weight.columns + first]) }
            }
          }
        }
        let depth = columns.count * weight.rows
        return PixelProduct(
          values, outputs: inputs, segments: rows.count, depth: depth, aRow: rows.count * depth, aSegment: depth,
          aDepth: 1, segmentProducts: depth)
      }
    }
  }

  /// Writes all of dx. Every sum is one chain over output pixels and channels in ascending order.
  func run(_ dy: Activation, into dx: inout Activation) {
    guard dx.blocks * dx.vectorsPerBlock > 0 else { return }
    let target = dx.mutablePointer()
    let (height, width, blocks) = (dx.height, dx.width, dx.blocks)
    let scratch = ThreadScratch(
      threads: Parallel.threads, vectors: products.joined().reduce(0) { max($0, $1.scratchVectors) })
    Parallel.forEach(blocks * height) { index, thread in
      let (block, row) = index.quotientAndRemainder(dividingBy: height)
      let line = target + index * width * inputs
      guard hasNeighbours || row % 2 == 0 else {
        line.update(repeating: Vector(repeating: 0), count: width * inputs)
        return
      }
      runRow(
        row, width, dy.pointer + (block * dy.height + row / 2) * dy.width * outputs, dy, line, scratch.part(thread))
    }
  }

  /// One row; `source` is the output row above it or at its place.
  private func runRow(
    _ row: Int, _ width: Int, _ source: UnsafePointer<Vector>, _ dy: Activation, _ line: UnsafeMutablePointer<Vector>,
    _ scratch: UnsafeMutablePointer<Vector>
  ) {
    let rows = row % 2 == 1 && row / 2 + 1 < dy.height ? 2 : 1
    let products = products[row % 2]
    func compute(_ product: PixelProduct, _ first: Int, count: Int, depth: Int, from column: Int) {
      product.compute(
        PixelRun(
          count: count, segments: rows, depth: depth, input: source + first * outputs, inputPixel: outputs,
          inputSegment: dy.width * outputs,
          output: UnsafeMutableRawPointer(line + column * inputs).assumingMemoryBound(to: Float.self),
          outputPixel: 32 * inputs), scratch: scratch)
    }
    let (even, odd) = ((width + 1) / 2, width / 2)
    compute(products[0], 0, count: even, depth: outputs, from: 0)
    guard hasNeighbours else {
      for column in stride(from: 1, to: width, by: 2) {
        (line + column * inputs).update(repeating: Vector(repeating: 0), count: inputs)
      }
      return
    }
    // The last odd column of an even width has no output pixel on its right.
    let inside = min(odd, dy.width - 1)
    if inside > 0 { compute(products[1], 0, count: inside, depth: 2 * outputs, from: 1) }
    if odd > inside { compute(products[1], inside, count: 1, depth: outputs, from: 2 * inside + 1) }
  }
}
