import MicroKernels

/// The weight gradient of a 3×3 convolution at stride 1, one operand of which has few channels, by minimal filtering: dW[o, tap, i] =
/// Σ dy[o]·x[i] over blocks, pixels and lanes, from 16 instead of 36 products for every 2×2 pixels; see `thinWinograd2x2`.
///
/// Both operands have samples in lanes, so every lane sums its own samples and the lanes are added at the end: nothing is transposed,
/// where the thick operand's transposition would cost more than the products. That operand is the one of the 2×2 tiles: transforming
/// them takes 12 additions where they are multiplied. The thin one's 4×4 patches are transformed once for all thick channels that a
/// task owns:
///
/// 1. tasks (parallel: each owns some thick channels, sixteen or a multiple);
/// 2. chunks of tiles: their patches are transformed, `[two thin channels][row of products][tile][channel][4]`, and the pixels are
///    copied, tile by tile, to another distance: a channel's lie 8 kB apart where there are 128, and whatever is as far apart has the
///    same place in the first-level cache (measured: 5 cycles a vector from the second-level one, and less than 2 without);
/// 3. thin channels, two at a time: their patches stay in the first-level cache;
/// 4. thick channels, two at a time: the tiles are gone through once for every row of products, whose sums are in registers.
struct ThinWinogradGradient {
  /// Which channels the thin operand may have: with one there is little to share.
  private static let thinChannels = 2...16
  /// How many the thick one must, and pixels along either axis: sums that few products go to cost more than they save (measured).
  private static let (thickChannels, pixels) = (32, 8)
  /// Thick channels that are transposed together at the end.
  private static let group = 16
  /// Tiles of a chunk: the patches of two thin channels and the pixels of two thick ones leave a first-level cache of 48 kB some room
  /// (measured with 8 to 32).
  private static let chunkTiles = 12

  private let thin: Activation
  private let thick: Activation
  /// Whether the thin operand is dy; else x.
  private let thinIsOutput: Bool
  private let kernels: [ThinWinogradTile]
  /// Tiles of an image row, and rows of them in an image.
  private let (columns, rows): (Int, Int)

  /// Whether this is faster than sums of all products.
  static func pays(inputs: Int, outputs: Int, height: Int, width: Int) -> Bool {
    thinChannels.contains(min(inputs, outputs)) && max(inputs, outputs) >= thickChannels && min(height, width) >= pixels
  }

  init(_ x: Activation, outputGradient dy: Activation, tiles: TileSet) {
    thinIsOutput = dy.channels <= x.channels
    (thin, thick) = thinIsOutput ? (dy, x) : (x, dy)
    kernels = tiles.thinWinograd
    (columns, rows) = ((x.width + 1) / 2, (x.height + 1) / 2)
  }

  func run(weight dweight: inout Matrix, _ accumulation: Accumulation) {
    let groups = (thick.channels + Self.group - 1) / Self.group
    let tasks = min(groups, Parallel.threads)
    let parts = (0..<tasks).map { task in
      Part(
        first: groups * task / tasks * Self.group,
        end: min(thick.channels, groups * (task + 1) / tasks * Self.group), thinChannels: thin.channels)
    }
    let vectors = parts.reduce(0) { max($0, $1.vectors) }
    dweight.values.withUnsafeMutableBufferPointer { values in
      guard let weights = values.baseAddress.map(Unchecked.init) else { return }
      let gradient = Unchecked((self, ThreadScratch(threads: Parallel.threads, vectors: vectors)))
      Parallel.forEach(tasks) { task, thread in
        let (gradient, scratch) = gradient.value
        gradient.run(parts[task], weights.value, adds: accumulation == .add, scratch.part(thread))
      }
    }
  }

  /// Some thick channels, and what lies where in the scratch of the thread that they are given to: their pixels, the patches, the sums,
  /// `[two thin channels][thick channel][thin channel][16]`, and what these become.
  private struct Part {
    let first: Int
    let end: Int
    let thinChannels: Int

    var count: Int { end - first }
    /// Distance between pixels: an odd one, so that those of a channel take all places in the first-level cache.
    var pixel: Int { count | 1 }
    var patches: Int { 4 * ThinWinogradGradient.chunkTiles * pixel }
    var sums: Int { patches + 16 * thinChannels * ThinWinogradGradient.chunkTiles }
    var sumVectors: Int { 16 * thinChannels * count }
    var taps: Int { sums + sumVectors }
    var vectors: Int { taps + 10 * 16 }
  }

  /// Computes the weights of some thick channels.
  private func run(
    _ part: Part, _ weights: UnsafeMutablePointer<Float>, adds: Bool, _ scratch: UnsafeMutablePointer<Vector>
  ) {
    let (patches, sums) = (scratch + part.patches, scratch + part.sums)
    sums.update(repeating: Vector(repeating: 0), count: part.sumVectors)
    let sumTiles = sumTiles(part.count)
    let tiles = thick.blocks * rows * columns
    let chunks = (tiles + Self.chunkTiles - 1) / Self.chunkTiles
    for index in 0..<chunks {
      let chunk = (tiles * index / chunks)..<(tiles * (index + 1) / chunks)
      forEachStretch(chunk) { tile, count, block, row, column in
        transform(count, block, row, column, patches, tile, of: chunk.count)
        copy(count, block, row, column, part, to: scratch + 4 * tile * part.pixel)
      }
      add(chunk.count, part, sumTiles, UnsafePointer(scratch), UnsafePointer(patches), sums)
    }
    store(part, UnsafePointer(sums), scratch + part.taps, weights, adds: adds)
  }

  /// Calls `body` with stretches of tiles of a chunk that lie side by side: the first's number in the chunk, how many they are, their
  /// block, and the row and column of their first pixel.
  private func forEachStretch(
    _ chunk: Range<Int>, _ body: (_ tile: Int, _ count: Int, _ block: Int, _ row: Int, _ column: Int) -> Void
  ) {
    var tile = chunk.lowerBound
    while tile < chunk.upperBound {
      let (line, column) = (tile / columns, tile % columns)
      let count = min(columns - column, chunk.upperBound - tile)
      body(tile - chunk.lowerBound, count, line / rows, 2 * (line % rows), 2 * column)
      tile += count
    }
  }

  /// Transforms the thin operand's patches of adjacent tiles, from number `tile` of a chunk's `tiles` on.
  private func transform(
    _ count: Int, _ block: Int, _ row: Int, _ column: Int, _ patches: UnsafeMutablePointer<Vector>, _ tile: Int,
    of tiles: Int
  ) {
    let transform = InstructionSet.selected.thinWinograd.patches
    for channel in 0..<thin.channels {
      let two = channel - channel % 2
      let patch = 4 * min(2, thin.channels - two)
      transform(
        ThinWinogradPatchWork(
          tiles: count, row: row - 1, column: column - 1, height: thin.height, width: thin.width,
          image: thin.pointer + block * thin.vectorsPerBlock + channel, pixel: thin.channels,
          patches: patches + 16 * two * tiles + tile * patch + 4 * (channel - two), patchTile: patch,
          patchRow: tiles * patch))
    }
  }

  /// Copies the thick operand's pixels of adjacent tiles; those beyond the image's last row or column are zero.
  private func copy(
    _ count: Int, _ block: Int, _ row: Int, _ column: Int, _ part: Part, to target: UnsafeMutablePointer<Vector>
  ) {
    for line in 0..<2 {
      let source = thick.pointer + (block * thick.height + row + line) * thick.width * thick.channels + part.first
      for place in 0..<(2 * count) {
        let pixel = target + (4 * (place / 2) + 2 * line + place % 2) * part.pixel
        if row + line < thick.height && column + place < thick.width {
          pixel.update(from: source + (column + place) * thick.channels, count: part.count)
        } else {
          pixel.update(repeating: Vector(repeating: 0), count: part.count)
        }
      }
    }
  }

  /// A tile of sums: its kernel, the first of its two thin channels and how many these are, its own first of them, and its first thick
  /// channel.
  private struct SumTile {
    let kernel: ThinWinogradTile
    let two: Int
    let ofTwo: Int
    let place: Int
    let thick: Int
  }

  /// The tiles of some thick channels' sums, thin channels two after two.
  private func sumTiles(_ count: Int) -> [SumTile] {
    var result: [SumTile] = []
    for two in stride(from: 0, to: thin.channels, by: 2) {
      let ofTwo = min(2, thin.channels - two)
      var thick = 0
      while thick < count {
        guard let kernel = kernels.first(where: { $0.thin <= ofTwo && $0.thick <= count - thick }) else {
          preconditionFailure("weight gradient: no tile of one channel")
        }
        for place in stride(from: 0, to: ofTwo, by: kernel.thin) {
          result.append(SumTile(kernel: kernel, two: two, ofTwo: ofTwo, place: place, thick: thick))
        }
        thick += kernel.thick
      }
    }
    return result
  }

  /// Adds the products of a chunk's tiles.
  private func add(
    _ tiles: Int, _ part: Part, _ sumTiles: [SumTile], _ pixels: UnsafePointer<Vector>,
    _ patches: UnsafePointer<Vector>,
    _ sums: UnsafeMutablePointer<Vector>
  ) {
    for tile in sumTiles {
      let patch = 4 * tile.ofTwo
      tile.kernel.add(
        ThinWinogradWork(
          tiles: tiles, patches: patches + 16 * tile.two * tiles + 4 * tile.place, patchTile: patch,
          patchRow: patch * tiles, pixels: pixels + tile.thick, pixel: part.pixel,
          sums: sums + 16 * (tile.two * part.count + tile.thick * tile.ofTwo + tile.place), sumsThick: 16 * tile.ofTwo))
    }
  }

  /// Puts the weights of some thick channels in their places. The thin pixel under a tap of a thick one is the input, or, where it is
  /// the output, that of the opposite tap.
  private func store(
    _ part: Part, _ sums: UnsafePointer<Vector>, _ scratch: UnsafeMutablePointer<Vector>,
    _ weights: UnsafeMutablePointer<Float>, adds: Bool
  ) {
    let table = InstructionSet.selected
    let lanes = scratch + 9 * 16
    let floats = UnsafeMutableRawPointer(lanes).assumingMemoryBound(to: Float.self)
    for first in stride(from: 0, to: part.count, by: Self.group) {
      let count = min(Self.group, part.count - first)
      for channel in 0..<thin.channels {
        let two = channel - channel % 2
        let ofTwo = min(2, thin.channels - two)
        let own = sums + 16 * (two * part.count + first * ofTwo + channel - two)
        table.thinWinograd.taps(count, own, 16 * ofTwo, scratch)
        for tap in 0..<9 {
          let source = UnsafeRawPointer(scratch + 16 * tap).assumingMemoryBound(to: Float.self)
          table.transpose16(count, source, 16, floats, 16)
          table.thinWinograd.addHalves(lanes)
          let target =
            thinIsOutput
            ? weights + (channel * 9 + 8 - tap) * thick.channels + part.first + first
            : weights + ((part.first + first) * 9 + tap) * thin.channels + channel
          let step = thinIsOutput ? 1 : 9 * thin.channels
          for index in 0..<count {
            target[index * step] = adds ? target[index * step] + floats[index] : floats[index]
          }
        }
      }
    }
  }
}
