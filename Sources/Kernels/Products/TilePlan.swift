import MicroKernels

/// How a product's rows are cut into register tiles, and how many panels a tile takes.
///
///     50 rows  =  10 + 10 + 10 + 10 + 10        rather than 12 + 12 + 12 + 12 + 2
///
/// Tiles of nearly equal height leave no rest that would run at a fraction of the speed.
struct TilePlan {
  /// One tile's rows: `first ..< first + rows`, `rows` ≤ `kernel.rows`.
  struct RowTile {
    let first: Int
    let rows: Int
    let kernel: TileKernel
  }

  /// The tiles from top to bottom.
  let rowTiles: [RowTile]
  /// Panels that every tile takes.
  let panels: Int

  /// Cuts `rows` for a product of `panels` panels.
  init(rows: Int, panels: Int, tiles: TileSet) {
    if let thin = Self.thinTile(rows: rows, panels: panels, tiles) {
      rowTiles = [RowTile(first: 0, rows: rows, kernel: thin)]
      self.panels = thin.panels
      return
    }
    let highest = tiles.tall[0].rows
    let count = (rows + highest - 1) / highest
    var result: [RowTile] = []
    result.reserveCapacity(count)
    var first = 0
    for left in stride(from: count, to: 0, by: -1) {
      let height = (rows - first + left - 1) / left
      // The smallest tile that is high enough.
      let kernel = tiles.tall.last { $0.rows >= height } ?? tiles.tall[0]
      let taken = min(kernel.rows, rows - first)
      result.append(RowTile(first: first, rows: taken, kernel: kernel))
      first += taken
    }
    rowTiles = result
    self.panels = tiles.tall[0].panels
  }

  /// The tile for few rows, if there is one: of those that are high enough the lowest, and of these the widest that
  /// the panels fill, or else the narrowest.
  private static func thinTile(rows: Int, panels: Int, _ tiles: TileSet) -> TileKernel? {
    guard let height = tiles.thin.first(where: { $0.rows >= rows })?.rows else { return nil }
    let fitting = tiles.thin.filter { $0.rows == height }
    return fitting.first { $0.panels <= panels } ?? fitting.last
  }
}
