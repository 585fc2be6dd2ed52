import MicroKernels

/// Neighbouring pixels of an image, or the same pixel of several blocks: all with the same taps, at a constant distance.
/// Distances are in elements, as in `TileWork`: vectors of the input, floats of the output.
struct PixelRun {
  /// Number of pixels.
  var count: Int
  /// The first of the weights' columns that count.
  var firstProduct = 0
  /// Number of contiguous stretches of the input, and the products in each.
  var segments = 1
  var depth: Int
  var input: UnsafePointer<Vector>
  var inputPixel: Int
  var inputSegment = 0
  var output: UnsafeMutablePointer<Float>
  var outputPixel: Int
}

extension PixelRun {
  /// Pixels one behind the other, of the input and of the output.
  init(
    pixels: Int, _ input: UnsafePointer<Vector>, channels: Int, to output: UnsafeMutablePointer<Vector>, _ outputs: Int
  ) {
    self.init(
      count: pixels, depth: channels, input: input, inputPixel: channels,
      output: UnsafeMutableRawPointer(output).assumingMemoryBound(to: Float.self), outputPixel: 16 * outputs)
  }
}

/// The product of weights with pixels that have their channels side by side: y = activation(start + W·x), x being stretches of the
/// pixel's surroundings, such as a convolution's kernel rows.
struct PixelProduct {
  /// Number of rows of the weights.
  let outputs: Int
  /// Vectors of scratch that a call needs: one tile of results that do not all have a place.
  var scratchVectors: Int { plan.largestTile }

  private let plan: TilePlan
  private let weights: PackedRows
  /// Columns of the weights.
  private let products: Int
  /// Columns of the weights from one stretch to the next.
  private let segmentProducts: Int
  private let start: TileStart
  private let biases: VectorStorage
  private let rectifies: Bool

  /// Weights of outputs × (segments · depth), the element (row, segment, k) being `a[row·aRow + segment·aSegment + k·aDepth]`.
  /// Without a bias sums start at zero. Cost: packs the weights.
  init(
    _ a: UnsafePointer<Float>, outputs: Int, segments: Int, depth: Int, aRow: Int, aSegment: Int, aDepth: Int,
    segmentProducts: Int, bias: [Float]? = nil, rectifies: Bool = false
  ) {
    self.outputs = outputs
    self.rectifies = rectifies
    self.segmentProducts = segmentProducts
    products = segments * depth
    plan = TilePlan(rows: outputs, panels: .max, tiles: InstructionSet.selected.tiles)
    weights = PackedRows(plan, segments: segments, a, aRow: aRow, aSegment: aSegment, aDepth: aDepth, depth: depth)
    start = bias == nil ? .zero : .bias
    // A tile reads as many biases as it has rows.
    biases = VectorStorage(count: (outputs + 31) / 16)
    biases.pointer.update(repeating: Vector(repeating: 0), count: biases.count)
    if let bias {
      UnsafeMutableRawPointer(biases.pointer).assumingMemoryBound(to: Float.self).update(from: bias, count: outputs)
    }
  }

  /// The same of an array's elements from `offset` on.
  init(
    _ a: [Float], offset: Int = 0, outputs: Int, segments: Int, depth: Int, aRow: Int, aSegment: Int, aDepth: Int,
    segmentProducts: Int, bias: [Float]? = nil, rectifies: Bool = false
  ) {
    // An empty array has no address, and nothing is read.
    let values = a.isEmpty ? [0] : a
    self = values.withUnsafeBufferPointer { values in
      guard let source = values.baseAddress else { preconditionFailure("weights have an address") }
      return PixelProduct(
        source + offset, outputs: outputs, segments: segments, depth: depth, aRow: aRow, aSegment: aSegment,
        aDepth: aDepth, segmentProducts: segmentProducts, bias: bias, rectifies: rectifies)
    }
  }

  /// Row-major weights, outputs × depth, for pixels alone.
  init(_ a: [Float], outputs: Int, depth: Int, bias: [Float]? = nil, rectifies: Bool = false) {
    self.init(
      a, outputs: outputs, segments: 1, depth: depth, aRow: depth, aSegment: 0, aDepth: 1, segmentProducts: depth,
      bias: bias, rectifies: rectifies)
  }

  /// Writes all outputs of a run's pixels, the last of them perhaps twice.
  ///
  /// The run is cut into groups as wide as a tile. The last group of a run that is not a multiple begins earlier: some pixels
  /// are computed twice. A run that is narrower than any tile is computed pixel by pixel, all panels being the same.
  func compute(_ run: PixelRun, scratch: UnsafeMutablePointer<Vector>) {
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
        group.inputPixel = 0
        group.outputPixel = 0
      }
      group.input += done * run.inputPixel
      group.output += done * run.outputPixel
      computeGroup(group, UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: Float.self))
      done += group.count
    }
  }

  private func computeGroup(_ group: PixelRun, _ scratch: UnsafeMutablePointer<Float>) {
    let biases = UnsafeRawPointer(biases.pointer).assumingMemoryBound(to: Float.self)
    var index = 0
    while index < plan.rowTiles.count {
      let tile = plan.rowTiles[index]
      let kernel = plan.kernel(tile, width: group.count)
      let tiles = plan.equalTiles(from: index)
      index += tiles
      var work = TileWork(
        tiles: tiles, aTile: products * kernel.rows, segments: group.segments, depth: group.depth,
        a: weights.panel(tile) + group.firstProduct * kernel.rows, aRow: 0,
        aSegment: segmentProducts * kernel.rows, b: group.input, bPanel: group.inputPixel,
        bSegment: group.inputSegment, c: group.output + 16 * tile.first, cRow: 16, cPanel: group.outputPixel,
        start: start, bias: biases + tile.first, rectifies: rectifies)
      if tile.rows == kernel.rows {
        kernel.run(work, isPacked: true)
      } else {
        // The tile has more rows than are left: its others are dropped.
        let (c, cPanel) = (work.c, work.cPanel)
        work.c = scratch
        work.cPanel = 16 * kernel.rows
        kernel.run(work, isPacked: true)
        for panel in 0..<group.count {
          (c + panel * cPanel).update(from: scratch + 16 * kernel.rows * panel, count: 16 * tile.rows)
        }
      }
    }
  }
}
