import MicroKernels

/// All rows of A, packed for the tiles of a plan: each tile's as `[k][row]`.
struct PackedRows {
  /// Elements that one thread packs in about the time that sharing them takes.
  private static let serialSize = 8192
  private let storage: VectorStorage
  private let depth: Int

  /// Packs A = rows × depth, row-major. Cost: one pass over A.
  init(_ plan: TilePlan, _ a: UnsafePointer<Float>, depth: Int) {
    self.init(plan, segments: 1, a, aRow: depth, aSegment: 0, aDepth: 1, depth: depth)
  }

  /// Packs A whose element (row, segment, k) is `a[row·aRow + segment·aSegment + k·aDepth]`; a tile's panel is
  /// `[segment][k][row]`. Cost: one pass over A.
  init(
    _ plan: TilePlan, segments: Int, _ a: UnsafePointer<Float>, aRow: Int, aSegment: Int, aDepth: Int, depth: Int
  ) {
    self.depth = segments * depth
    let rows = plan.rowTiles.reduce(0) { $0 + $1.kernel.rows }
    storage = VectorStorage(count: (rows * segments * depth + 15) / 16)
    let panels = self
    func packTile(_ tile: TilePlan.RowTile) {
      let panel = panels.mutablePanel(tile)
      // Only A's fields are read.
      let part = TileWork(
        segments: segments, depth: depth, a: a, aRow: aRow, aSegment: aSegment,
        b: UnsafePointer(panels.storage.pointer),
        bPanel: 0, c: panel, cRow: 0, cPanel: 0, start: .zero, bias: a, rectifies: false)
      pack(part, aDepth, tile, into: panel)
    }
    if rows * segments * depth < Self.serialSize {
      for tile in plan.rowTiles { packTile(tile) }
    } else {
      Parallel.forEach(plan.rowTiles.count) { packTile(plan.rowTiles[$0]) }
    }
  }

  /// A tile's rows.
  func panel(_ tile: TilePlan.RowTile) -> UnsafePointer<Float> { UnsafePointer(mutablePanel(tile)) }

  private func mutablePanel(_ tile: TilePlan.RowTile) -> UnsafeMutablePointer<Float> {
    UnsafeMutableRawPointer(storage.pointer).assumingMemoryBound(to: Float.self) + tile.first * depth
  }
}

/// Copies a tile's rows of A to `[segment][k][row]`, missing rows as zeros. Nothing is written past the panel's end.
func pack(
  _ part: TileWork, _ aDepth: Int, _ tile: TilePlan.RowTile, into panel: UnsafeMutablePointer<Float>
) {
  let width = tile.kernel.rows
  var destination = panel
  let packRows = InstructionSet.selected.packRows
  for segment in 0..<part.segments {
    let source = part.a + segment * part.aSegment + tile.first * part.aRow
    var k = 0
    if aDepth == 1 {
      while k + 16 <= part.depth {
        if (part.depth - k - 16) * width < 16 && segment == part.segments - 1 {
          packLast(tile.rows, width, source + k, part.aRow, destination + k * width)
        } else {
          packRows(tile.rows, width, source + k, part.aRow, destination + k * width)
        }
        k += 16
      }
    }
    if part.aRow == 1 && tile.rows == width {
      InstructionSet.selected.packColumns(1, part.depth, width, source, aDepth, destination, 0)
      k = part.depth
    }
    while k < part.depth {
      let column = source + k * aDepth
      let target = destination + k * width
      for row in 0..<tile.rows { target[row] = column[row * part.aRow] }
      for row in tile.rows..<width { target[row] = 0 }
      k += 1
    }
    destination += part.depth * width
  }
}

/// `packRows` near a panel's end: its last row is a whole vector, whose excess would be the next panel's, which another thread may have
/// packed.
private func packLast(
  _ rows: Int, _ width: Int, _ source: UnsafePointer<Float>, _ aRow: Int, _ destination: UnsafeMutablePointer<Float>
) {
  withUnsafeTemporaryAllocation(of: Vector.self, capacity: 17) { memory in
    guard let memory = memory.baseAddress else { return }
    let packed = UnsafeMutableRawPointer(memory).assumingMemoryBound(to: Float.self)
    InstructionSet.selected.packRows(rows, width, source, aRow, packed)
    destination.update(from: packed, count: 16 * width)
  }
}

/// Copies several tiles' rows of A, which are columns in memory, to panels `[k][row]`, all tiles' at a time: what lies together is then
/// read together.
///
/// - Parameters:
///   - source: A's element (0, 0); `aDepth` from one k to the next.
///   - depth: products that are packed, `place` and following of the `panelDepth` that every panel has room for.
///   - memory: the first tile's panel.
func packColumns(
  _ plan: TilePlan, _ tiles: Range<Int>, _ source: UnsafePointer<Float>, _ aDepth: Int, _ depth: Int,
  into memory: UnsafeMutablePointer<Float>, at place: Int, of panelDepth: Int
) {
  let packColumns = InstructionSet.selected.packColumns
  let firstRow = plan.rowTiles[tiles.lowerBound].first
  for first in stride(from: 0, to: depth, by: columnBand) {
    let band = min(columnBand, depth - first)
    let source = source + first * aDepth
    var index = tiles.lowerBound
    while index < tiles.upperBound {
      let tile = plan.rowTiles[index]
      let height = tile.kernel.rows
      let target = memory + ((tile.first - firstRow) * panelDepth + (place + first) * height)
      if tile.rows == height {
        let equal = min(plan.equalTiles(from: index), tiles.upperBound - index)
        packColumns(equal, band, height, source + tile.first, aDepth, target, panelDepth * height)
        index += equal
      } else {
        for k in 0..<band {
          for row in 0..<height {
            target[k * height + row] = row < tile.rows ? source[k * aDepth + tile.first + row] : 0
          }
        }
        index += 1
      }
    }
  }
}

/// Stretches of A that are copied tile by tile: eight of them fit the first-level cache even where their distance puts
/// them all into one set of twelve lines.
private let columnBand = 8
