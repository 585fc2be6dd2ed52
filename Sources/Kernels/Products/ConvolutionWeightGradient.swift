import MicroKernels

/// The loops around the micro-kernel for a convolution's weight gradient, dW[o, tap, i] = Σ dy[o]·x[i] over blocks, pixels
/// and lanes.
///
/// Lanes are summed over, so one operand must have its channels in lanes: the one with more channels is transposed to
/// panels of sixteen channels, `[panel][block][y][x][sample]`. The other is read as it lies: a row of A is a channel, its
/// lanes are sixteen consecutive k, a pixel is a segment, an image row a repeat.
///
/// 1. tasks (parallel: each owns some panels, or, where there are few, some taps of them): nobody transposes what another does;
/// 2. blocks and chunks of image rows, as many as the second-level cache holds of both operands (not parallel: they continue
///    the same sums);
/// 3. taps, panels, row tiles.
///
/// Results are gathered in `[tap][row of A][panel][16]` and put in their places at the end.
struct ConvolutionWeightGradient {
  /// Of both operands together: half of a second-level cache of 1 MB.
  private static let chunkBytes = 1 << 19

  private let geometry: Convolution
  private let x: Activation
  private let dy: Activation
  /// Whether the rows of A are dy's channels; else x's.
  private let rowsAreOutputs: Bool
  private let plan: TilePlan
  private let panels: Int
  private let paddedRows: Int

  init(_ x: Activation, outputGradient dy: Activation, _ geometry: Convolution) {
    self.x = x
    self.dy = dy
    self.geometry = geometry
    rowsAreOutputs = dy.channels <= x.channels
    let rows = min(dy.channels, x.channels)
    panels = (max(dy.channels, x.channels) + 15) / 16
    plan = TilePlan(rows: rows, panels: panels, tiles: InstructionSet.selected.tiles)
    paddedRows = plan.rowTiles.reduce(0) { $0 + $1.kernel.rows }
  }

  /// One register tile of results.
  private struct Unit {
    let tap: Int
    let tile: TilePlan.RowTile
    let panel: Int
    let width: Int
  }

  /// The pixels of the output, rows and columns, on which one tap lies inside the image.
  private struct Window {
    let rows: Range<Int>
    let columns: Range<Int>
  }

  func run(weight dweight: inout Matrix, _ accumulation: Accumulation) {
    let thick = rowsAreOutputs ? x : dy
    let thin = rowsAreOutputs ? dy : x
    let sums = VectorStorage(count: geometry.taps * paddedRows * panels)
    let floats = UnsafeMutableRawPointer(sums.pointer).assumingMemoryBound(to: Float.self)
    if accumulation == .add {
      dweight.values.withUnsafeBufferPointer { values in
        forEachRow { sum, weight, count, step in
          for index in 0..<count { floats[sum + index] = values[weight + index * step] }
        }
      }
    }
    let width = plan.widths.first { $0 <= panels } ?? 1
    let groups = (panels + width - 1) / width
    let isSmall =
      dy.blocks * dy.height * dy.width * 16 * dy.channels * geometry.taps * x.channels < TiledProduct.serialWork
    let isSerial = isSmall || Parallel.threads == 1
    let panelTasks = isSerial ? 1 : min(groups, 2 * Parallel.threads)
    // Fewer panels than threads: these share the taps, and each transposes for itself.
    let tapTasks = isSerial || groups >= Parallel.threads ? 1 : min(geometry.taps, Parallel.threads)
    let output = Unchecked(floats)
    let gradient = Unchecked(self)
    let ranges = (0..<panelTasks).map { task in
      (groups * task / panelTasks * width)..<min(panels, groups * (task + 1) / panelTasks * width)
    }
    let vectors = ranges.reduce(0) { max($0, $1.count * chunk(of: $1.count).thickRows * thick.width * 16) }
    let scratch = Unchecked(ThreadScratch(threads: Parallel.threads, vectors: vectors))
    let taps = geometry.taps
    Parallel.forEach(panelTasks * tapTasks) { task, thread in
      let part = task % tapTasks
      gradient.value.runTask(
        ranges[task / tapTasks], (taps * part / tapTasks)..<(taps * (part + 1) / tapTasks), thick, thin, output.value,
        adds: accumulation == .add, scratch.value.part(thread))
    }
    dweight.values.withUnsafeMutableBufferPointer { values in
      forEachRow { sum, weight, count, step in
        for index in 0..<count { values[weight + index * step] = floats[sum + index] }
      }
    }
  }

  /// The tiles of some panels and taps, in the order in which they are computed.
  private func units(_ range: Range<Int>, _ taps: Range<Int>) -> [Unit] {
    var result: [Unit] = []
    for tap in taps {
      var panel = range.lowerBound
      while panel < range.upperBound {
        let width = plan.widths.first { $0 <= range.upperBound - panel } ?? 1
        for tile in plan.rowTiles { result.append(Unit(tap: tap, tile: tile, panel: panel, width: width)) }
        panel += width
      }
    }
    return result
  }

  private func window(_ tap: Int) -> Window {
    Window(
      rows: inside(tap / geometry.kernel, dy.height, x.height),
      columns: inside(tap % geometry.kernel, dy.width, x.width))
  }

  private func inside(_ tap: Int, _ output: Int, _ input: Int) -> Range<Int> {
    let reach = geometry.kernel / 2
    let first = tap < reach ? (reach - tap + geometry.stride - 1) / geometry.stride : 0
    // Input pixels from the tap of output pixel 0 to the last.
    let room = input + reach - tap
    let last = room > 0 ? min(output, (room - 1) / geometry.stride + 1) : 0
    return first..<max(first, last)
  }

  /// How many output rows a task of some panels takes at a time, and the rows of the thick operand under them.
  private func chunk(of panels: Int) -> (rows: Int, thickRows: Int) {
    let (thick, thin) = rowsAreOutputs ? (x, dy) : (dy, x)
    // Bytes of an output row of A and of the transposed panels, and of the rows beyond a chunk that its taps reach.
    let thickRow = 64 * 16 * thick.width * panels * (rowsAreOutputs ? geometry.stride : 1)
    let bytes = thickRow + 64 * thin.width * thin.channels * (rowsAreOutputs ? 1 : geometry.stride)
    let halo = rowsAreOutputs ? 2 * (geometry.kernel / 2) * thickRow / geometry.stride : 0
    let rows = min(max(1, (Self.chunkBytes - halo) / max(bytes, 1)), max(dy.height, 1))
    return (rows, min(thick.height, rowsAreOutputs ? (rows - 1) * geometry.stride + geometry.kernel : rows))
  }

  private func runTask(
    _ range: Range<Int>, _ taps: Range<Int>, _ thick: Activation, _ thin: Activation,
    _ sums: UnsafeMutablePointer<Float>, adds: Bool,
    _ scratch: UnsafeMutablePointer<Vector>
  ) {
    let units = units(range, taps)
    let windows = (0..<geometry.taps).map(window)
    let reach = geometry.kernel / 2
    let (chunk, thickRows) = chunk(of: range.count)
    var transposed = TransposedPanels(thick, range, rows: thickRows, memory: scratch)
    var isFirst = !adds
    for block in 0..<dy.blocks {
      for start in stride(from: 0, to: dy.height, by: chunk) {
        let end = min(start + chunk, dy.height)
        if rowsAreOutputs {
          let top = max(0, start * geometry.stride - reach)
          transposed.fill(block, top..<max(top, min(thick.height, (end - 1) * geometry.stride + reach + 1)))
        } else {
          transposed.fill(block, start..<end)
        }
        for unit in units {
          let window = windows[unit.tap]
          run(
            unit, block, window.rows.clamped(to: start..<end), window.columns, thin, transposed, sums,
            isFirst: isFirst)
        }
        isFirst = false
      }
    }
    if isFirst {
      // Nothing to sum over.
      for unit in units { run(unit, 0, 0..<0, 0..<0, thin, transposed, sums, isFirst: true) }
    }
  }

  private func run(
    _ unit: Unit, _ block: Int, _ outputRows: Range<Int>, _ columns: Range<Int>, _ thin: Activation,
    _ transposed: TransposedPanels, _ sums: UnsafeMutablePointer<Float>, isFirst: Bool
  ) {
    let reach = geometry.kernel / 2
    let inputRow = outputRows.lowerBound * geometry.stride + unit.tap / geometry.kernel - reach
    let inputColumn = columns.lowerBound * geometry.stride + unit.tap % geometry.kernel - reach
    // First pixel of each operand, and its distance from one output pixel to the next.
    let (rowsAt, panelsAt) =
      rowsAreOutputs
      ? (pixel(outputRows.lowerBound, columns.lowerBound, 1), pixel(inputRow, inputColumn, geometry.stride))
      : (pixel(inputRow, inputColumn, geometry.stride), pixel(outputRows.lowerBound, columns.lowerBound, 1))
    let isAlone = unit.width == 1
    let kernel = plan.kernel(unit.tile, width: unit.width)
    let pixelStride = 16 * thin.channels
    let thinRow =
      UnsafeRawPointer(thin.pointer).assumingMemoryBound(to: Float.self)
      + ((block * thin.height + rowsAt.row) * thin.width + rowsAt.column) * pixelStride
    let work = TileWork(
      repeats: outputRows.count, segments: columns.count, depth: 16,
      a: thinRow + 16 * unit.tile.first, aRow: 16, aSegment: rowsAt.stride * pixelStride,
      aRepeat: rowsAt.stride * thin.width * pixelStride,
      b: transposed.address(unit.panel, panelsAt.row, panelsAt.column),
      bPanel: isAlone ? 0 : transposed.panelStride, bSegment: 16 * panelsAt.stride,
      bRepeat: transposed.rowStride * panelsAt.stride,
      c: sums + 16 * ((unit.tap * paddedRows + unit.tile.first) * panels + unit.panel), cRow: 16 * panels,
      cPanel: isAlone ? 0 : 16, start: isFirst ? .zero : .output, bias: UnsafePointer(sums), rectifies: false)
    kernel.run(work, isPacked: false)
  }

  private func pixel(_ row: Int, _ column: Int, _ stride: Int) -> (row: Int, column: Int, stride: Int) {
    (row, column, stride)
  }

  /// Calls `body` with where the sums of one channel of the thinner operand begin, where its weights do, how many they are,
  /// and how far apart the weights are.
  private func forEachRow(_ body: (_ sum: Int, _ weight: Int, _ count: Int, _ step: Int) -> Void) {
    for tap in 0..<geometry.taps {
      for thin in 0..<min(dy.channels, x.channels) {
        let sum = 16 * (tap * paddedRows + thin) * panels
        if rowsAreOutputs {
          body(sum, (thin * geometry.taps + tap) * x.channels, x.channels, 1)
        } else {
          body(sum, tap * x.channels + thin, dy.channels, geometry.taps * x.channels)
        }
      }
    }
  }
}

/// Some panels of an operand with sixteen channels in lanes and samples as depth, `[panel][y][x][sample]`, for some image
/// rows of one block at a time.
private struct TransposedPanels {
  private let activation: Activation
  private let range: Range<Int>
  private let memory: UnsafeMutablePointer<Vector>
  private let rows: Int
  private var firstRow = 0

  /// Panels in `memory`, which holds range.count · rows · width · 16 vectors.
  init(_ activation: Activation, _ range: Range<Int>, rows: Int, memory: UnsafeMutablePointer<Vector>) {
    self.activation = activation
    self.range = range
    self.rows = rows
    self.memory = memory
  }

  /// Takes image rows `selected` of a block.
  mutating func fill(_ block: Int, _ selected: Range<Int>) {
    precondition(selected.count <= rows, "transposed panels: \(selected.count) rows in place of \(rows)")
    firstRow = selected.lowerBound
    let channels = activation.channels
    let first = (block * activation.height + selected.lowerBound) * activation.width
    let source = UnsafeRawPointer(activation.pointer + first * channels)
    let transpose = InstructionSet.selected.transpose16
    for pixel in 0..<(selected.count * activation.width) {
      for panel in range {
        let from = (source + 64 * (pixel * channels + 16 * panel)).assumingMemoryBound(to: Float.self)
        let to = UnsafeMutableRawPointer(memory + (panel - range.lowerBound) * panelStride + 16 * pixel)
        transpose(min(16, channels - 16 * panel), from, 16, to.assumingMemoryBound(to: Float.self), 16)
      }
    }
  }

  /// Vectors from one panel to the next.
  var panelStride: Int { 16 * rows * activation.width }
  /// Vectors from one image row to the next.
  var rowStride: Int { 16 * activation.width }

  func address(_ panel: Int, _ row: Int, _ column: Int) -> UnsafePointer<Vector> {
    UnsafePointer(memory)
      + ((panel - range.lowerBound) * panelStride + ((row - firstRow) * activation.width + column) * 16)
  }
}
