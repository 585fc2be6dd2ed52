import MicroKernels

/// The loops around the micro-kernel: one product C = start + A·B of any size, cut into tiles.
///
/// 1. tasks (parallel: each owns a rectangle of C): a chunk of rows × a chunk of panels;
/// 2. depth, in chunks of `depthChunk` (not parallel: the chunks continue the same sums);
/// 3. panels of B: one chunk of one panel stays in the first-level cache;
/// 4. row tiles of A: a chunk of rows × depth stays in the second-level cache.
///
/// Every element of C is one chain of multiply-adds in ascending order, whatever the cut.
struct TiledProduct {
  /// 256 × 64 bytes = 16 kB: half of a first-level cache of 32 kB, which leaves room for A's rows.
  static let depthChunk = 256
  /// 132 rows × 256 × 4 bytes = 132 kB: a quarter of a second-level cache of 512 kB.
  static let rowChunk = 132
  /// Below this many multiply-adds a product is not worth waking a thread for (about 10 µs of work).
  static let serialWork = 400_000

  var rows: Int
  var panels: Int
  /// Valid lanes of the last panel: 16 but for a matrix whose columns do not fill it.
  var lastLanes = 16
  /// A, B, C, start, bias and rectifier as for one tile, for the whole product; A's rows are `work.aRow` apart.
  var work: TileWork
  /// Distance between A's consecutive k.
  var aDepth: Int
  /// Tile to use instead of the instruction set's own: tests run them all.
  var tile: TileKernel? = nil

  func run() {
    guard rows > 0, panels > 0 else { return }
    let kernel = tile ?? InstructionSet.selected.tile
    let rowTiles = (rows + kernel.rows - 1) / kernel.rows
    let panelGroups = (panels + kernel.panels - 1) / kernel.panels
    let isSmall = rows * panels * 16 * work.segments * work.depth < Self.serialWork
    let tasks = isSmall || Parallel.threads == 1 ? 1 : 2 * Parallel.threads
    var rowParts = (rowTiles * kernel.rows + Self.rowChunk - 1) / Self.rowChunk
    // A task packs its own rows of A: cut by rows then, so that nobody packs what another has packed.
    if packsWhole { rowParts = max(rowParts, min(tasks, rowTiles / 2)) }
    let panelParts = max(1, min(panelGroups, (tasks + rowParts - 1) / rowParts))
    let tilesPerPart = (rowTiles + rowParts - 1) / rowParts
    let groupsPerPart = (panelGroups + panelParts - 1) / panelParts
    let product = Unchecked(self)
    let body: (Int) -> Void = { task in
      let rowPart = task / panelParts
      let panelPart = task % panelParts
      let firstTile = rowPart * tilesPerPart
      let lastTile = min(firstTile + tilesPerPart, rowTiles)
      let firstGroup = panelPart * groupsPerPart
      let lastGroup = min(firstGroup + groupsPerPart, panelGroups)
      guard firstTile < lastTile, firstGroup < lastGroup else { return }
      product.value.runTask(kernel, firstTile..<lastTile, firstGroup..<lastGroup)
    }
    if isSmall {
      for task in 0..<(rowParts * panelParts) { body(task) }
    } else {
      Parallel.forEach(rowParts * panelParts, body)
    }
  }

  /// One task: writes the rows of `tiles` in the panels of `groups`, and nothing else.
  private func runTask(_ kernel: TileKernel, _ tiles: Range<Int>, _ groups: Range<Int>) {
    let scratch = TaskScratch(kernel: kernel, tiles: tiles.count)
    let chunks = depthChunks()
    for (index, chunk) in chunks.enumerated() {
      var part = work
      part.segments = chunk.segments.count
      part.depth = chunk.depth.count
      part.a += chunk.segments.lowerBound * work.aSegment + chunk.depth.lowerBound * aDepth
      part.b += chunk.segments.lowerBound * work.bSegment + chunk.depth.lowerBound
      if index > 0 { part.start = .output }
      part.rectifies = work.rectifies && index == chunks.count - 1
      let source = part
      for tile in tiles {
        let valid = min(kernel.rows, rows - tile * kernel.rows)
        if packs(valid, kernel) { scratch.pack(source, aDepth, tile: tile, of: tiles, rows: valid, kernel: kernel) }
      }
      for group in groups {
        let firstPanel = group * kernel.panels
        part.b = source.b + firstPanel * work.bPanel
        for tile in tiles {
          let firstRow = tile * kernel.rows
          let validRows = min(kernel.rows, rows - firstRow)
          let isPacked = packs(validRows, kernel)
          if isPacked {
            part.a = scratch.panel(tile - tiles.lowerBound)
            part.aSegment = kernel.rows * source.depth
            // Packed segments are adjacent; where B's are too, they are one.
            if source.bSegment == source.depth {
              part.segments = 1
              part.depth = source.segments * source.depth
            }
          } else {
            part.a = source.a + firstRow * work.aRow
            part.aSegment = source.aSegment
            part.segments = source.segments
            part.depth = source.depth
          }
          part.c = source.c + firstRow * source.cRow + firstPanel * source.cPanel
          part.bias = work.start == .bias ? source.bias + firstRow : source.bias
          let validPanels = min(kernel.panels, panels - firstPanel)
          let isWhole =
            validRows == kernel.rows && validPanels == kernel.panels
            && (firstPanel + validPanels < panels || lastLanes == 16)
          let run = isPacked ? kernel.runPacked : kernel.runRows
          if isWhole {
            run(part)
          } else {
            runEdge(run, kernel, part, rows: validRows, firstPanel: firstPanel, panels: validPanels, scratch)
          }
        }
      }
    }
  }

  /// Whether a tile's rows of A are copied to a panel first: always when incomplete (the micro-kernel reads all of its
  /// rows), and where the rows' distance would make them fight for the same cache sets.
  private func packs(_ validRows: Int, _ kernel: TileKernel) -> Bool {
    validRows < kernel.rows || packsWhole
  }

  /// Rows that are columns in memory, rows that would fight for cache sets, and segments that lie too far apart for the
  /// processor to foresee are all read once, in order, instead of once a panel.
  private var packsWhole: Bool { aDepth != 1 || work.segments > 1 || work.aRow % 512 == 0 }

  /// A tile that is not whole is computed in scratch, and its valid part copied.
  private func runEdge(
    _ run: (borrowing TileWork) -> Void, _ kernel: TileKernel, _ whole: TileWork, rows: Int, firstPanel: Int,
    panels: Int, _ scratch: TaskScratch
  ) {
    var part = whole
    part.c = scratch.tile
    part.cRow = 16 * kernel.panels
    part.cPanel = 16
    if panels < kernel.panels { part.bPanel = 0 }
    if part.start == .bias {
      scratch.bias.update(from: whole.bias, count: rows)
      part.bias = UnsafePointer(scratch.bias)
    }
    func forEachRow(
      _ body: (_ tile: UnsafeMutablePointer<Float>, _ c: UnsafeMutablePointer<Float>, _ lanes: Int) -> Void
    ) {
      for row in 0..<rows {
        for panel in 0..<panels {
          let lanes = firstPanel + panel == self.panels - 1 ? lastLanes : 16
          body(part.c + row * part.cRow + panel * 16, whole.c + row * whole.cRow + panel * whole.cPanel, lanes)
        }
      }
    }
    if part.start == .output { forEachRow { tile, c, lanes in tile.update(from: c, count: lanes) } }
    run(part)
    forEachRow { tile, c, lanes in c.update(from: tile, count: lanes) }
  }

  /// The sums' range in pieces of at most `depthChunk` products, in order; one empty piece if there is nothing to sum.
  private func depthChunks() -> [(segments: Range<Int>, depth: Range<Int>)] {
    let total = work.segments * work.depth
    guard total > Self.depthChunk else { return [(0..<work.segments, 0..<work.depth)] }
    if work.depth <= Self.depthChunk {
      let size = max(1, Self.depthChunk / max(work.depth, 1))
      return stride(from: 0, to: work.segments, by: size).map {
        ($0..<min($0 + size, work.segments), 0..<work.depth)
      }
    }
    // Equal pieces: 1000 as 4 × 250 rather than 3 × 256 + 232.
    let pieces = (work.depth + Self.depthChunk - 1) / Self.depthChunk
    let size = (work.depth + pieces - 1) / pieces
    return (0..<work.segments).flatMap { segment in
      stride(from: 0, to: work.depth, by: size).map {
        (segment..<(segment + 1), $0..<min($0 + size, work.depth))
      }
    }
  }
}

/// Memory of one task: packed panels of A, one tile of C, one tile of bias.
private struct TaskScratch {
  private let storage: VectorStorage
  private let panelFloats: Int
  let tile: UnsafeMutablePointer<Float>
  let bias: UnsafeMutablePointer<Float>

  init(kernel: TileKernel, tiles: Int) {
    // `packRows` writes up to a vector past the end.
    panelFloats = kernel.rows * TiledProduct.depthChunk
    let vectors = (panelFloats * tiles + 15) / 16 + 1
    storage = VectorStorage(count: vectors + kernel.rows * kernel.panels + 1)
    tile = UnsafeMutableRawPointer(storage.pointer + vectors).bindMemory(
      to: Float.self, capacity: 16 * kernel.rows * kernel.panels)
    bias = UnsafeMutableRawPointer(storage.pointer + vectors + kernel.rows * kernel.panels).bindMemory(
      to: Float.self, capacity: 16)
    bias.update(repeating: 0, count: 16)
  }

  func panel(_ index: Int) -> UnsafePointer<Float> { UnsafePointer(mutablePanel(index)) }

  private func mutablePanel(_ index: Int) -> UnsafeMutablePointer<Float> {
    UnsafeMutableRawPointer(storage.pointer).assumingMemoryBound(to: Float.self) + index * panelFloats
  }

  /// Copies a tile's rows of A to `[segment][k][row]`, missing rows as zeros.
  func pack(
    _ part: TileWork, _ aDepth: Int, tile: Int, of tiles: Range<Int>, rows: Int, kernel: TileKernel
  ) {
    let width = kernel.rows
    var destination = mutablePanel(tile - tiles.lowerBound)
    let packRows = InstructionSet.selected.packRows
    for segment in 0..<part.segments {
      let source = part.a + segment * part.aSegment + tile * width * part.aRow
      var k = 0
      if aDepth == 1 {
        while k + 16 <= part.depth {
          packRows(rows, width, source + k, part.aRow, destination + k * width)
          k += 16
        }
      }
      if part.aRow == 1 && rows == width {
        // Columns of a row-major matrix: a tile's rows are adjacent, an even number of them.
        var column = UnsafeRawPointer(source)
        var target = UnsafeMutableRawPointer(destination)
        while k < part.depth {
          var byte = 0
          while byte < 4 &* width {
            target.storeBytes(
              of: column.loadUnaligned(fromByteOffset: byte, as: SIMD2<Float>.self), toByteOffset: byte,
              as: SIMD2<Float>.self)
            byte &+= 8
          }
          column += 4 &* aDepth
          target += 4 &* width
          k &+= 1
        }
      }
      while k < part.depth {
        let column = source + k * aDepth
        let target = destination + k * width
        for row in 0..<rows { target[row] = column[row * part.aRow] }
        for row in rows..<width { target[row] = 0 }
        k += 1
      }
      destination += part.depth * width
    }
  }
}
