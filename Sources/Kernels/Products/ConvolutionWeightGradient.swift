import MicroKernels

/// The loops around the micro-kernel for a convolution's weight gradient, dW[o, tap, i] = Σ dy[o]·x[i] over blocks, pixels
/// and lanes.
///
/// Lanes are summed over, so one operand must have its channels in lanes: the one with more channels is transposed to
/// panels of sixteen channels, `[panel][block][y][x][sample]`. The other is read as it lies: a row of A is a channel, its
/// lanes are sixteen consecutive k, a pixel is a segment, an image row a repeat.
///
/// Where the other operand is thin, the three taps of a kernel row become rows of A too, being neighbouring pixels in
/// memory: every vector of the panels is then used three times as often. Its image is padded by a column of zeros at
/// both ends for that, which changes no sum.
///
///     thin operand, 2 channels:  … | c0 c1 | c0 c1 | c0 c1 | …        six rows of A, sixteen floats apart
///                                     kx=0    kx=1    kx=2
///
/// Results are gathered in `[ky or tap][row of A][panel][16]` and put in their places at the end.
struct ConvolutionWeightGradient {
  /// Input and output rows of both operands that are worked on at a time: half of a second-level cache of 1 MB.
  private static let chunkBytes = 1 << 19
  /// Up to how many channels the thin operand's taps become rows.
  private static let thin = 16

  private let geometry: Convolution
  private let x: Activation
  private let dy: Activation
  /// Whether the rows of A are dy's channels; else x's.
  private let rowsAreOutputs: Bool
  private let isFolded: Bool
  private let plan: TilePlan
  private let panels: Int
  private let paddedRows: Int
  /// Kernel rows where taps are folded, else taps.
  private let slices: Int

  init(_ x: Activation, outputGradient dy: Activation, _ geometry: Convolution) {
    self.x = x
    self.dy = dy
    self.geometry = geometry
    rowsAreOutputs = dy.channels <= x.channels
    let channels = min(dy.channels, x.channels)
    isFolded = geometry.kernel == 3 && geometry.stride == 1 && channels <= Self.thin
    let rows = isFolded ? geometry.kernel * channels : channels
    panels = (max(dy.channels, x.channels) + 15) / 16
    plan = TilePlan(rows: rows, panels: panels, tiles: InstructionSet.selected.tiles)
    paddedRows = plan.rowTiles.reduce(0) { $0 + $1.kernel.rows }
    slices = isFolded ? geometry.kernel : geometry.taps
  }

  /// One register tile of results.
  private struct Unit {
    let slice: Int
    let tile: TilePlan.RowTile
    let panel: Int
    let width: Int
  }

  /// The pixels of the output, rows and columns, on which one slice's taps lie inside the image.
  private struct Window {
    let rows: Range<Int>
    let columns: Range<Int>
  }

  func run(weight dweight: inout Matrix, _ accumulation: Accumulation) {
    let thick = rowsAreOutputs ? x : dy
    let thin = rowsAreOutputs ? dy : x
    let rows = isFolded ? PaddedColumns(thin) : PaddedColumns(asItLies: thin)
    let transposed = TransposedPanels(thick)
    let sums = VectorStorage(count: slices * paddedRows * panels)
    let floats = UnsafeMutableRawPointer(sums.pointer).assumingMemoryBound(to: Float.self)
    if accumulation == .add { forEachWeight { floats[$0] = dweight.values[$1] } }
    let units = units()
    let tasks = min(units.count, Parallel.threads == 1 ? 1 : 2 * Parallel.threads)
    let output = Unchecked(floats)
    let gradient = Unchecked(self)
    let isSmall =
      dy.blocks * dy.height * dy.width * 16 * dy.channels * geometry.taps * x.channels < TiledProduct.serialWork
    let body: (Int) -> Void = { task in
      let range = (units.count * task / tasks)..<(units.count * (task + 1) / tasks)
      gradient.value.runUnits(units[range], rows, transposed, output.value, adds: accumulation == .add)
    }
    if isSmall {
      for task in 0..<tasks { body(task) }
    } else {
      Parallel.forEach(tasks, body)
    }
    dweight.values.withUnsafeMutableBufferPointer { values in forEachWeight { values[$1] = floats[$0] } }
  }

  private func units() -> [Unit] {
    var result: [Unit] = []
    for slice in 0..<slices {
      var panel = 0
      while panel < panels {
        let width = plan.widths.first { $0 <= panels - panel } ?? 1
        for tile in plan.rowTiles { result.append(Unit(slice: slice, tile: tile, panel: panel, width: width)) }
        panel += width
      }
    }
    return result
  }

  /// Where the taps of a slice lie inside the image; folded columns always do, thanks to the padding.
  private func window(_ slice: Int) -> Window {
    let ky = isFolded ? slice : slice / geometry.kernel
    let rows = inside(ky, dy.height, x.height)
    if !isFolded { return Window(rows: rows, columns: inside(slice % geometry.kernel, dy.width, x.width)) }
    return Window(rows: rows, columns: 0..<dy.width)
  }

  private func inside(_ tap: Int, _ output: Int, _ input: Int) -> Range<Int> {
    let reach = geometry.kernel / 2
    let first = tap < reach ? (reach - tap + geometry.stride - 1) / geometry.stride : 0
    // Input pixels from the tap of output pixel 0 to the last.
    let room = input + reach - tap
    let last = room > 0 ? min(output, (room - 1) / geometry.stride + 1) : 0
    return first..<max(first, last)
  }

  private func runUnits(
    _ units: ArraySlice<Unit>, _ rows: PaddedColumns, _ transposed: TransposedPanels,
    _ sums: UnsafeMutablePointer<Float>, adds: Bool
  ) {
    let bytesPerRow = 64 * (dy.width * dy.channels + geometry.stride * x.width * x.channels)
    let chunk = max(1, Self.chunkBytes / max(bytesPerRow, 1))
    let windows = (0..<slices).map(window)
    var isFirst = !adds
    for block in 0..<dy.blocks {
      for start in stride(from: 0, to: dy.height, by: chunk) {
        let chunkRows = start..<min(start + chunk, dy.height)
        for unit in units {
          let window = windows[unit.slice]
          run(
            unit, block, window.rows.clamped(to: chunkRows), window.columns, rows, transposed, sums,
            isFirst: isFirst)
        }
        isFirst = false
      }
    }
    if isFirst {
      // Nothing to sum over.
      for unit in units { run(unit, 0, 0..<0, 0..<0, rows, transposed, sums, isFirst: true) }
    }
  }

  private func run(
    _ unit: Unit, _ block: Int, _ outputRows: Range<Int>, _ columns: Range<Int>, _ rows: PaddedColumns,
    _ transposed: TransposedPanels, _ sums: UnsafeMutablePointer<Float>, isFirst: Bool
  ) {
    let reach = geometry.kernel / 2
    let ky = isFolded ? unit.slice : unit.slice / geometry.kernel
    let kx = isFolded ? reach : unit.slice % geometry.kernel
    let inputRow = outputRows.lowerBound * geometry.stride + ky - reach
    let inputColumn = columns.lowerBound * geometry.stride + kx - reach
    // First pixel of each operand, and its distance from one output pixel to the next.
    let (rowsAt, panelsAt) =
      rowsAreOutputs
      ? (pixel(outputRows.lowerBound, columns.lowerBound, 1), pixel(inputRow, inputColumn, geometry.stride))
      : (pixel(inputRow, inputColumn, geometry.stride), pixel(outputRows.lowerBound, columns.lowerBound, 1))
    let isAlone = unit.width == 1
    let kernel = plan.kernel(unit.tile, width: unit.width)
    let work = TileWork(
      repeats: outputRows.count, segments: columns.count, depth: 16,
      a: rows.address(block, rowsAt.row, rowsAt.column) + 16 * unit.tile.first, aRow: 16,
      aSegment: rowsAt.stride * rows.pixelStride, aRepeat: rowsAt.stride * rows.rowStride,
      b: transposed.address(unit.panel, block, panelsAt.row, panelsAt.column),
      bPanel: isAlone ? 0 : transposed.panelStride, bSegment: 16 * panelsAt.stride,
      bRepeat: transposed.rowStride * panelsAt.stride,
      c: sums + 16 * ((unit.slice * paddedRows + unit.tile.first) * panels + unit.panel), cRow: 16 * panels,
      cPanel: isAlone ? 0 : 16, start: isFirst ? .zero : .output, bias: UnsafePointer(sums), rectifies: false)
    kernel.run(work, isPacked: false)
  }

  private func pixel(_ row: Int, _ column: Int, _ stride: Int) -> (row: Int, column: Int, stride: Int) {
    (row, column, stride)
  }

  /// Calls `body` with the place of every weight's sum and the weight's own.
  private func forEachWeight(_ body: (_ sum: Int, _ weight: Int) -> Void) {
    let thinChannels = rowsAreOutputs ? dy.channels : x.channels
    let thickChannels = rowsAreOutputs ? x.channels : dy.channels
    for tap in 0..<geometry.taps {
      let kx = tap % geometry.kernel
      // With dy as rows, the pixel before the input pixel is under the kernel's last column.
      let place = rowsAreOutputs ? geometry.kernel - 1 - kx : kx
      let slice = isFolded ? tap / geometry.kernel : tap
      let firstRow = isFolded ? place * thinChannels : 0
      for thin in 0..<thinChannels {
        let sum = 16 * (slice * paddedRows + firstRow + thin) * panels
        for thick in 0..<thickChannels {
          let (output, input) = rowsAreOutputs ? (thin, thick) : (thick, thin)
          body(sum + thick, (output * geometry.taps + tap) * x.channels + input)
        }
      }
    }
  }
}

/// An operand whose channels are rows of A, as it lies or with a pixel of zeros at both ends of every row.
private struct PaddedColumns {
  private let activation: Activation
  private let padding: VectorStorage?
  private let height: Int
  private let width: Int
  private let channels: Int

  init(asItLies activation: Activation) {
    self.activation = activation
    padding = nil
    (height, width, channels) = (activation.height, activation.width, activation.channels)
  }

  init(_ activation: Activation) {
    self.activation = activation
    (height, width, channels) = (activation.height, activation.width + 2, activation.channels)
    let storage = VectorStorage(count: activation.blocks * height * width * channels)
    let zero = Vector(repeating: 0)
    let rowVectors = activation.width * channels
    for row in 0..<(activation.blocks * height) {
      let line = storage.pointer + row * width * channels
      line.update(repeating: zero, count: channels)
      (line + channels).update(from: activation.pointer + row * rowVectors, count: rowVectors)
      (line + channels + rowVectors).update(repeating: zero, count: channels)
    }
    padding = storage
  }

  /// Floats from one pixel to the next.
  var pixelStride: Int { 16 * channels }
  /// Floats from one image row to the next.
  var rowStride: Int { width * pixelStride }

  /// The first channel of a pixel; of the pixel before it where the rows are padded.
  func address(_ block: Int, _ row: Int, _ column: Int) -> UnsafePointer<Float> {
    let vectors = padding.map { UnsafePointer($0.pointer) } ?? activation.pointer
    return UnsafeRawPointer(vectors).assumingMemoryBound(to: Float.self)
      + ((block * height + row) * width + column) * pixelStride
  }
}

/// An operand with sixteen channels in lanes and samples as depth: `[panel][block][y][x][sample]`.
private struct TransposedPanels {
  private let storage: VectorStorage
  private let pixels: Int
  private let height: Int
  private let width: Int

  init(_ activation: Activation) {
    (height, width) = (activation.height, activation.width)
    pixels = activation.blocks * activation.height * activation.width
    let channels = activation.channels
    let panels = (channels + 15) / 16
    storage = VectorStorage(count: panels * pixels * 16)
    let output = Unchecked(storage.pointer)
    let source = Unchecked(UnsafeRawPointer(activation.pointer))
    let pixels = pixels
    let transpose = InstructionSet.selected.transpose16
    Parallel.forRanges(pixels, grain: max(1, 64 / max(panels, 1))) { range in
      for pixel in range {
        for panel in 0..<panels {
          let from = (source.value + 64 * (pixel * channels + 16 * panel)).assumingMemoryBound(to: Float.self)
          let to = UnsafeMutableRawPointer(output.value + (panel * pixels + pixel) * 16)
          transpose(min(16, channels - 16 * panel), from, 16, to.assumingMemoryBound(to: Float.self), 16)
        }
      }
    }
  }

  /// Vectors from one panel to the next.
  var panelStride: Int { 16 * pixels }
  /// Vectors from one image row to the next.
  var rowStride: Int { 16 * width }

  func address(_ panel: Int, _ block: Int, _ row: Int, _ column: Int) -> UnsafePointer<Vector> {
    UnsafePointer(storage.pointer) + (panel * pixels + (block * height + row) * width + column) * 16
  }
}
