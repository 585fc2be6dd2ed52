import MicroKernels

/// A 3×3 convolution at stride 1 by Winograd's minimal filtering F(4×4, 3×3) (Winograd 1980; Lavin & Gray 2016): a tile of 4×4 output
/// pixels takes 36 products of an input with an output channel instead of 144.
///
///     patches of 6×6 pixels  →  V = Bᵀ d B  →  36 products M = U·V, U = G w Gᵀ  →  y = Aᵀ M A, tiles of 4×4 pixels
///
/// Samples are in lanes, so the transforms are sums of whole vectors. Some tiles at a time go through all three steps in a thread's
/// second-level cache. A result depends on its tile alone, so that no number of threads changes a bit.
///
/// Every multiply-add of the transforms and of the sum over the inputs rounds once, so with u = 2⁻²⁴
///
///     |error| ≤ (inputs + 32)·u·|Aᵀ| (Σ |G||w||Gᵀ| ⊙ |Bᵀ||d||B|) |A|
struct WinogradConvolution {
  /// Places of a transformed patch.
  static let places = 36
  /// Vectors of transformed patches of some tiles, and of sums: a quarter of a second-level cache of 1 MB each (measured:
  /// half for patches took 3 % longer).
  private static let (patchVectors, sumVectors) = (4608, 4096)

  /// 256 × 256: beyond, the transformed weights, and every part's sums of the weight gradient, fit no cache, and take four times the
  /// weights' memory each.
  private static let mostKernels = 65_536

  let inputs: Int
  let outputs: Int
  private let weights: TransformedWeights
  /// The products' kernels for three panels and for two (or one, where registers are few): kept apart from their array, as counting
  /// its references from two threads at every call cost two per cent of a step.
  private let (wide, narrow): (WinogradTile, WinogradTile)
  private let inputTransform = InstructionSet.selected.winograd.input
  private let outputTransform: WinogradKernels.Gather
  private let bias: [Float]
  private let rectifies: Bool

  /// Whether it is used: where it takes less arithmetic, transforms included (counted for 16 channels, measured to hold).
  static func pays(_ geometry: Convolution, inputs: Int, outputs: Int, height: Int, width: Int) -> Bool {
    guard geometry.kernel == 3, geometry.stride == 1, min(inputs, outputs) >= 16, inputs * outputs <= mostKernels,
      height > 0, width > 0
    else { return false }
    let tiles = ((height + 3) / 4) * ((width + 3) / 4)
    let direct = (3 * height - 2) * (3 * width - 2) * inputs * outputs
    return tiles * (places * inputs * outputs + 160 * (inputs + outputs)) < direct * 3 / 4
  }

  /// The convolution with `weight`, outputs × (9 · inputs). An empty `bias` is none.
  init(_ weight: Matrix, bias: [Float] = [], rectifies: Bool = false) {
    self.init(weight, flips: false, bias, rectifies)
  }

  /// The input gradient of the convolution with `weight`, (this one's inputs) × (9 · outputs).
  init(flipping weight: Matrix) { self.init(weight, flips: true, [], false) }

  private init(_ weight: Matrix, flips: Bool, _ bias: [Float], _ rectifies: Bool) {
    (inputs, outputs) = flips ? (weight.rows, weight.columns / 9) : (weight.columns / 9, weight.rows)
    (self.bias, self.rectifies) = (bias, rectifies)
    let kernels = InstructionSet.selected.winograd
    outputTransform = outputs % 64 == 0 ? kernels.outputInHalves : kernels.output
    let tiles = kernels.tiles
    (wide, narrow) = (tiles[0], tiles[tiles.count - 1])
    weights = TransformedWeights(weight, flips: flips, rows: wide.rows)
  }

  /// All of the output.
  func convolution(_ x: any ImageRows) -> Activation {
    var y = Activation(uninitialized: x.samples, height: x.height, width: x.width, channels: outputs)
    let target = y.mutablePointer()
    let pieces = ImagePieces(tilesOf: x)
    let scratch = ThreadScratch(threads: Parallel.threads, vectors: scratchVectors(x, pieces))
    Parallel.forEach(x.height * x.width > 0 ? pieces.parts : 0) { part, thread in
      makeRows(of: x, pieces, part, to: target, scratch.part(thread)) { _, _, _, _ in }
    }
    return y
  }

  /// Vectors that `makeRows` needs.
  func scratchVectors(_ x: some ImageRows, _ pieces: ImagePieces) -> Int {
    let chunk = Chunk(self, tiles: pieces.step * ((x.width + 3) / 4))
    return TileRing.vectors(width: x.width, channels: inputs, step: pieces.step) + chunk.vectors + outputs
      + x.scratchVectors(rows: 1)
  }

  /// Makes a part of the output, whose first row is `y`. `body` gets rows as they are made, with their first pixel and number, which
  /// it may change, and the ring of the rows that they were made of.
  func makeRows(
    of x: some ImageRows, _ pieces: ImagePieces, _ part: Int, to y: UnsafeMutablePointer<Vector>,
    _ scratch: UnsafeMutablePointer<Vector>,
    _ body: (_ rows: ImagePieces.Rows, _ first: UnsafeMutablePointer<Vector>, _ pixels: Int, _ source: TileRing) -> Void
  ) {
    precondition(x.channels == inputs, "convolution: weights of \(inputs) inputs for \(x.shape)")
    let (height, width, line) = (x.height, x.width, x.width * outputs)
    var ring = TileRing(width: width, height: height, channels: inputs, step: pieces.step, memory: scratch)
    let work = scratch + TileRing.vectors(width: width, channels: inputs, step: pieces.step)
    let columns = (width + 3) / 4
    let chunk = Chunk(self, tiles: pieces.step * columns)
    let rowScratch = work + (chunk.vectors + outputs)
    let pixel = ring.pixel
    pieces.forEachRows(part) { rows in
      if rows.range.lowerBound == rows.all.lowerBound { ring.begin(at: rows.range.lowerBound) }
      ring.fill(to: rows.range.upperBound) { x.spread(rows.block, row: $0, to: $1, pixel: pixel, rowScratch) }
      let image = y + rows.block * height * line
      let tiles = (rows.range.lowerBound * columns)..<(rows.range.upperBound * columns)
      for first in stride(from: tiles.lowerBound, to: tiles.upperBound, by: chunk.tiles) {
        run(
          first..<min(first + chunk.tiles, tiles.upperBound), columns: columns, ring, height: height, width: width,
          to: image, chunk, work)
      }
      let (top, bottom) = (4 * rows.range.lowerBound, min(4 * rows.range.upperBound, height))
      body(rows, image + top * line, (bottom - top) * width, ring)
    }
  }

  /// Some tiles of a block, from pixels to pixels.
  private func run(
    _ tiles: Range<Int>, columns: Int, _ ring: TileRing, height: Int, width: Int, to y: UnsafeMutablePointer<Vector>,
    _ chunk: Chunk, _ scratch: UnsafeMutablePointer<Vector>
  ) {
    let (patches, sums) = (scratch, scratch + chunk.sums)
    // What lies beside the image is written where nobody reads it.
    let trash = scratch + chunk.vectors
    withUnsafeTemporaryAllocation(of: UnsafePointer<Vector>.self, capacity: 6) { lines in
      guard let lines = lines.baseAddress else { return }
      for tile in tiles {
        let (row, column) = tile.quotientAndRemainder(dividingBy: columns)
        for index in 0..<6 { lines[index] = ring.address(4 * row + index - 1, before: 4 * column) }
        inputTransform(inputs, lines, ring.pixel, patches + (tile - tiles.lowerBound) * inputs, chunk.patchStride)
      }
    }
    withUnsafeTemporaryAllocation(of: UnsafeMutablePointer<Vector>.self, capacity: 16) { pixels in
      bias.withUnsafeBufferPointer { bias in
        guard let pixels = pixels.baseAddress else { return }
        for group in stride(from: 0, to: weights.tiles, by: chunk.rowTiles) {
          let rowTiles = group..<min(group + chunk.rowTiles, weights.tiles)
          multiply(tiles.count, rowTiles, patches, sums, chunk)
          let outputs = (group * weights.rows)..<min(rowTiles.upperBound * weights.rows, outputs)
          for tile in tiles {
            let (tileRow, tileColumn) = tile.quotientAndRemainder(dividingBy: columns)
            for index in 0..<16 {
              let (row, column) = (4 * tileRow + index / 4, 4 * tileColumn + index % 4)
              let pixel = row < height && column < width ? y + (row * width + column) * self.outputs : trash
              pixels[index] = pixel + outputs.lowerBound
            }
            outputTransform(
              outputs.count, UnsafePointer(sums) + (tile - tiles.lowerBound) * chunk.outputs, chunk.sumStride, pixels,
              bias.isEmpty ? nil : bias.baseAddress.map { $0 + outputs.lowerBound }, rectifies)
          }
        }
      }
    }
  }

  /// The 36 products of some tiles with some of the outputs.
  private func multiply(
    _ tiles: Int, _ rowTiles: Range<Int>, _ patches: UnsafePointer<Vector>, _ sums: UnsafeMutablePointer<Vector>,
    _ chunk: Chunk
  ) {
    var first = 0
    while first < tiles {
      let left = tiles - first
      // No tile is left alone: the narrower kernel would compute it twice.
      let kernel = wide.panels <= left && left - wide.panels != 1 ? wide : narrow
      let isAlone = kernel.panels > left
      kernel.run(
        WinogradWork(
          rowTiles: rowTiles.count, depth: inputs, a: weights.tile(rowTiles.lowerBound), aTile: weights.tileStride,
          b: patches + first * inputs, bPanel: isAlone ? 0 : inputs, bPlace: chunk.patchStride,
          c: sums + first * chunk.outputs, cPanel: isAlone ? 0 : chunk.outputs, cPlace: chunk.sumStride))
      first += kernel.panels
    }
  }

  /// How many tiles are computed at a time, for how many row tiles of outputs, and where transformed patches and sums of these lie, each
  /// `[place][tile][channel]`. Places are an odd number of lines apart, so that they do not fight for the same sets of the first-level
  /// cache.
  private struct Chunk {
    let tiles: Int
    let rowTiles: Int
    /// Rows of the row tiles.
    let outputs: Int
    let patchStride: Int
    let sumStride: Int
    /// Where the sums begin.
    var sums: Int { WinogradConvolution.places * patchStride }
    var vectors: Int { WinogradConvolution.places * (patchStride + sumStride) }

    init(_ convolution: WinogradConvolution, tiles most: Int) {
      let inputs = convolution.inputs
      tiles = max(1, min(most, max(2, patchVectors / (places * inputs))))
      let rows = convolution.weights.rows
      rowTiles = max(1, min(convolution.weights.tiles, sumVectors / (places * tiles * rows)))
      outputs = rowTiles * rows
      patchStride = tiles * inputs | 1
      sumStride = tiles * outputs | 1
    }
  }
}

/// G w Gᵀ of every kernel, packed for row tiles: `[row tile][place][k][row]`.
private struct TransformedWeights: @unchecked Sendable {
  /// Rows of a row tile.
  let rows: Int
  /// Number of row tiles.
  let tiles: Int
  /// Floats from one row tile to the next.
  let tileStride: Int
  private let storage: VectorStorage

  /// Of the convolution with `weight`, or, if it `flips`, of its input gradient. Cost: as many transforms as there are kernels, sixteen or
  /// fewer at a time.
  init(_ weight: Matrix, flips: Bool, rows: Int) {
    let inputs = weight.columns / 9
    let (outputs, depth) = flips ? (inputs, weight.rows) : (weight.rows, inputs)
    let (rowStride, depthStride) = flips ? (1, weight.columns) : (weight.columns, 1)
    self.rows = rows
    tiles = (outputs + rows - 1) / rows
    // A row is stored as half a vector, which may be more than it has; the next covers the excess.
    let tileVectors = (WinogradConvolution.places * depth * rows + 31) / 16
    tileStride = 16 * tileVectors
    storage = VectorStorage(count: tiles * tileVectors)
    // Odd, as the places of a chunk are.
    let stride = depth | 1
    let scratch = ThreadScratch(threads: Parallel.threads, vectors: (9 + WinogradConvolution.places) * stride)
    let transform = InstructionSet.selected.winograd.weight
    let transpose = InstructionSet.selected.transpose16
    let target = storage.pointer
    weight.values.withUnsafeBufferPointer { values in
      guard let source = values.baseAddress.map(Unchecked.init) else { return }
      let target = Unchecked(target)
      Parallel.forEach(tiles) { tile, thread in
        let taps = scratch.part(thread)
        let transformed = taps + 9 * stride
        let count = min(rows, outputs - tile * rows)
        let first = source.value + tile * rows * rowStride
        // Lanes of rows that do not exist are never read.
        let lanes = UnsafeMutableRawPointer(taps).assumingMemoryBound(to: Float.self)
        for tap in 0..<9 {
          let line = first + tap * inputs
          var k = 0
          while !flips && k + 16 <= depth {
            transpose(count, line + k, rowStride, lanes + 16 * (tap * stride + k), 16)
            k += 16
          }
          // Eight adjacent weights are copied as half a vector.
          while flips && k < depth && tile * rows + 8 <= outputs {
            UnsafeMutableRawPointer(lanes + 16 * (tap * stride + k)).storeBytes(
              of: UnsafeRawPointer(line + k * depthStride).loadUnaligned(as: SIMD8<Float>.self), as: SIMD8<Float>.self)
            k += 1
          }
          while k < depth {
            let target = lanes + 16 * (tap * stride + k)
            for row in 0..<count { target[row] = line[row * rowStride + k * depthStride] }
            k += 1
          }
        }
        transform(depth, UnsafePointer(taps), stride, flips, transformed, stride)
        var place = UnsafeMutableRawPointer(target.value + tile * tileVectors)
        for line in 0..<WinogradConvolution.places {
          for k in 0..<depth {
            place.storeBytes(of: transformed[line * stride + k].lowHalf, as: SIMD8<Float>.self)
            place += 4 * rows
          }
        }
      }
    }
  }

  /// A row tile's weights.
  func tile(_ index: Int) -> UnsafePointer<Float> {
    UnsafePointer(UnsafeMutableRawPointer(storage.pointer).assumingMemoryBound(to: Float.self)) + index * tileStride
  }
}
