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
///    sums, `[part][kernel row][row][column]`, stay in the first-level cache;
/// 2. blocks and chunks of image rows, as many as leave that cache room for the sums;
/// 3. parts of up to four channels of the thin operand, so that a chunk of each stays in that cache too;
/// 4. kernel rows, row tiles.
struct ThinWeightGradient {
  /// Of a chunk's pixels, the thick operand's and a part's of the thin one. Twice a first-level cache of 32 to 48 kB: longer
  /// chunks load and store the sums less often, and beyond this the thin operand's lines come from the second level for every
  /// kernel row (measured).
  private static let chunkBytes = 73_728
  /// Up to how many channels the thin operand may have: beyond, the sums fill the first-level cache.
  static let channels = 16
  /// Channels of a part.
  private static let partChannels = 4

  /// Some channels of the thin operand.
  private struct Part {
    let first: Int
    let channels: Int
    let columns: PaddedRows
    /// Rows of a kernel row's tiles.
    var rows: Int { 3 * channels }
  }

  private let parts: [Part]
  private let thick: Activation
  /// Whether the thin operand is dy; else x.
  private let rowsAreOutputs: Bool
  private let kernels: [LaneSumKernel]
  /// Channels of the thin operand.
  private let channels: Int
  /// Columns of a task's tiles.
  private var width: Int { kernels[0].columns }

  init(_ x: Activation, outputGradient dy: Activation, tiles: TileSet) {
    rowsAreOutputs = dy.channels <= x.channels
    let thin = rowsAreOutputs ? dy : x
    thick = rowsAreOutputs ? x : dy
    kernels = tiles.laneSums
    channels = thin.channels
    parts = stride(from: 0, to: thin.channels, by: Self.partChannels).map { first in
      let count = min(Self.partChannels, thin.channels - first)
      return Part(first: first, channels: count, columns: PaddedRows(thin.channels(first..<(first + count))))
    }
  }

  func run(weight dweight: inout Matrix, _ accumulation: Accumulation) {
    let width = width
    let groups = (thick.channels + width - 1) / width
    dweight.values.withUnsafeMutableBufferPointer { values in
      guard let weights = values.baseAddress.map(Unchecked.init) else { return }
      let vectors = 9 * channels * width
      let gradient = Unchecked((self, ThreadScratch(threads: Parallel.threads, vectors: vectors)))
      Parallel.forEach(groups) { group, thread in
        let (gradient, scratch) = gradient.value
        let sums = scratch.part(thread)
        let columns = (group * width)..<min((group + 1) * width, gradient.thick.channels)
        sums.update(repeating: Vector(repeating: 0), count: vectors)
        gradient.sum(columns, sums)
        gradient.store(columns, sums, weights.value, adds: accumulation == .add)
      }
    }
  }

  /// Sums some columns over all blocks and pixels.
  private func sum(_ columns: Range<Int>, _ sums: UnsafeMutablePointer<Vector>) {
    let tilesOfParts = parts.map { tiles($0, columns.count) }
    let height = max(thick.height, 1)
    let lineBytes = 64 * (thick.width * columns.count + parts.reduce(0) { max($0, $1.columns.lineVectors) })
    // Several blocks of small images, or some lines of a block, in equal chunks.
    let chunks = (height * lineBytes + Self.chunkBytes - 1) / Self.chunkBytes
    let lines = (height + chunks - 1) / chunks
    let blocks = max(1, Self.chunkBytes / (lineBytes * height))
    for block in stride(from: 0, to: thick.blocks, by: blocks) {
      let count = min(blocks, thick.blocks - block)
      for start in stride(from: 0, to: thick.height, by: lines) {
        for (part, tiles) in zip(parts, tilesOfParts) {
          for slice in 0..<3 {
            let first = max(start, 1 - slice)
            let last = min(start + lines, thick.height, thick.height + 1 - slice)
            if first >= last { continue }
            let thinPixel = part.columns.row(block, first + slice - 1)
            let thickPixel = thick.pointer + (block * thick.height + first) * thick.width * thick.channels
            let slice = sums + (9 * part.first + slice * part.rows) * width
            for tile in tiles {
              tile.kernel.run(
                LaneSumWork(
                  blocks: count, lines: last - first, pixels: thick.width, a: thinPixel + tile.row,
                  aPixel: part.channels, aLine: part.columns.lineVectors,
                  aBlock: part.columns.lineVectors * thick.height, b: thickPixel + columns.lowerBound + tile.column,
                  bPixel: thick.channels, bLine: thick.width * thick.channels, bBlock: thick.vectorsPerBlock,
                  c: slice + tile.row * width + tile.column, cRow: width))
            }
          }
        }
      }
    }
  }

  /// The tiles of a kernel row's sums of a part for some columns.
  private func tiles(_ part: Part, _ columns: Int) -> [(kernel: LaneSumKernel, row: Int, column: Int)] {
    var tiles: [(kernel: LaneSumKernel, row: Int, column: Int)] = []
    var row = 0
    while row < part.rows {
      let height = part.rows - row >= 6 ? 6 : 3
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
    for part in parts {
      for row in 0..<(3 * part.rows) {
        let (tap, channel) = (row / part.channels, part.first + row % part.channels)
        let sum = sums + (9 * part.first + row) * width
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
