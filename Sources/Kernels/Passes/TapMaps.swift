import MicroKernels

/// A 3×3 convolution with few outputs, as one product with every pixel and nine shifted sums:
///
///     map[p, tap, o] = Σ_i W[o, tap, i]·x[p, i]        y[q, o] = bias[o] + Σ_tap map[q + tap − 1, tap, o]
///
/// Every pixel is read once, and the product has nine times as many rows: enough for a tall tile, where the convolution of two
/// outputs as it stands reads a vector from memory for every two multiply-adds. Taps beside the image are computed and dropped, those
/// above and below it are not computed.
struct TapMaps {
  /// Up to how many outputs, and from which width on, this is faster (measured): a tile of few rows does well from eight rows on,
  /// and the taps beside the image are a sixth of all at four pixels.
  static let (outputs, width) = (4, 8)

  let outputs: Int
  private let inputs: Int
  /// The products of all kernel rows, of the first two and of the last two.
  private let products: [PixelProduct]
  private let start: VectorStorage

  /// The convolution with `weight`, outputs × (9 · inputs). An empty `bias` is none.
  init(_ weight: Matrix, bias: [Float]) {
    let inputs = weight.columns / 9
    self.init(outputs: weight.rows, inputs: inputs, bias, weight.values) { output, tap in
      (start: output * weight.columns + tap * inputs, step: 1)
    }
  }

  /// The input gradient of the convolution with `weight`, (this one's inputs) × (9 · outputs).
  init(flipping weight: Matrix) {
    let outputs = weight.columns / 9
    self.init(outputs: outputs, inputs: weight.rows, [], weight.values) { output, tap in
      (start: (8 - tap) * outputs + output, step: weight.columns)
    }
  }

  /// `row` tells where the weights of an output's tap begin, and how far apart they are.
  private init(
    outputs: Int, inputs: Int, _ bias: [Float], _ weights: [Float],
    _ row: (_ output: Int, _ tap: Int) -> (start: Int, step: Int)
  ) {
    (self.outputs, self.inputs) = (outputs, inputs)
    var maps: [Float] = []
    maps.reserveCapacity(9 * outputs * inputs)
    for tap in 0..<9 {
      for output in 0..<outputs {
        let (start, step) = row(output, tap)
        for input in 0..<inputs { maps.append(weights[start + input * step]) }
      }
    }
    let tap = outputs * inputs
    products = [0..<9, 0..<6, 3..<9].map { taps in
      PixelProduct(
        Array(maps[(taps.lowerBound * tap)..<(taps.upperBound * tap)]), outputs: taps.count * outputs, depth: inputs)
    }
    start = VectorStorage(count: max(outputs, 1))
    for output in 0..<outputs { start.pointer[output] = Vector(repeating: bias.isEmpty ? 0 : bias[output]) }
  }

  /// Vectors of scratch that `add` needs for rows of some pixels.
  func scratchVectors(width: Int) -> Int { products[0].scratchVectors + 9 * outputs * width }

  /// Adds what input row `row` has to give to the output rows in `rows`, which are to be gone through from their first neighbour to
  /// their last: the first that reaches an output row begins its sums. `y` is the first output row of the block.
  func add(
    _ row: Int, of height: Int, width: Int, _ input: UnsafePointer<Vector>, to y: UnsafeMutablePointer<Vector>,
    rows: Range<Int>, scratch: UnsafeMutablePointer<Vector>
  ) {
    let kernelRows = row == 0 ? 0..<2 : row == height - 1 ? 1..<3 : 0..<3
    let product = products[row == 0 ? 1 : row == height - 1 ? 2 : 0]
    let maps = scratch + product.scratchVectors
    product.compute(PixelRun(pixels: width, input, channels: inputs, to: maps, product.outputs), scratch: scratch)
    let addTaps = InstructionSet.selected.addTaps
    for kernelRow in kernelRows {
      let target = row + 1 - kernelRow
      guard rows.contains(target) else { continue }
      let begins = kernelRow == 0 || (kernelRow == 1 && row == 0)
      addTaps(
        width, outputs, UnsafePointer(maps) + 3 * outputs * (kernelRow - kernelRows.lowerBound), product.outputs,
        y + target * width * outputs, begins ? UnsafePointer(start.pointer) : nil)
    }
  }

  /// All of y. Rows at the edges of a piece are made for both pieces.
  func convolution(_ x: any ImageRows, rectifies: Bool) -> Activation {
    var y = Activation(uninitialized: x.samples, height: x.height, width: x.width, channels: outputs)
    guard y.blocks * y.vectorsPerBlock > 0 else { return y }
    let pieces = ImagePieces(x)
    let (width, height, outputs) = (x.width, x.height, outputs)
    let target = y.mutablePointer()
    let own = scratchVectors(width: width)
    let scratch = ThreadScratch(threads: Parallel.threads, vectors: own + x.scratchVectors(rows: 1))
    Parallel.forEach(pieces.count) { index, thread in
      let piece = pieces[index]
      let scratch = scratch.part(thread)
      let block = target + piece.block * height * width * outputs
      for row in max(0, piece.rows.lowerBound - 1)..<min(height, piece.rows.upperBound + 1) {
        let input = x.rows(piece.block, row..<(row + 1), scratch + own)
        add(row, of: height, width: width, input, to: block, rows: piece.rows, scratch: scratch)
      }
      guard rectifies else { return }
      for index in (piece.rows.lowerBound * width * outputs)..<(piece.rows.upperBound * width * outputs) {
        block[index].replace(with: 0, where: block[index] .< 0)
      }
    }
    return y
  }
}
