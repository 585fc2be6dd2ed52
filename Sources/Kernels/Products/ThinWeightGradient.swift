import MicroKernels

/// The loops around the lane-sum tiles for the weight gradient of a 3×3 convolution at stride 1, one operand of which has few
/// channels: dW[o, tap, i] = Σ dy[o]·x[i] over blocks, pixels and lanes.
///
/// Both operands have samples in lanes, so every lane sums its own samples and the lanes are added at the end: nothing is
/// transposed, where the thick operand's transposition would cost as much as the products. The thick operand's pixels are
/// gone over once, and beside every one lie the thin operand's taps of a kernel row as adjacent vectors, thanks to a column
/// of zeros at both ends of its image rows, which changes no sum:
///
///     thin operand, 2 channels:  … | c0 c1 | c0 c1 | c0 c1 | …        six rows of a tile
///                                     kx=0    kx=1    kx=2
///
/// 1. tasks (parallel: each owns some columns, which are the thick operand's channels), a tile's columns at a time: their
///    sums, `[kernel row][row][column]`, stay in the first-level cache;
/// 2. blocks and chunks of image rows, as many as leave that cache room for the sums;
/// 3. kernel rows, row tiles.
struct ThinWeightGradient {
  /// Of a chunk's pixels, both operands together. Twice a first-level cache of 32 to 48 kB: longer chunks load and store the
  /// sums less often, and beyond this the thin operand's lines come from the second level for every kernel row (measured).
  private static let chunkBytes = 70_656
  /// Up to how many channels the thin operand may have: beyond, the sums fill the first-level cache.
  static let channels = 16

  private let thin: PaddedColumns
  private let thick: Activation
  /// Whether the thin operand is dy; else x.
  private let rowsAreOutputs: Bool
  private let kernels: [LaneSumKernel]
  /// Channels of the thin operand.
  private let channels: Int
  /// Rows of a kernel row's tiles.
  private let rows: Int
  /// Columns of a task's tiles.
  private var width: Int { kernels[0].columns }

  init(_ x: Activation, outputGradient dy: Activation, tiles: TileSet) {
    rowsAreOutputs = dy.channels <= x.channels
    thin = PaddedColumns(rowsAreOutputs ? dy : x)
    thick = rowsAreOutputs ? x : dy
    kernels = tiles.laneSums
    channels = min(dy.channels, x.channels)
    rows = 3 * channels
  }

  func run(weight dweight: inout Matrix, _ accumulation: Accumulation) {
    let width = width
    let groups = (thick.channels + width - 1) / width
    dweight.values.withUnsafeMutableBufferPointer { values in
      guard let weights = values.baseAddress.map(Unchecked.init) else { return }
      let gradient = Unchecked(self)
      Parallel.forRanges(groups, grain: 1) { range in
        let sums = VectorStorage(count: 3 * gradient.value.rows * width)
        for group in range {
          let first = group * width
          let columns = min(width, gradient.value.thick.channels - first)
          sums.pointer.update(repeating: Vector(repeating: 0), count: sums.count)
          gradient.value.sum(first..<(first + columns), sums.pointer)
          gradient.value.store(first..<(first + columns), sums.pointer, weights.value, adds: accumulation == .add)
        }
      }
    }
  }

  /// Sums some columns over all blocks and pixels.
  private func sum(_ columns: Range<Int>, _ sums: UnsafeMutablePointer<Vector>) {
    let tiles = tiles(columns.count)
    let height = max(thick.height, 1)
    let lineBytes = 64 * (thick.width * columns.count + thin.lineVectors)
    // Several blocks of small images, or some lines of a block, in equal parts.
    let parts = (height * lineBytes + Self.chunkBytes - 1) / Self.chunkBytes
    let lines = (height + parts - 1) / parts
    let blocks = max(1, Self.chunkBytes / (lineBytes * height))
    for block in stride(from: 0, to: thick.blocks, by: blocks) {
      let count = min(blocks, thick.blocks - block)
      for start in stride(from: 0, to: thick.height, by: lines) {
        for slice in 0..<3 {
          let first = max(start, 1 - slice)
          let last = min(start + lines, thick.height, thick.height + 1 - slice)
          if first >= last { continue }
          let thinPixel = thin.vectors(block, first + slice - 1)
          let thickPixel = thick.pointer + (block * thick.height + first) * thick.width * thick.channels
          for tile in tiles {
            tile.kernel.run(
              LaneSumWork(
                blocks: count, lines: last - first, pixels: thick.width, a: thinPixel + tile.row, aPixel: channels,
                aLine: thin.lineVectors, aBlock: thin.lineVectors * thick.height,
                b: thickPixel + columns.lowerBound + tile.column, bPixel: thick.channels,
                bLine: thick.width * thick.channels, bBlock: thick.vectorsPerBlock,
                c: sums + (slice * rows + tile.row) * width + tile.column, cRow: width))
          }
        }
      }
    }
  }

  /// The tiles of a kernel row's sums for some columns.
  private func tiles(_ columns: Int) -> [(kernel: LaneSumKernel, row: Int, column: Int)] {
    var tiles: [(kernel: LaneSumKernel, row: Int, column: Int)] = []
    var row = 0
    while row < rows {
      let height = rows - row >= 6 ? 6 : 3
      var column = 0
      while column < columns {
        guard let kernel = kernels.first(where: { $0.rows == height && $0.columns <= columns - column }) else {
          preconditionFailure("lane sums: no tile of \(height) rows and one column")
        }
        tiles.append((kernel, row, column))
        column += kernel.columns
      }
      row += height
    }
    return tiles
  }

  /// Adds the lanes and puts the sums of some columns in their places. The thin pixel at (slice, place) beside a thick one is
  /// the input under that tap, or, where it is the output, that of the opposite one.
  private func store(
    _ columns: Range<Int>, _ sums: UnsafeMutablePointer<Vector>, _ weights: UnsafeMutablePointer<Float>, adds: Bool
  ) {
    for tap in 0..<9 {
      for channel in 0..<channels {
        let sum = sums + (tap * channels + channel) * width
        let target =
          rowsAreOutputs
          ? weights + (channel * 9 + 8 - tap) * thick.channels + columns.lowerBound
          : weights + columns.lowerBound * 9 * channels + tap * channels + channel
        let step = rowsAreOutputs ? 1 : 9 * channels
        for column in 0..<columns.count {
          let total = laneSum(sum[column])
          target[column * step] = adds ? target[column * step] + total : total
        }
      }
    }
  }
}

/// The thin operand with a pixel of zeros at both ends of every image row.
private struct PaddedColumns {
  /// Vectors from one image row to the next.
  let lineVectors: Int
  private let height: Int
  private let storage: VectorStorage

  init(_ activation: Activation) {
    height = activation.height
    let channels = activation.channels
    let rowVectors = activation.width * channels
    let lineVectors = rowVectors + 2 * channels
    self.lineVectors = lineVectors
    storage = VectorStorage(count: activation.blocks * height * lineVectors)
    let zero = Vector(repeating: 0)
    let (target, source) = (Unchecked(storage.pointer), Unchecked(activation.pointer))
    Parallel.forRanges(activation.blocks * height, grain: max(1, 4096 / max(lineVectors, 1))) { range in
      for row in range {
        let line = target.value + row * lineVectors
        line.update(repeating: zero, count: channels)
        (line + channels).update(from: source.value + row * rowVectors, count: rowVectors)
        (line + channels + rowVectors).update(repeating: zero, count: channels)
      }
    }
  }

  /// The zeros before an image row.
  func vectors(_ block: Int, _ row: Int) -> UnsafePointer<Vector> {
    UnsafePointer(storage.pointer) + (block * height + row) * lineVectors
  }
}
