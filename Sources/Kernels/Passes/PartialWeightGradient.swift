import MicroKernels

/// The weight gradient of a convolution at stride 1, dW[o, tap, i] = Σ dy[o]·x[i] over pixels and lanes, in parts: every part of the
/// batch has sums of its own, and they are added in order.
///
/// Lanes are summed over, so one operand must have its channels in lanes: its pixels are transposed to panels of sixteen channels,
/// `[panel][pixel][sample]`, while they are in the cache. These channels are the columns. The other operand is read as it lies: a row
/// is a channel, its lanes are sixteen consecutive products. A 3×3 convolution's gradient has three slices, one a kernel row, whose
/// rows are the three taps of each of the few channels of `PaddedRows`.
struct PartialWeightGradient {
  /// Up to how many channels the rows of a 3×3 convolution may have.
  static let channels = 16

  /// Whether the rows are the output's channels; else the input's.
  private let rowsAreOutputs: Bool
  private let taps: Int
  private let channels: Int
  private let slices: Int
  private let rows: Int
  private let columns: Int
  private let panels: Int
  private let plan: TilePlan
  private let paddedRows: Int
  private let sums: VectorStorage
  private let parts: Int
  private let maximumPixels: Int
  private let transpose: @Sendable (Int, UnsafePointer<Float>, Int, UnsafeMutablePointer<Float>, Int) -> Void

  /// Sums for the parts of an image batch whose channels are the columns, beside an operand with some `channels`.
  init(_ geometry: Convolution, channels: Int, areOutputs: Bool, columns b: some ImageRows) {
    let pieces = ImagePieces(b)
    rowsAreOutputs = areOutputs
    (self.channels, taps, columns) = (channels, geometry.taps, b.channels)
    (slices, rows) = (geometry.kernel, geometry.kernel * channels)
    (parts, maximumPixels) = (pieces.parts, pieces.step * b.width)
    panels = (columns + 15) / 16
    plan = TilePlan(rows: rows, panels: panels, tiles: InstructionSet.selected.tiles)
    paddedRows = plan.rowTiles.reduce(0) { $0 + $1.kernel.rows }
    sums = VectorStorage(count: parts * slices * paddedRows * panels)
    transpose = InstructionSet.selected.transpose16
  }

  /// Vectors that the transposed panels of one thread need.
  var scratchVectors: Int { panels * maximumPixels * 16 }

  private var partVectors: Int { slices * paddedRows * panels }

  /// Begins a part's sums, on the thread that adds to them: another's would have them in its cache.
  func begin(_ part: Int) {
    (sums.pointer + part * partVectors).update(repeating: Vector(repeating: 0), count: partVectors)
  }

  /// Takes `pixels` pixels of b, from number `first` of this time's on.
  func fill(
    _ b: UnsafePointer<Vector>, pixels: Int, at first: Int = 0, _ scratch: UnsafeMutablePointer<Vector>
  ) {
    let transpose = transpose
    let (panels, columns, panelStride) = (panels, columns, maximumPixels * 16)
    let source = UnsafeRawPointer(b).assumingMemoryBound(to: Float.self)
    let target = UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: Float.self)
    for pixel in 0..<pixels {
      for panel in 0..<panels {
        transpose(
          min(16, columns - 16 * panel), source + 16 * (pixel * columns + 16 * panel), 16,
          target + 16 * (panel * panelStride + 16 * (first + pixel)), 16)
      }
    }
  }

  /// Adds the products of a slice's rows, `pixel` vectors apart from pixel to pixel, with `pixels` of b's.
  func add(
    _ part: Int, slice: Int = 0, _ a: UnsafePointer<Vector>, pixel: Int, with pixels: Range<Int>,
    _ scratch: UnsafePointer<Vector>
  ) {
    let source = UnsafeRawPointer(a).assumingMemoryBound(to: Float.self)
    let target =
      UnsafeMutableRawPointer(sums.pointer + part * partVectors).assumingMemoryBound(to: Float.self)
      + 16 * slice * paddedRows * panels
    var panel = 0
    while panel < panels {
      let width = plan.widths.first { $0 <= panels - panel } ?? 1
      let isAlone = width == 1
      var index = 0
      while index < plan.rowTiles.count {
        let tile = plan.rowTiles[index]
        let tiles = plan.equalTiles(from: index)
        index += tiles
        let kernel = plan.kernel(tile, width: width)
        let work = TileWork(
          tiles: tiles, aTile: 16 * kernel.rows, segments: pixels.count, depth: 16, a: source + 16 * tile.first,
          aRow: 16,
          aSegment: 16 * pixel, b: scratch + (panel * maximumPixels + pixels.lowerBound) * 16,
          bPanel: isAlone ? 0 : maximumPixels * 16, bSegment: 16, c: target + 16 * (tile.first * panels + panel),
          cRow: 16 * panels, cPanel: isAlone ? 0 : 16, start: .output, bias: UnsafePointer(target), rectifies: false)
        kernel.run(work, isPacked: false)
      }
      panel += width
    }
  }

  /// Adds the products of a 3×3 convolution's kernel rows, of `beside`, with some rows of b's images, which have `height`.
  func addRows(
    _ part: Int, _ rows: ImagePieces.Rows, of height: Int, beside: PaddedRows, _ scratch: UnsafePointer<Vector>
  ) {
    let width = beside.lineVectors / max(channels, 1) - 2
    for slice in 0..<3 {
      for row in rows.range where (0..<height).contains(row + slice - 1) {
        let first = (row - rows.range.lowerBound) * width
        add(
          part, slice: slice, beside.row(rows.block, row + slice - 1), pixel: channels, with: first..<(first + width),
          scratch)
      }
    }
  }

  /// Where the sums of a slice's row belong in the weight, and how far apart they are there. The pixel of the output at (slice, place)
  /// beside one of the input is that under the opposite tap.
  private func place(_ slice: Int, _ row: Int) -> (start: Int, step: Int) {
    let (tap, channel) = (slice * slices + row / channels, row % channels)
    return rowsAreOutputs
      ? ((channel * taps + taps - 1 - tap) * columns, 1) : (tap * channels + channel, taps * channels)
  }

  /// Puts the sums of the parts in their places, or adds them. The sums of the first part are overwritten.
  func store(into weight: inout Matrix, _ accumulation: Accumulation) {
    let add = InstructionSet.selected.add
    weight.values.withUnsafeMutableBufferPointer { values in
      guard let weights = values.baseAddress else { return }
      let floats = UnsafeMutableRawPointer(sums.pointer).assumingMemoryBound(to: Float.self)
      Parallel.forRanges(slices * rows, grain: max(1, 4096 / max(columns, 1))) { range in
        for index in range {
          let (slice, row) = (index / rows, index % rows)
          let first = (slice * paddedRows + row) * panels
          let sum = sums.pointer + first
          for part in 1..<max(parts, 1) {
            add(panels, UnsafePointer(sum), UnsafePointer(sum + part * partVectors), sum)
          }
          let (start, step) = place(slice, row)
          let (source, target) = (floats + 16 * first, weights + start)
          switch accumulation {
          case .replace: for column in 0..<columns { target[column * step] = parts > 0 ? source[column] : 0 }
          case .add where parts > 0: for column in 0..<columns { target[column * step] += source[column] }
          case .add: break
          }
        }
      }
    }
  }
}
