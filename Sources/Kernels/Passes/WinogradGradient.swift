import MicroKernels

/// The weight gradient of a 3×3 convolution at stride 1 by the transposition of Winograd's F(4×4, 3×3) (see `WinogradConvolution`),
///
///     dW = Gᵀ[ Σ (A dy Aᵀ) ⊙ (Bᵀ d B) ]G        over tiles, dy the tile's output gradient, d its patch of the input
///
/// in parts: every part of the batch has 36 sums for each weight, which are added part by part, and then transformed.
///
/// Lanes are summed over, so the input's channels must be in lanes: its pixels are transposed to panels of sixteen channels,
/// `[panel][sample]`, when a tile first needs them, and the transform takes these as it takes vectors of samples. Transforming first
/// would leave 36 values to transpose for every sixteen.
///
/// |error| ≤ (samples · tiles / parts + parts + 64)·u·|Gᵀ|(Σ |A||dy||Aᵀ| ⊙ |Bᵀ||d||B|)|G|, u = 2⁻²⁴.
struct WinogradGradient {
  private static let places = WinogradConvolution.places
  /// Vectors of transformed patches of some tiles: half of a second-level cache of 1 MB.
  private static let patchVectors = 4608

  private let inputs: Int
  private let outputs: Int
  private let panels: Int
  private let height: Int
  private let width: Int
  private let pieces: ImagePieces
  private let plan: TilePlan
  private let paddedOutputs: Int
  private let sums: VectorStorage
  private let tiles: Int
  private let patchStride: Int
  private let inputTransform = InstructionSet.selected.winograd.input
  private let gradientTransform = InstructionSet.selected.winograd.outputGradient
  private let transpose = InstructionSet.selected.transpose16
  private let gradientStride: Int

  /// Sums for the parts of x, and outputs of some channels.
  init(_ x: some ImageRows, outputs: Int, _ pieces: ImagePieces) {
    (inputs, self.outputs, self.pieces) = (x.channels, outputs, pieces)
    (height, width) = (x.height, x.width)
    panels = (inputs + 15) / 16
    plan = TilePlan(rows: outputs, panels: panels, tiles: InstructionSet.selected.tiles)
    paddedOutputs = plan.rowTiles.reduce(0) { $0 + $1.kernel.rows }
    sums = VectorStorage(count: pieces.parts * Self.places * paddedOutputs * panels)
    tiles = max(1, min(pieces.step * ((width + 3) / 4), max(2, Self.patchVectors / (Self.places * 16 * panels))))
    patchStride = tiles * 16 * panels | 1
    gradientStride = tiles * outputs | 1
  }

  /// Vectors that the ring of x and the transforms of one thread need. Register tiles read rows beyond the outputs.
  func scratchVectors(_ x: some ImageRows) -> Int {
    ringVectors + Self.places * (patchStride + gradientStride) + paddedOutputs + x.scratchVectors(rows: 1)
  }

  private var ringVectors: Int { TileRing.vectors(width: width, channels: 16 * panels, step: pieces.step) }
  private var partVectors: Int { Self.places * paddedOutputs * panels }

  /// The ring of x's rows, with channels in lanes, for a part.
  func ring(_ scratch: UnsafeMutablePointer<Vector>) -> TileRing {
    TileRing(width: width, height: height, channels: 16 * panels, step: pieces.step, memory: scratch)
  }

  /// Adds the products of some tile rows of x, whose `ring` it fills, with those of the output gradient, which are in `gradient`.
  func add(
    _ part: Int, _ rows: ImagePieces.Rows, of x: some ImageRows, _ ring: inout TileRing, outputGradient: TileRing,
    _ scratch: UnsafeMutablePointer<Vector>
  ) {
    if rows.range.lowerBound == rows.all.lowerBound { ring.begin(at: rows.range.lowerBound) }
    let work = scratch + ringVectors
    let rowScratch = work + (Self.places * (patchStride + gradientStride) + paddedOutputs)
    let pixel = ring.pixel
    ring.fill(to: rows.range.upperBound) { row, target in
      transpose(x.rows(rows.block, row..<(row + 1), rowScratch), to: target, pixel)
    }
    let columns = (width + 3) / 4
    let all = (rows.range.lowerBound * columns)..<(rows.range.upperBound * columns)
    for first in stride(from: all.lowerBound, to: all.upperBound, by: tiles) {
      let isFirst =
        first == all.lowerBound && rows.piece == pieces.pieces(part).lowerBound
        && rows.range.lowerBound == rows.all.lowerBound
      add(
        part, first..<min(first + tiles, all.upperBound), columns: columns, ring, outputGradient, work,
        isFirst: isFirst)
    }
  }

  /// A row's pixels with channels in lanes.
  private func transpose(_ x: UnsafePointer<Vector>, to target: UnsafeMutablePointer<Vector>, _ pixelStride: Int) {
    let transpose = transpose
    let source = UnsafeRawPointer(x).assumingMemoryBound(to: Float.self)
    let target = UnsafeMutableRawPointer(target).assumingMemoryBound(to: Float.self)
    for pixel in 0..<width {
      for panel in 0..<panels {
        transpose(
          min(16, inputs - 16 * panel), source + 16 * (pixel * inputs + 16 * panel), 16,
          target + 16 * (pixel * pixelStride + 16 * panel), 16)
      }
    }
  }

  private func add(
    _ part: Int, _ tiles: Range<Int>, columns: Int, _ ring: TileRing, _ outputGradient: TileRing,
    _ scratch: UnsafeMutablePointer<Vector>, isFirst: Bool
  ) {
    let (patches, gradients) = (scratch, scratch + Self.places * patchStride)
    withUnsafeTemporaryAllocation(of: UnsafePointer<Vector>.self, capacity: 6) { lines in
      guard let lines = lines.baseAddress else { return }
      for tile in tiles {
        let (row, column) = tile.quotientAndRemainder(dividingBy: columns)
        let index = tile - tiles.lowerBound
        for line in 0..<6 { lines[line] = ring.address(4 * row + line - 1, before: 4 * column) }
        inputTransform(16 * panels, lines, ring.pixel, patches + index * 16 * panels, patchStride)
        for line in 0..<4 { lines[line] = outputGradient.address(4 * row + line, before: 4 * column + 1) }
        gradientTransform(outputs, lines, outputGradient.pixel, gradients + index * outputs, gradientStride)
      }
    }
    multiply(part, tiles.count, patches, gradients, isFirst: isFirst)
  }

  /// Adds the 36 products of some tiles to a part's sums, or begins these.
  private func multiply(
    _ part: Int, _ tiles: Int, _ patches: UnsafePointer<Vector>, _ gradients: UnsafePointer<Vector>, isFirst: Bool
  ) {
    let source = UnsafeRawPointer(gradients).assumingMemoryBound(to: Float.self)
    let target = UnsafeMutableRawPointer(sums.pointer + part * partVectors).assumingMemoryBound(to: Float.self)
    for place in 0..<Self.places {
      var panel = 0
      while panel < panels {
        let width = plan.groupWidth(panels - panel)
        for tile in plan.rowTiles {
          let kernel = plan.groupKernel(tile, width: width)
          let isAlone = kernel.panels > panels - panel
          kernel.run(
            TileWork(
              segments: tiles, depth: 16, a: source + 16 * (place * gradientStride + tile.first), aRow: 16,
              aSegment: 16 * outputs, b: patches + (place * patchStride + 16 * panel), bPanel: isAlone ? 0 : 16,
              bSegment: 16 * panels, c: target + 16 * ((place * paddedOutputs + tile.first) * panels + panel),
              cRow: 16 * panels, cPanel: isAlone ? 0 : 16, start: isFirst ? .zero : .output,
              bias: UnsafePointer(target), rectifies: false),
            isPacked: false)
        }
        panel += width
      }
    }
  }

  /// Puts the transformed sums of the parts in their places, or adds them. The sums of the first part are overwritten.
  func store(into weight: inout Matrix, _ accumulation: Accumulation) {
    let kernels = InstructionSet.selected
    let scratch = ThreadScratch(threads: Parallel.threads, vectors: 9 * panels)
    let (partVectors, panels, paddedOutputs, parts, inputs) = (partVectors, panels, paddedOutputs, pieces.parts, inputs)
    // Outputs of a task: their sums of a place are added at once.
    let group = max(1, min(8, outputs / 4))
    weight.values.withUnsafeMutableBufferPointer { values in
      guard let weights = values.baseAddress.map(Unchecked.init) else { return }
      let sums = Unchecked(sums.pointer)
      Parallel.forEach((outputs + group - 1) / group) { task, thread in
        let some = (task * group)..<min((task + 1) * group, outputs)
        let vectors = some.count * panels
        for place in 0..<(parts > 0 ? Self.places : 0) {
          let sum = sums.value + (place * paddedOutputs + some.lowerBound) * panels
          for part in 1..<max(parts, 1) {
            kernels.add(vectors, UnsafePointer(sum), UnsafePointer(sum + part * partVectors), sum)
          }
        }
        let taps = scratch.part(thread)
        for output in some {
          if parts > 0 {
            kernels.winograd.weightGradient(
              panels, UnsafePointer(sums.value + output * panels), paddedOutputs * panels, taps, panels)
          } else {
            taps.update(repeating: Vector(repeating: 0), count: 9 * panels)
          }
          let source = UnsafeMutableRawPointer(taps).assumingMemoryBound(to: Float.self)
          for tap in 0..<9 {
            let target = weights.value + (output * 9 + tap) * inputs
            for input in 0..<inputs {
              let value = source[16 * tap * panels + input]
              target[input] = accumulation == .add ? target[input] + value : value
            }
          }
        }
      }
    }
  }
}

/// The weight gradient alone; see `WinogradGradient`.
func winogradWeightGradient(
  _ x: some ImageRows, outputGradient dy: some ImageRows, weight dweight: inout Matrix, _ accumulation: Accumulation
) {
  let pieces = ImagePieces(tilesOf: x)
  let gradient = WinogradGradient(x, outputs: dy.channels, pieces)
  let ringVectors = TileRing.vectors(width: dy.width, channels: dy.channels, step: pieces.step)
  let rowScratch = ringVectors + gradient.scratchVectors(x)
  let scratch = ThreadScratch(threads: Parallel.threads, vectors: rowScratch + dy.scratchVectors(rows: 1))
  Parallel.forEach(pieces.parts) { part, thread in
    let own = scratch.part(thread)
    var gradientRing = TileRing(
      width: dy.width, height: dy.height, channels: dy.channels, step: pieces.step, memory: own)
    let pixel = gradientRing.pixel
    var ring = gradient.ring(own + ringVectors)
    pieces.forEachRows(part) { rows in
      if rows.range.lowerBound == rows.all.lowerBound { gradientRing.begin(at: rows.range.lowerBound) }
      gradientRing.fill(to: rows.range.upperBound) {
        dy.spread(rows.block, row: $0, to: $1, pixel: pixel, own + rowScratch)
      }
      gradient.add(part, rows, of: x, &ring, outputGradient: gradientRing, own + ringVectors)
    }
  }
  gradient.store(into: &dweight, accumulation)
}
