import MicroKernels

/// The loops around the micro-kernel for a product of matrices, C = start + op(A)·op(B), whose B is packed as it is used:
///
/// 1. tasks (parallel: each owns a rectangle of C): a part of the row tiles × a block of panels;
/// 2. depth, in pieces: the block's panels of a piece are packed into the thread's own memory, where they stay in its second-level
///    cache, and are never written to memory;
/// 3. chunks of row tiles, whose rows of A stay in the second-level cache;
/// 4. groups of panels, as wide as a tile;
/// 5. row tiles of A.
///
/// Every element of C is one chain of multiply-adds in ascending order, whatever the cut.
struct MatrixProduct {
  let rows: Int
  let a: UnsafePointer<Float>
  /// Distance between A's rows.
  let aRow: Int
  /// Distance between A's consecutive k.
  let aDepth: Int
  let b: PanelPacking
  let c: UnsafeMutablePointer<Float>
  /// Distance between C's rows.
  let cRow: Int
  /// Columns of C that are written: B's, or whole panels.
  let cColumns: Int
  let accumulation: Accumulation
  let tiles: TileSet

  /// A piece of the depth is longer than a first-level cache has room for: see `TiledProduct.depthChunk`.
  private static let depthChunk = 1024
  /// Of rows of A, about half of a second-level cache of 1 MB.
  private static let rowBytes = 540 << 10
  /// Of rows of A, where all panels stay in that cache too.
  private static let fewRowBytes = 200 << 10
  /// Of packed panels, where all rows pass at once: what is left of the second-level cache.
  private static let blockBytes = 300 << 10
  /// Of packed panels, where each chunk of rows reads them again, from the third-level cache: A is then read less often.
  private static let largeBlockBytes = 2 << 20
  /// Rows of C that are computed in scratch at a time where a tile is not whole.
  private static let edgeRows = 96

  private var panels: Int { (b.columns + 15) / 16 }

  func run() {
    let cut = Cut(self)
    let threads = cut.isSerial ? 1 : Parallel.threads
    let scratch = ThreadScratch(threads: threads, vectors: cut.scratch)
    let product = Unchecked((self, cut, scratch))
    let body: (Int, Int) -> Void = { task, thread in
      let (product, cut, scratch) = product.value
      product.compute(cut, cut.rowTiles(task), cut.panels(task), scratch.part(thread))
    }
    if cut.isSerial {
      for task in 0..<cut.tasks { body(task, 0) }
    } else {
      Parallel.forEach(cut.tasks, body)
    }
  }

  /// How C and the depth are cut.
  private struct Cut {
    let plan: TilePlan
    let isSerial: Bool
    let rowParts: Int
    /// Blocks of panels, over all of C's columns.
    let blocks: Int
    let blockPanels: Int
    let panels: Int
    let pieceDepth: Int
    let chunkTiles: Int
    let packsRows: Bool

    var tasks: Int { rowParts * blocks }
    private var rowHeight: Int { plan.rowTiles[0].kernel.rows }

    init(_ product: MatrixProduct) {
      let depth = product.b.depth
      let panels = product.panels
      self.panels = panels
      plan = TilePlan(rows: product.rows, panels: panels, tiles: product.tiles)
      let threads = Parallel.threads
      isSerial = threads == 1 || product.rows * panels * 16 * depth < TiledProduct.serialWork
      // Pieces of equal length, in whole vectors of a row.
      let pieces = max(1, (depth + MatrixProduct.depthChunk - 1) / MatrixProduct.depthChunk)
      pieceDepth = max(1, min(depth, ((depth + pieces - 1) / pieces + 15) / 16 * 16))
      // See `TiledProduct.packsWhole`.
      packsRows = product.aDepth != 1 || product.aRow % 2048 == 0
      // Of all ways to give every thread a rectangle of C the one that takes the busiest the fewest cycles: for every k half of one a row
      // and panel, about four to pack a vector of a panel, and an eighth for an element of A to come.
      var best = (rows: 1, columns: 1, cost: Int.max)
      if !isSerial {
        for rowParts in 1...min(threads, plan.rowTiles.count) {
          let columnParts = min(threads / rowParts, panels)
          let height = (product.rows + rowParts - 1) / rowParts
          let width = (panels + columnParts - 1) / columnParts
          let cost = 4 * (height + 8) * width + height
          if cost < best.cost { best = (rowParts, columnParts, cost) }
        }
      }
      rowParts = best.rows
      let partRows = (product.rows + rowParts - 1) / rowParts
      let passesAtOnce = partRows * pieceDepth * 4 <= MatrixProduct.rowBytes && !packsRows
      let bytes = passesAtOnce ? MatrixProduct.blockBytes : MatrixProduct.largeBlockBytes
      let partPanels = (panels + best.columns - 1) / best.columns
      let limit = max(2 * plan.panels, bytes / (64 * pieceDepth))
      let partBlocks = (partPanels + limit - 1) / limit
      blockPanels = min(panels, (partPanels + partBlocks - 1) / partBlocks)
      blocks = (panels + blockPanels - 1) / blockPanels
      // Few panels stay in the second-level cache with fewer rows.
      let isShared = !packsRows && !passesAtOnce && blockPanels * pieceDepth * 64 <= MatrixProduct.rowBytes
      let rowBytes = isShared ? MatrixProduct.fewRowBytes : MatrixProduct.rowBytes
      chunkTiles = max(1, rowBytes / (4 * pieceDepth * plan.rowTiles[0].kernel.rows))
    }

    /// The row tiles of a task.
    func rowTiles(_ task: Int) -> Range<Int> {
      let part = task / blocks
      let count = plan.rowTiles.count
      return (count * part / rowParts)..<(count * (part + 1) / rowParts)
    }

    /// The panels of a task.
    func panels(_ task: Int) -> Range<Int> {
      let block = task % blocks
      return (block * blockPanels)..<min((block + 1) * blockPanels, panels)
    }

    // A thread's memory: panels of B, with as many beyond them as a tile may read; packed rows of A; a tile's C.
    var packedPanels: Int { (blockPanels + plan.panels) * pieceDepth }
    var packedRows: Int { (chunkTiles * rowHeight * pieceDepth + 15) / 16 }
    var scratch: Int { packedPanels + packedRows + max(MatrixProduct.edgeRows, rowHeight) * plan.panels }
  }

  /// One task: writes some row tiles of some panels, and nothing else.
  private func compute(
    _ cut: Cut, _ tiles: Range<Int>, _ panels: Range<Int>, _ memory: UnsafeMutablePointer<Vector>
  ) {
    let rowMemory = UnsafeMutableRawPointer(memory + cut.packedPanels).assumingMemoryBound(to: Float.self)
    let edge = UnsafeMutableRawPointer(memory + (cut.packedPanels + cut.packedRows)).assumingMemoryBound(to: Float.self)
    var k = 0
    repeat {
      let piece = k..<min(k + cut.pieceDepth, b.depth)
      b.pack(panels, piece, into: memory)
      for first in stride(from: tiles.lowerBound, to: tiles.upperBound, by: cut.chunkTiles) {
        let chunk = first..<min(first + cut.chunkTiles, tiles.upperBound)
        packRows(cut, chunk, piece, into: rowMemory)
        multiply(cut, chunk, piece, panels, memory, rowMemory, edge)
      }
      k += cut.pieceDepth
    } while k < b.depth
  }

  /// Whether a tile's rows are packed: those of incomplete tiles are, as a tile reads all of its rows.
  private func packs(_ cut: Cut, _ tile: TilePlan.RowTile) -> Bool {
    cut.packsRows || tile.rows < tile.kernel.rows
  }

  /// Packs what is needed of a chunk's rows of A, each tile's as `[k][row]`.
  private func packRows(
    _ cut: Cut, _ chunk: Range<Int>, _ piece: Range<Int>, into memory: UnsafeMutablePointer<Float>
  ) {
    let firstRow = cut.plan.rowTiles[chunk.lowerBound].first
    let source = a + piece.lowerBound * aDepth
    if aRow == 1 && aDepth != 1 {
      packColumns(cut.plan, chunk, source, aDepth, piece.count, into: memory, at: 0, of: piece.count)
      return
    }
    for tile in cut.plan.rowTiles[chunk] where packs(cut, tile) {
      // Only A's fields are read.
      let part = TileWork(
        depth: piece.count, a: source, aRow: aRow, b: UnsafeRawPointer(memory).assumingMemoryBound(to: Vector.self),
        bPanel: 0, c: memory, cRow: 0, cPanel: 0, start: .zero, bias: a, rectifies: false)
      pack(part, aDepth, tile, into: memory + (tile.first - firstRow) * piece.count)
    }
  }

  /// A chunk of row tiles by a block of packed panels, over a piece of the depth.
  private func multiply(
    _ cut: Cut, _ chunk: Range<Int>, _ piece: Range<Int>, _ panels: Range<Int>, _ packedPanels: UnsafePointer<Vector>,
    _ packedRows: UnsafePointer<Float>, _ edge: UnsafeMutablePointer<Float>
  ) {
    let plan = cut.plan
    let firstRow = plan.rowTiles[chunk.lowerBound].first
    var work = TileWork(
      depth: piece.count, a: a, aRow: aRow, b: packedPanels, bPanel: piece.count, c: c, cRow: cRow, cPanel: 16,
      start: piece.lowerBound > 0 || accumulation == .add ? .output : .zero, bias: a, rectifies: false)
    var panel = panels.lowerBound
    while panel < panels.upperBound {
      let width = plan.groupWidth(panels.upperBound - panel)
      let valid = min(16 * width, cColumns - 16 * panel, 16 * (panels.upperBound - panel))
      work.b = packedPanels + (panel - panels.lowerBound) * piece.count
      var index = chunk.lowerBound
      while index < chunk.upperBound {
        let tile = plan.rowTiles[index]
        let height = tile.kernel.rows
        let isPacked = packs(cut, tile)
        work.tiles = min(plan.equalTiles(from: index), chunk.upperBound - index)
        work.aTile = height * (isPacked ? piece.count : aRow)
        work.a =
          isPacked ? packedRows + (tile.first - firstRow) * piece.count : a + (tile.first * aRow + piece.lowerBound)
        work.c = c + (tile.first * cRow + 16 * panel)
        if valid == 16 * width && tile.rows == height {
          plan.groupKernel(tile, width: width).run(work, isPacked: isPacked)
        } else {
          work.tiles = min(work.tiles, max(1, Self.edgeRows / height))
          runEdge(
            plan.groupKernel(tile, width: width), work, isPacked, rows: (work.tiles - 1) * height + tile.rows, valid,
            edge)
        }
        index += work.tiles
      }
      panel += width
    }
  }

  /// Tiles that are not whole are computed in scratch, and their valid part copied.
  private func runEdge(
    _ kernel: TileKernel, _ whole: TileWork, _ isPacked: Bool, rows: Int, _ columns: Int,
    _ edge: UnsafeMutablePointer<Float>
  ) {
    var part = whole
    part.c = edge
    part.cRow = 16 * kernel.panels
    if part.start == .output { copyRows(rows, columns, whole.c, whole.cRow, edge, part.cRow) }
    kernel.run(part, isPacked: isPacked)
    copyRows(rows, columns, edge, part.cRow, whole.c, whole.cRow)
  }
}

/// Copies a rectangle. A call of the C library for every row took longer than many a tile.
private func copyRows(
  _ rows: Int, _ columns: Int, _ source: UnsafePointer<Float>, _ sourceRow: Int,
  _ destination: UnsafeMutablePointer<Float>, _ destinationRow: Int
) {
  for row in 0..<rows {
    var from = UnsafeRawPointer(source + row &* sourceRow)
    var to = UnsafeMutableRawPointer(destination + row &* destinationRow)
    for _ in 0..<(columns / 16) {
      to.storeBytes(of: from.loadUnaligned(as: Vector.self), as: Vector.self)
      from += 64
      to += 64
    }
    if columns & 8 != 0 {
      to.storeBytes(of: from.loadUnaligned(as: SIMD8<Float>.self), as: SIMD8<Float>.self)
      from += 32
      to += 32
    }
    if columns & 4 != 0 {
      to.storeBytes(of: from.loadUnaligned(as: SIMD4<Float>.self), as: SIMD4<Float>.self)
      from += 16
      to += 16
    }
    if columns & 2 != 0 {
      to.storeBytes(of: from.loadUnaligned(as: SIMD2<Float>.self), as: SIMD2<Float>.self)
      from += 8
      to += 8
    }
    if columns & 1 != 0 { to.storeBytes(of: from.loadUnaligned(as: Float.self), as: Float.self) }
  }
}
