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
    let columns: PaddedColumns
    /// Rows of a kernel row's tiles.
    var rows: Int { 3 * channels }
  }

  private let parts: [Part]
  private let thick: Activation
  /// What the thick operand is, where that is behind a norm: it is made a chunk at a time.
  private let norm: RectifiedNorm?
  /// Whether the thin operand is dy; else x.
  private let rowsAreOutputs: Bool
  private let kernels: [LaneSumKernel]
  /// Channels of the thin operand.
  private let channels: Int
  /// Columns of a task's tiles.
  private var width: Int { kernels[0].columns }

  init(_ x: Activation, _ norm: RectifiedNorm? = nil, outputGradient dy: Activation, tiles: TileSet) {
    self.norm = norm
    rowsAreOutputs = dy.channels <= x.channels
    let thin = rowsAreOutputs ? dy : x
    thick = rowsAreOutputs ? x : dy
    kernels = tiles.laneSums
    channels = thin.channels
    parts = stride(from: 0, to: thin.channels, by: Self.partChannels).map { first in
      let count = min(Self.partChannels, thin.channels - first)
      return Part(first: first, channels: count, columns: PaddedColumns(thin.channels(first..<(first + count))))
    }
  }

  func run(weight dweight: inout Matrix, _ accumulation: Accumulation) {
    let width = width
    let groups = (thick.channels + width - 1) / width
    dweight.values.withUnsafeMutableBufferPointer { values in
      guard let weights = values.baseAddress.map(Unchecked.init) else { return }
      let sumVectors = 9 * channels * width
      let chunk = chunk(columns: width)
      let chunkVectors = norm == nil ? 0 : chunk.blocks * chunk.lines * thick.width * width
      let scratch = ThreadScratch(threads: Parallel.threads, vectors: sumVectors + chunkVectors)
      let gradient = Unchecked((self, scratch))
      Parallel.forEach(groups) { group, thread in
        let (gradient, scratch) = gradient.value
        let sums = scratch.part(thread)
        let columns = (group * width)..<min((group + 1) * width, gradient.thick.channels)
        sums.update(repeating: Vector(repeating: 0), count: sumVectors)
        gradient.sum(columns, sums, sums + sumVectors)
        gradient.store(columns, sums, weights.value, adds: accumulation == .add)
      }
    }
  }

  /// Several blocks of small images, or some lines of a block, in equal chunks.
  private func chunk(columns: Int) -> (blocks: Int, lines: Int) {
    let height = max(thick.height, 1)
    let lineBytes = 64 * (thick.width * columns + parts.reduce(0) { max($0, $1.columns.lineVectors) })
    let chunks = (height * lineBytes + Self.chunkBytes - 1) / Self.chunkBytes
    let blocks = min(max(1, Self.chunkBytes / (lineBytes * height)), max(thick.blocks, 1))
    return (blocks, (height + chunks - 1) / chunks)
  }

  /// Some columns of a chunk of the thick operand: the first pixel, and the distances in vectors.
  private struct Thick {
    var first: UnsafePointer<Vector>
    let pixel, line, block: Int
  }

  /// Sums some columns over all blocks and pixels; `memory` has room for a chunk of what is behind a norm.
  private func sum(
    _ columns: Range<Int>, _ sums: UnsafeMutablePointer<Vector>, _ memory: UnsafeMutablePointer<Vector>
  ) {
    let tilesOfParts = parts.map { tiles($0, columns.count) }
    let (blocks, lines) = chunk(columns: width)
    for block in stride(from: 0, to: thick.blocks, by: blocks) {
      let count = min(blocks, thick.blocks - block)
      for start in stride(from: 0, to: thick.height, by: lines) {
        let end = min(start + lines, thick.height)
        let chunk = thick(block..<(block + count), start..<end, columns, memory)
        for (part, tiles) in zip(parts, tilesOfParts) {
          for slice in 0..<3 {
            let first = max(start, 1 - slice)
            let last = min(end, thick.height + 1 - slice)
            if first >= last { continue }
            let thinPixel = part.columns.vectors(block, first + slice - 1)
            let thickPixel = chunk.first + (first - start) * chunk.line
            let slice = sums + (9 * part.first + slice * part.rows) * width
            for tile in tiles {
              tile.kernel.run(
                LaneSumWork(
                  blocks: count, lines: last - first, pixels: thick.width, a: thinPixel + tile.row,
                  aPixel: part.channels, aLine: part.columns.lineVectors,
                  aBlock: part.columns.lineVectors * thick.height, b: thickPixel + tile.column, bPixel: chunk.pixel,
                  bLine: chunk.line, bBlock: chunk.block, c: slice + tile.row * width + tile.column, cRow: width))
            }
          }
        }
      }
    }
  }

  /// A chunk where it lies, or behind the norm in `memory`.
  private func thick(
    _ blocks: Range<Int>, _ lines: Range<Int>, _ columns: Range<Int>, _ memory: UnsafeMutablePointer<Vector>
  ) -> Thick {
    guard let norm else {
      let pixel = (blocks.lowerBound * thick.height + lines.lowerBound) * thick.width
      return Thick(
        first: thick.pointer + pixel * thick.channels + columns.lowerBound, pixel: thick.channels,
        line: thick.width * thick.channels, block: thick.vectorsPerBlock)
    }
    let line = thick.width * columns.count
    for (place, block) in blocks.enumerated() {
      norm.write(
        pixels: lines.count * thick.width, from: (block * thick.height + lines.lowerBound) * thick.width,
        channels: columns, to: memory + place * lines.count * line)
    }
    return Thick(first: memory, pixel: columns.count, line: line, block: lines.count * line)
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

/// Some channels of the thin operand with a pixel of zeros at both ends of every image row.
private struct PaddedColumns {
  /// Vectors from one image row to the next.
  let lineVectors: Int
  private let height: Int
  private let storage: VectorStorage

  init(_ view: ChannelView) {
    let (width, channels) = (view.activation.width, view.channels)
    height = view.activation.height
    let lineVectors = (width + 2) * channels
    self.lineVectors = lineVectors
    storage = VectorStorage(count: view.blocks * height * lineVectors)
    let zero = Vector(repeating: 0)
    let (target, source) = (Unchecked(storage.pointer), Unchecked(view.pointer))
    let stride = view.stride
    Parallel.forRanges(view.blocks * height, grain: max(1, 4096 / max(lineVectors, 1))) { range in
      for row in range {
        let line = target.value + row * lineVectors
        line.update(repeating: zero, count: channels)
        for column in 0..<width {
          (line + (column + 1) * channels).update(from: source.value + (row * width + column) * stride, count: channels)
        }
        (line + (width + 1) * channels).update(repeating: zero, count: channels)
      }
    }
  }

  /// The zeros before an image row.
  func vectors(_ block: Int, _ row: Int) -> UnsafePointer<Vector> {
    UnsafePointer(storage.pointer) + (block * height + row) * lineVectors
  }
}
