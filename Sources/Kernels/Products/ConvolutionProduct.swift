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

  /// Input with contiguous channels; what is in front of the norm where there is one.
  private let x: Activation
  /// What the input is, of a 1×1 convolution that makes it row by row.
  private let norm: RectifiedNorm?
  private let geometry: Convolution
  private let plan: TilePlan
  private let weights: PackedRows
  private let start: TileStart
  private let biases: VectorStorage
  private let rectifies: Bool

  /// Whether a convolution of what is behind a norm can make it row by row: its pixels' taps are of one row, in runs as long as
  /// a tile is wide.
  static func fits(_ x: RectifiedNorm, _ geometry: Convolution) -> Bool {
    geometry.kernel == 1 && geometry.stride == 1 && x.x.width >= 4
  }

  /// The convolution with `weight`, outputs × (taps · inputs), of x or, where it `fits`, of what is behind a norm of x.
  init(
    _ x: Activation, _ norm: RectifiedNorm? = nil, weight: UnsafePointer<Float>, outputs: Int, bias: [Float]?,
    _ geometry: Convolution, rectifies: Bool
  ) {
    let plan = TilePlan(rows: outputs, panels: .max, tiles: InstructionSet.selected.tiles)
    self.init(
      x, norm, plan, PackedRows(plan, weight, depth: geometry.taps * x.channels), outputs: outputs, bias: bias,
      geometry,
      rectifies: rectifies)
  }

  /// The input gradient at stride 1, of an output gradient x: the convolution with the flipped kernel, outputs and inputs
  /// exchanged, of a `weight` of x.channels × (taps · inputs).
  init(flipping weight: UnsafePointer<Float>, inputs: Int, _ x: Activation, kernel: Int) {
    let geometry = Convolution(kernel: kernel)
    let plan = TilePlan(rows: inputs, panels: .max, tiles: InstructionSet.selected.tiles)
    let packed = PackedRows(
      plan, segments: geometry.taps, weight + (geometry.taps - 1) * inputs, aRow: 1, aSegment: -inputs,
      aDepth: geometry.taps * inputs, depth: x.channels)
    self.init(x, nil, plan, packed, outputs: inputs, bias: nil, geometry, rectifies: false)
  }

  private init(
    _ x: Activation, _ norm: RectifiedNorm?, _ plan: TilePlan, _ weights: PackedRows, outputs: Int, bias: [Float]?,
    _ geometry: Convolution,
    rectifies: Bool
  ) {
    self.x = x
    self.norm = norm
    self.geometry = geometry
    self.rectifies = rectifies
    self.plan = plan
    self.weights = weights
    start = bias == nil ? .zero : .bias
    // A tile reads as many biases as it has rows.
    biases = VectorStorage(count: (outputs + 31) / 16)
    biases.pointer.update(repeating: Vector(repeating: 0), count: biases.count)
    if let bias {
      UnsafeMutableRawPointer(biases.pointer).assumingMemoryBound(to: Float.self).update(from: bias, count: outputs)
    }
  }

  /// Writes all of y.
  func run(into y: inout Activation) {
    guard y.samples > 0, y.height > 0, y.width > 0, y.channels > 0 else { return }
    let output = Unchecked(UnsafeMutableRawPointer(y.mutablePointer()).assumingMemoryBound(to: Float.self))
    let product = Unchecked(self)
    // A share of the blocks each where there are enough, as the layers before and after cut them: that is worth more than
    // full tiles at the ends of rows.
    let blocksPerTask = max(2, min(Self.blocksPerTask, y.blocks / Parallel.threads))
    let chunks = (y.blocks + blocksPerTask - 1) / blocksPerTask
    let (blocks, height, width, channels) = (y.blocks, y.height, y.width, y.channels)
    let isSmall =
      y.blocks * y.height * y.width * 16 * channels * geometry.taps * x.channels < TiledProduct.serialWork
    let rowVectors = norm == nil ? 0 : x.width * x.channels
    let scratch = Unchecked(ThreadScratch(threads: Parallel.threads, vectors: rowVectors))
    let body: (Int, Int) -> Void = { task, thread in
      let first = task / height * blocksPerTask
      product.value.runRow(
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

  /// Pixels with the same taps at a constant distance; offsets in elements, as in `TileWork`.
  private struct Run {
    var count: Int
    var b: Int
    var bPanel: Int
    var c: Int
    var cPanel: Int
    var firstTap: Int
    var segments: Int
    var depth: Int
  }

  /// One row of some blocks; `input` has room for a row behind the norm.
  private func runRow(_ row: Int, _ blocks: Range<Int>, _ output: Output, _ input: UnsafeMutablePointer<Vector>) {
    let reach = geometry.kernel / 2
    let stride = geometry.stride
    let scratch = EdgeScratch(plan)
    if let norm {
      for block in blocks {
        let first = (block * x.height + row) * x.width
        norm.write(pixels: x.width, from: first, channels: 0..<x.channels, to: input)
        var run = pixel(row, 0, block, output)
        run.count = x.width
        run.b = 0
        run.bPanel = x.channels
        run.cPanel = 16 * output.channels
        compute(run, UnsafePointer(input), output, scratch)
      }
      return
    }
    // Output columns whose taps all lie inside.
    let inside = min((reach + stride - 1) / stride, output.width)
    let insideEnd = max(inside, min(output.width, (x.width - 1 - reach + stride) / stride))
    for column in 0..<inside { runBlocks(row, column, blocks, output, scratch) }
    if insideEnd - inside >= 4 || blocks.count == 1 {
      for block in blocks {
        var run = pixel(row, inside, block, output)
        run.count = insideEnd - inside
        run.bPanel = stride * x.channels
        run.cPanel = 16 * output.channels
        compute(run, x.pointer, output, scratch)
      }
    } else {
      for column in inside..<insideEnd { runBlocks(row, column, blocks, output, scratch) }
    }
    for column in insideEnd..<output.width { runBlocks(row, column, blocks, output, scratch) }
  }

  /// The same pixel of several blocks.
  private func runBlocks(_ row: Int, _ column: Int, _ blocks: Range<Int>, _ output: Output, _ scratch: EdgeScratch) {
    var run = pixel(row, column, blocks.lowerBound, output)
    run.count = blocks.count
    run.bPanel = x.vectorsPerBlock
    run.cPanel = 16 * output.height * output.width * output.channels
    compute(run, x.pointer, output, scratch)
  }

  /// One pixel.
  private func pixel(_ row: Int, _ column: Int, _ block: Int, _ output: Output) -> Run {
    let reach = geometry.kernel / 2
    let top = row * geometry.stride - reach
    let left = column * geometry.stride - reach
    let firstRow = max(0, -top)
    let firstColumn = max(0, -left)
    let lastRow = min(geometry.kernel, x.height - top)
    let lastColumn = min(geometry.kernel, x.width - left)
    return Run(
      count: 1, b: ((block * x.height + top + firstRow) * x.width + left + firstColumn) * x.channels, bPanel: 0,
      c: ((block * output.height + row) * output.width + column) * output.channels * 16, cPanel: 0,
      firstTap: firstRow * geometry.kernel + firstColumn, segments: lastRow - firstRow,
      depth: (lastColumn - firstColumn) * x.channels)
  }

  /// Cuts a run into groups as wide as a tile. The last group of a run that is not a multiple begins earlier: some pixels
  /// are computed twice. A run that is narrower than any tile is computed pixel by pixel, all panels being the same.
  private func compute(_ run: Run, _ input: UnsafePointer<Vector>, _ output: Output, _ scratch: EdgeScratch) {
    var done = 0
    while done < run.count {
      let left = run.count - done
      var group = run
      if let width = plan.widths.first(where: { $0 <= left }) {
        group.count = width
      } else if let narrowest = plan.widths.last, narrowest <= run.count {
        group.count = narrowest
        done = run.count - narrowest
      } else {
        group.count = 1
        group.bPanel = 0
        group.cPanel = 0
      }
      group.b += done * run.bPanel
      group.c += done * run.cPanel
      computeGroup(group, input, output, scratch)
      done += group.count
    }
  }

  private func computeGroup(
    _ group: Run, _ input: UnsafePointer<Vector>, _ output: Output, _ scratch: EdgeScratch
  ) {
    let biases = UnsafeRawPointer(biases.pointer).assumingMemoryBound(to: Float.self)
    var index = 0
    while index < plan.rowTiles.count {
      let tile = plan.rowTiles[index]
      let kernel = plan.kernel(tile, width: group.count)
      let tiles = plan.equalTiles(from: index)
      index += tiles
      var work = TileWork(
        tiles: tiles, aTile: geometry.taps * x.channels * kernel.rows, segments: group.segments, depth: group.depth,
        a: weights.panel(tile) + group.firstTap * x.channels * kernel.rows, aRow: 0,
        aSegment: geometry.kernel * x.channels * kernel.rows, b: input + group.b, bPanel: group.bPanel,
        bSegment: x.width * x.channels, c: output.pointer + (group.c + 16 * tile.first), cRow: 16,
        cPanel: group.cPanel, start: start, bias: biases + tile.first, rectifies: rectifies)
      if tile.rows == kernel.rows {
        kernel.run(work, isPacked: true)
      } else {
        // The tile has more rows than are left: its others are dropped.
        let (c, cPanel) = (work.c, work.cPanel)
        work.c = scratch.tile
        work.cPanel = 16 * kernel.rows
        kernel.run(work, isPacked: true)
        for panel in 0..<group.count {
          (c + panel * cPanel).update(from: scratch.tile + 16 * kernel.rows * panel, count: 16 * tile.rows)
        }
      }
    }
  }
}

/// One tile of results that do not all have a place.
private struct EdgeScratch {
  private let storage: VectorStorage
  let tile: UnsafeMutablePointer<Float>

  init(_ plan: TilePlan) {
    storage = VectorStorage(count: plan.largestTile)
    tile = UnsafeMutableRawPointer(storage.pointer).bindMemory(to: Float.self, capacity: 16 * storage.count)
  }
}
