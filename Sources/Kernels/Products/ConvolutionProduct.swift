import MicroKernels

/// The loops around the micro-kernel for a convolution y = activation(start + W ∗ x).
///
/// An output pixel's taps inside the image are up to three stretches of the input, one a kernel row, each contiguous over
/// kx and the channels. A tile's panels are neighbouring pixels of a row, or the same pixel of several blocks: they have
/// the same taps, at a constant distance. So the input is read where it lies and nothing is padded.
///
///     interior of a row:  panels = pixels x, x + 1, …      its ends:  panels = blocks b, b + 1, …
///
/// 1. tasks (parallel: each owns output rows): a row of up to `blocksPerTask` blocks;
/// 2. groups of pixels, whose input stays in the first-level cache;
/// 3. row tiles of the packed weights, which stay in the second-level cache.
struct ConvolutionProduct {
  /// A row of the input of four blocks at 16 pixels × 128 channels is 512 kB; more blocks would not make the tiles of
  /// the rows' ends any fuller.
  private static let blocksPerTask = 4

  /// Input with contiguous channels.
  private let x: Activation
  private let geometry: Convolution
  private let product: PixelProduct

  /// The convolution with `weight`, outputs × (taps · inputs).
  init(
    _ x: Activation, weight: UnsafePointer<Float>, outputs: Int, bias: [Float]?,
    _ geometry: Convolution, rectifies: Bool
  ) {
    let products = geometry.taps * x.channels
    self.init(
      x, geometry,
      PixelProduct(
        weight, outputs: outputs, segments: 1, depth: products, aRow: products, aSegment: 0, aDepth: 1,
        segmentProducts: geometry.kernel * x.channels, bias: bias, rectifies: rectifies))
  }

  /// The input gradient at stride 1, of an output gradient x: the convolution with the flipped kernel, outputs and inputs
  /// exchanged, of a `weight` of x.channels × (taps · inputs).
  init(flipping weight: UnsafePointer<Float>, inputs: Int, _ x: Activation, kernel: Int) {
    let geometry = Convolution(kernel: kernel)
    self.init(
      x, geometry,
      PixelProduct(
        weight + (geometry.taps - 1) * inputs, outputs: inputs, segments: geometry.taps, depth: x.channels, aRow: 1,
        aSegment: -inputs, aDepth: geometry.taps * inputs, segmentProducts: geometry.kernel * x.channels))
  }

  private init(_ x: Activation, _ geometry: Convolution, _ product: PixelProduct) {
    self.x = x
    self.geometry = geometry
    self.product = product
  }

  /// A 3×3 convolution computes long enough on a row. (Reading the next pixels between the tiles of those before was much slower: 64 %
  /// of the peak instead of 86. A tile waits as long for a few vectors as for many.)
  private var readsAhead: Bool { geometry.kernel == 1 && ReadAhead.pays(x) }

  /// Pairs of pixels of a task of a 1×1 convolution, about: a quarter of a megabyte of input and output at 128 channels. Fewer tasks would
  /// leave less to take over from a thread that comes late.
  private static let pairsPerTask = 8

  /// All of y, one pixel after the other, pairs as wide as a tile: a 1×1 convolution at stride 1. Rows of 7 pixels would leave a pixel
  /// each that is computed twice.
  private func runPixels(_ output: UnsafeMutablePointer<Vector>, _ outputs: Int, isSmall: Bool) {
    let pixels = x.blocks * x.height * x.width
    let (input, target) = (Unchecked(x.pointer), Unchecked(output))
    let (channels, readsAhead) = (x.channels, readsAhead)
    let scratch = ThreadScratch(threads: Parallel.threads, vectors: product.scratchVectors)
    let pairs = (pixels + 1) / 2
    let threads = isSmall ? 1 : Parallel.threads
    // As many tasks for every thread.
    let tasks = threads * ((pairs + Self.pairsPerTask * threads - 1) / (Self.pairsPerTask * threads))
    let body: (Int, Int) -> Void = { task, thread in
      let first = 2 * (pairs * task / tasks)
      let count = min(2 * (pairs * (task + 1) / tasks), pixels) - first
      let own = scratch.part(thread)
      let source = input.value + first * channels
      if readsAhead { own.pointee = InstructionSet.selected.readAhead(count * channels, source) }
      product.compute(
        PixelRun(pixels: count, source, channels: channels, to: target.value + first * outputs, outputs), scratch: own)
    }
    if isSmall {
      for task in 0..<tasks { body(task, 0) }
    } else {
      Parallel.forEach(tasks, body)
    }
  }

  /// Writes all of y.
  func run(into y: inout Activation) {
    guard y.samples > 0, y.height > 0, y.width > 0, y.channels > 0 else { return }
    let isSmall =
      y.blocks * y.height * y.width * 16 * y.channels * geometry.taps * x.channels < TiledProduct.serialWork
    if geometry == Convolution(kernel: 1) { return runPixels(y.mutablePointer(), y.channels, isSmall: isSmall) }
    let output = Unchecked(UnsafeMutableRawPointer(y.mutablePointer()).assumingMemoryBound(to: Float.self))
    let convolution = Unchecked(self)
    // A share of the blocks each where there are enough, as the layers before and after cut them: that is worth more than
    // full tiles at the ends of rows.
    let blocksPerTask = max(2, min(Self.blocksPerTask, y.blocks / Parallel.threads))
    let chunks = (y.blocks + blocksPerTask - 1) / blocksPerTask
    let (blocks, height, width, channels) = (y.blocks, y.height, y.width, y.channels)
    let scratch = Unchecked(ThreadScratch(threads: Parallel.threads, vectors: product.scratchVectors))
    let body: (Int, Int) -> Void = { task, thread in
      let first = task / height * blocksPerTask
      convolution.value.runRow(
        task % height, first..<min(first + blocksPerTask, blocks),
        Output(pointer: output.value, height: height, width: width, channels: channels), scratch.value.part(thread))
    }
    if isSmall {
      for task in 0..<(chunks * height) { body(task, 0) }
    } else {
      Parallel.forEach(chunks * height, body)
    }
  }

  /// Where results go.
  private struct Output {
    let pointer: UnsafeMutablePointer<Float>
    let height: Int
    let width: Int
    let channels: Int
  }

  /// One row of some blocks; `scratch` has room for what the product needs.
  private func runRow(_ row: Int, _ blocks: Range<Int>, _ output: Output, _ scratch: UnsafeMutablePointer<Vector>) {
    let reach = geometry.kernel / 2
    let stride = geometry.stride
    if readsAhead {
      let line = x.width * x.channels
      for block in blocks {
        scratch.pointee = InstructionSet.selected.readAhead(line, x.pointer + (block * x.height + row * stride) * line)
      }
    }
    // Output columns whose taps all lie inside.
    let inside = min((reach + stride - 1) / stride, output.width)
    let insideEnd = max(inside, min(output.width, (x.width - 1 - reach + stride) / stride))
    for column in 0..<inside { runBlocks(row, column, blocks, output, scratch) }
    if insideEnd - inside >= 4 || blocks.count == 1 {
      for block in blocks {
        var run = pixel(row, inside, block, output)
        run.count = insideEnd - inside
        run.inputPixel = stride * x.channels
        run.outputPixel = 16 * output.channels
        product.compute(run, scratch: scratch)
      }
    } else {
      for column in inside..<insideEnd { runBlocks(row, column, blocks, output, scratch) }
    }
    for column in insideEnd..<output.width { runBlocks(row, column, blocks, output, scratch) }
  }

  /// The same pixel of several blocks.
  private func runBlocks(
    _ row: Int, _ column: Int, _ blocks: Range<Int>, _ output: Output, _ scratch: UnsafeMutablePointer<Vector>
  ) {
    var run = pixel(row, column, blocks.lowerBound, output)
    run.count = blocks.count
    run.inputPixel = x.vectorsPerBlock
    run.outputPixel = 16 * output.height * output.width * output.channels
    product.compute(run, scratch: scratch)
  }

  /// One pixel.
  private func pixel(_ row: Int, _ column: Int, _ block: Int, _ output: Output) -> PixelRun {
    let reach = geometry.kernel / 2
    let top = row * geometry.stride - reach
    let left = column * geometry.stride - reach
    let firstRow = max(0, -top)
    let firstColumn = max(0, -left)
    let lastRow = min(geometry.kernel, x.height - top)
    let lastColumn = min(geometry.kernel, x.width - left)
    let input = ((block * x.height + top + firstRow) * x.width + left + firstColumn) * x.channels
    return PixelRun(
      count: 1, firstProduct: (firstRow * geometry.kernel + firstColumn) * x.channels, segments: lastRow - firstRow,
      depth: (lastColumn - firstColumn) * x.channels, input: x.pointer + input, inputPixel: 0,
      inputSegment: x.width * x.channels,
      output: output.pointer + ((block * output.height + row) * output.width + column) * output.channels * 16,
      outputPixel: 0)
  }
}
