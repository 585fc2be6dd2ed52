import MicroKernels

/// The loops around the micro-kernel: one product C = start + A·B of any size, cut into tiles.
///
/// 1. tasks (parallel: each owns a rectangle of C): a chunk of panels × a chunk of row tiles;
/// 2. depth, in stretches of `packedDepth` (not parallel: they continue the same sums), whose rows of A a task packs once;
/// 3. groups of panels, as wide as a tile;
/// 4. depth, in chunks of `depthChunk`: the group's part of C goes from chunk to chunk in the second-level cache;
/// 5. row tiles of A.
///
/// Every element of C is one chain of multiply-adds in ascending order, whatever the cut.
struct TiledProduct {
  /// 1024 × 2 vectors = 128 kB of B a group, which stay in the second-level cache with A while the row tiles pass. Chunks
  /// that fit a first-level cache would be a quarter as long: each is a start and an end of the registers' sums, and these
  /// cost more than the second-level loads (measured at 1024³: 512 gives 90 % of the peak, 1024 gives 93 %; at 512³, 256
  /// gives 88 %, 512 gives 92 %).
  static let depthChunk = 1024
  /// 132 rows × 1024 × 4 bytes = 540 kB: half of a second-level cache of 1 MB.
  static let packedDepth = 1024
  /// See `packedDepth`.
  static let rowChunk = 132
  /// Below this many multiply-adds, about 3 µs of work, a product is not worth calling a thread for: that takes half a microsecond where
  /// processors share a cache, and up to two where they do not (64³ on two threads: 2.7 µs and 5.5).
  static let serialWork = 300_000

  var rows: Int
  var panels: Int
  /// Valid lanes of the last panel: 16 but for a matrix whose columns do not fill it.
  var lastLanes = 16
  /// A, B, C, start, bias and rectifier as for one tile, for the whole product; A's rows are `work.aRow` apart.
  var work: TileWork
  /// Distance between A's consecutive k.
  var aDepth: Int
  /// Tiles to use instead of the instruction set's own: tests run them all.
  var tiles: TileSet? = nil
  /// Whether it is a part of a product whose other parts other threads compute; see `run(filling:)`.
  var isSlab = false

  /// Ranges of panels, some for every thread, that are products of their own; one where the product is small or has few panels.
  private var slabs: [Range<Int>] {
    let threads = Parallel.threads
    guard threads > 1, !isSmall, panels >= 2 * threads else { return [0..<panels] }
    // Where a slab packs all of A, as few as there are threads; else some to take over from a thread that is interrupted.
    let count = packsWhole ? threads : 2 * threads
    let groups = (panels + 1) / 2
    return (0..<count).map { index in
      min(panels, 2 * (groups * index / count))..<min(panels, 2 * (groups * (index + 1) / count))
    }.filter { !$0.isEmpty }
  }

  /// The product of some panels alone.
  private func slab(_ range: Range<Int>) -> TiledProduct {
    var part = self
    part.isSlab = true
    part.panels = range.count
    part.work.b += range.lowerBound * work.bPanel
    part.work.c += range.lowerBound * work.cPanel
    if range.upperBound < panels { part.lastLanes = 16 }
    return part
  }

  private var isSmall: Bool { rows * panels * 16 * work.segments * work.depth < Self.serialWork }

  /// How C is cut into rectangles.
  private struct Cut {
    let plan: TilePlan
    let isSerial: Bool
    let rowParts: Int
    let panelParts: Int
    let tilesPerPart: Int
  }

  private var cut: Cut {
    let plan = TilePlan(rows: rows, panels: panels, tiles: tiles ?? InstructionSet.selected.tiles)
    let rowTiles = plan.rowTiles.count
    let panelGroups = (panels + plan.panels - 1) / plan.panels
    let isSerial = isSlab || isSmall || Parallel.threads == 1
    let tasks = isSerial ? 1 : 2 * Parallel.threads
    // Rows of a shorter depth take less of the second-level cache, and B passes less often when they are more.
    let rowChunk = Self.rowChunk * max(1, Self.packedDepth / max(work.segments * work.depth, Self.packedDepth / 8))
    var rowParts = (rows + rowChunk - 1) / rowChunk
    // A task packs its own rows of A: cut by rows then, so that nobody packs what another has packed.
    if packsWhole { rowParts = max(rowParts, min(tasks, rowTiles / 2)) }
    // A share of the panels for every thread, but where each part of them would pack all of A again.
    let leastParts = packsWhole || isSerial ? 1 : Parallel.threads
    let panelParts = max(1, min(panelGroups, max(leastParts, (tasks + rowParts - 1) / rowParts)))
    return Cut(
      plan: plan, isSerial: isSerial, rowParts: rowParts, panelParts: panelParts,
      tilesPerPart: (rowTiles + rowParts - 1) / rowParts)
  }

  private func scratchSize(_ cut: Cut) -> ScratchSize {
    // The last tile may be higher than its rows.
    let rows = cut.tilesPerPart * (cut.plan.rowTiles.reduce(0) { max($0, $1.kernel.rows) })
    return ScratchSize(
      packed: (rows * min(Self.packedDepth, work.segments * work.depth) + 15) / 16, tile: cut.plan.largestTile)
  }

  func run() {
    guard rows > 0, panels > 0 else { return }
    let cut = cut
    let threads = cut.isSerial ? 1 : Parallel.threads
    run(cut, ThreadScratch(threads: threads, vectors: scratchSize(cut).vectors), thread: 0)
  }

  /// Computes a product whose B `fill` makes, some panels at a time. A thread makes the panels that it multiplies: nobody waits
  /// for another's, and none goes from one cache to another.
  func run(filling fill: (Range<Int>) -> Void) {
    guard rows > 0, panels > 0 else { return }
    let slabs = slabs
    guard slabs.count > 1 else {
      if isSmall || Parallel.threads == 1 { fill(0..<panels) } else { Parallel.forRanges(panels, grain: 1, fill) }
      return run()
    }
    // The slabs' rows are cut alike, and their panels are one part each.
    let cut = slab(slabs[0]).cut
    let scratch = ThreadScratch(threads: Parallel.threads, vectors: scratchSize(cut).vectors)
    let product = Unchecked((self, cut, scratch))
    Parallel.forEach(slabs.count) { index, thread in
      let (product, cut, scratch) = product.value
      fill(slabs[index])
      product.slab(slabs[index]).run(cut, scratch, thread: thread)
    }
  }

  private func run(_ cut: Cut, _ scratch: ThreadScratch, thread own: Int) {
    let rowTiles = cut.plan.rowTiles.count
    let panelGroups = (panels + cut.plan.panels - 1) / cut.plan.panels
    let groupsPerPart = (panelGroups + cut.panelParts - 1) / cut.panelParts
    let depth = min(Self.packedDepth, work.segments * work.depth)
    let product = Unchecked((self, cut, scratch, scratchSize(cut)))
    let body: (Int, Int) -> Void = { task, thread in
      let (product, cut, scratch, size) = product.value
      // Panels outside, rows inside: a thread's share of the tasks is then a share of the panels, of which it has packed,
      // or computed in the layer before, most itself.
      let firstTile = task % cut.rowParts * cut.tilesPerPart
      let lastTile = min(firstTile + cut.tilesPerPart, rowTiles)
      let firstGroup = task / cut.rowParts * groupsPerPart
      let lastGroup = min(firstGroup + groupsPerPart, panelGroups)
      guard firstTile < lastTile, firstGroup < lastGroup else { return }
      product.runTask(
        cut.plan, cut.plan.rowTiles[firstTile..<lastTile], firstGroup..<lastGroup,
        TaskScratch(scratch.part(thread), size, firstRow: cut.plan.rowTiles[firstTile].first, depth: depth))
    }
    if cut.isSerial {
      for task in 0..<(cut.rowParts * cut.panelParts) { body(task, own) }
    } else {
      Parallel.forEach(cut.rowParts * cut.panelParts, body)
    }
  }

  /// One task: writes the rows of `tiles` in the panels of `groups`, and nothing else.
  private func runTask(
    _ plan: TilePlan, _ tiles: ArraySlice<TilePlan.RowTile>, _ groups: Range<Int>, _ scratch: TaskScratch
  ) {
    let pieces = depthPieces()
    var first = 0
    while first < pieces.count {
      var last = first
      var depth = 0
      while last < pieces.count && (last == first || depth + pieces[last].count <= Self.packedDepth) {
        depth += pieces[last].count
        last += 1
      }
      let stretch = first..<last
      if work.aRow == 1 && aDepth != 1 {
        packColumns(plan, tiles, pieces[stretch], scratch)
      } else {
        for tile in tiles where packs(tile) {
          var panel = scratch.panel(tile)
          for piece in pieces[stretch] {
            pack(part(piece, isFirst: true), aDepth, tile, into: panel)
            panel += piece.count * tile.kernel.rows
          }
        }
      }
      for group in groups { runGroup(group * plan.panels, plan, tiles, pieces, stretch, scratch) }
      first = last
    }
  }

  /// Packs rows that are columns in memory, all tiles' at a time: what lies together is then read together.
  private func packColumns(
    _ plan: TilePlan, _ tiles: ArraySlice<TilePlan.RowTile>, _ pieces: ArraySlice<Piece>, _ scratch: TaskScratch
  ) {
    var depth = 0
    for piece in pieces {
      let part = part(piece, isFirst: true)
      for segment in 0..<part.segments {
        Kernels.packColumns(
          plan, tiles.indices, part.a + segment * part.aSegment, aDepth, part.depth,
          into: scratch.panel(tiles[tiles.startIndex]), at: depth, of: scratch.depth)
        depth += part.depth
      }
    }
  }

  /// The panels of one group, over a stretch of the depth.
  private func runGroup(
    _ firstPanel: Int, _ plan: TilePlan, _ tiles: ArraySlice<TilePlan.RowTile>, _ pieces: [Piece],
    _ stretch: Range<Int>, _ scratch: TaskScratch
  ) {
    let validPanels = min(plan.panels, panels - firstPanel)
    let panelsAreWhole = validPanels == plan.panels && (firstPanel + validPanels < panels || lastLanes == 16)
    var packedDepth = 0
    for index in stretch {
      let piece = pieces[index]
      let source = part(piece, isFirst: index == 0)
      var part = source
      part.rectifies = work.rectifies && index == pieces.count - 1
      part.b += firstPanel * work.bPanel
      var index = tiles.startIndex
      while index < tiles.endIndex {
        let tile = tiles[index]
        let isPacked = packs(tile)
        if isPacked {
          part.a = UnsafePointer(scratch.panel(tile) + packedDepth * tile.kernel.rows)
          part.aTile = scratch.depth * tile.kernel.rows
          part.aSegment = tile.kernel.rows * source.depth
          // Packed segments are adjacent; where B's are too, they are one.
          if source.bSegment == source.depth {
            part.segments = 1
            part.depth = piece.count
          }
        } else {
          part.a = source.a + tile.first * work.aRow
          part.aTile = tile.kernel.rows * work.aRow
          part.aSegment = source.aSegment
          part.segments = source.segments
          part.depth = source.depth
        }
        part.c = source.c + (tile.first * source.cRow + firstPanel * source.cPanel)
        part.bias = work.start == .bias ? source.bias + tile.first : source.bias
        if panelsAreWhole && tile.rows == tile.kernel.rows {
          part.tiles = min(plan.equalTiles(from: index), tiles.endIndex - index)
          tile.kernel.run(part, isPacked: isPacked)
        } else {
          part.tiles = 1
          runEdge(tile, part, isPacked, firstPanel: firstPanel, panels: validPanels, scratch)
        }
        index += part.tiles
      }
      packedDepth += piece.count
    }
  }

  /// The whole product over one piece of the depth.
  private func part(_ piece: Piece, isFirst: Bool) -> TileWork {
    var part = work
    part.segments = piece.segments.count
    part.depth = piece.depth.count
    part.a += piece.segments.lowerBound * work.aSegment + piece.depth.lowerBound * aDepth
    part.b += piece.segments.lowerBound * work.bSegment + piece.depth.lowerBound
    if !isFirst { part.start = .output }
    return part
  }

  /// Whether a tile's rows of A are copied to a panel first: always when incomplete (the micro-kernel reads all of its
  /// rows), and where the rows' distance would make them fight for the same cache sets.
  private func packs(_ tile: TilePlan.RowTile) -> Bool { tile.rows < tile.kernel.rows || packsWhole }

  /// Rows that are columns in memory, and rows so far apart that a chunk of them would fight for the same sets of the
  /// second-level cache, are read once, in order, instead of once a group of panels. (Rows 4 kB apart share only a set of the
  /// first level, and are better read where they lie: 1024³ on two threads 84 % of the peak packed, 88 % not.) Segments need
  /// no copy, though they lie far apart: sixteen products a row are enough for the processor to keep up (measured: copying
  /// cost the weight gradient of 98 → 1000 a fifth of its time).
  private var packsWhole: Bool { aDepth != 1 || work.aRow % 2048 == 0 }

  /// A tile that is not whole is computed in scratch, and its valid part copied.
  ///
  /// Panels that are missing at the end are taken from before the group, or, where there are none, each panel is
  /// computed alone; what the tile makes of the others is dropped.
  private func runEdge(
    _ tile: TilePlan.RowTile, _ whole: TileWork, _ isPacked: Bool, firstPanel: Int, panels: Int,
    _ scratch: TaskScratch
  ) {
    var part = whole
    part.c = scratch.tile
    part.cRow = 16 * tile.kernel.panels
    part.cPanel = 16
    if part.start == .bias {
      scratch.bias.update(from: whole.bias, count: tile.rows)
      part.bias = UnsafePointer(scratch.bias)
    }
    let missing = tile.kernel.panels - panels
    if missing <= firstPanel {
      part.b -= missing * part.bPanel
      runInScratch(tile, part, isPacked, whole, firstPanel, 0..<panels, at: missing)
    } else {
      part.bPanel = 0
      for panel in 0..<panels {
        part.b = whole.b + panel * whole.bPanel
        runInScratch(tile, part, isPacked, whole, firstPanel, panel..<(panel + 1), at: 0)
      }
    }
  }

  /// Runs a tile whose panel `place` and following are C's panels `firstPanel + selected`.
  private func runInScratch(
    _ tile: TilePlan.RowTile, _ part: TileWork, _ isPacked: Bool, _ whole: TileWork, _ firstPanel: Int,
    _ selected: Range<Int>, at place: Int
  ) {
    func forEachRow(
      _ body: (_ tile: UnsafeMutablePointer<Float>, _ c: UnsafeMutablePointer<Float>, _ lanes: Int) -> Void
    ) {
      for row in 0..<tile.rows {
        for (index, panel) in selected.enumerated() {
          let lanes = firstPanel + panel == panels - 1 ? lastLanes : 16
          body(
            part.c + (row * part.cRow + (place + index) * 16), whole.c + (row * whole.cRow + panel * whole.cPanel),
            lanes)
        }
      }
    }
    if part.start == .output { forEachRow { tile, c, lanes in tile.update(from: c, count: lanes) } }
    tile.kernel.run(part, isPacked: isPacked)
    forEachRow { tile, c, lanes in c.update(from: tile, count: lanes) }
  }

  /// A part of the range of the sums.
  private struct Piece {
    let segments: Range<Int>
    let depth: Range<Int>
    var count: Int { segments.count * depth.count }
  }

  /// The sums' range in pieces of at most `depthChunk` products, in order; one empty piece if there is nothing to sum.
  private func depthPieces() -> [Piece] {
    let total = work.segments * work.depth
    guard total > Self.depthChunk else { return [Piece(segments: 0..<work.segments, depth: 0..<work.depth)] }
    if work.depth <= Self.depthChunk {
      let size = max(1, Self.depthChunk / max(work.depth, 1))
      return stride(from: 0, to: work.segments, by: size).map {
        Piece(segments: $0..<min($0 + size, work.segments), depth: 0..<work.depth)
      }
    }
    // Equal pieces: 1000 as 2 × 500 rather than 512 + 488.
    let pieces = (work.depth + Self.depthChunk - 1) / Self.depthChunk
    let size = (work.depth + pieces - 1) / pieces
    return (0..<work.segments).flatMap { segment in
      stride(from: 0, to: work.depth, by: size).map {
        Piece(segments: segment..<(segment + 1), depth: $0..<min($0 + size, work.depth))
      }
    }
  }
}

/// How much memory a task needs beside the operands, in vectors.
private struct ScratchSize {
  let packed: Int
  let tile: Int
  var vectors: Int { packed + tile + 1 }
}

/// Memory of one task: packed panels of A, one tile of C, one tile of bias.
private struct TaskScratch {
  /// Products that a packed panel has room for.
  let depth: Int
  private let firstRow: Int
  private let packed: UnsafeMutablePointer<Float>
  let tile: UnsafeMutablePointer<Float>
  let bias: UnsafeMutablePointer<Float>

  init(_ memory: UnsafeMutablePointer<Vector>, _ size: ScratchSize, firstRow: Int, depth: Int) {
    self.depth = depth
    self.firstRow = firstRow
    // What a tile reads beside its valid part must be finite where it is added to.
    (memory + size.packed).update(repeating: Vector(repeating: 0), count: size.tile + 1)
    packed = UnsafeMutableRawPointer(memory).assumingMemoryBound(to: Float.self)
    tile = packed + 16 * size.packed
    bias = tile + 16 * size.tile
  }

  /// Where a tile's packed rows begin.
  func panel(_ tile: TilePlan.RowTile) -> UnsafeMutablePointer<Float> { packed + (tile.first - firstRow) * depth }
}
