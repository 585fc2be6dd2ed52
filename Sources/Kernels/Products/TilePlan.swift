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
  /// Panels that a tile may take, in descending order.
  let widths: [Int]
  private let kernels: [TileKernel]
  /// Tall tiles of one panel; see `TileSet.tallSingle`.
  private let singles: [TileKernel]

  /// Panels that a tile takes where there are enough.
  var panels: Int { widths[0] }

  /// Vectors in the largest tile.
  var largestTile: Int {
    max(
      rowTiles.reduce(0) { max($0, $1.kernel.rows * $1.kernel.panels) },
      kernels.reduce(0) { max($0, $1.rows * $1.panels) })
  }

  /// Cuts `rows` for a product of `panels` panels.
  init(rows: Int, panels: Int, tiles: TileSet) {
    singles = tiles.tallSingle
    // Of the tiles for few rows those that are high enough, the lowest, and no wider than the panels fill.
    if let height = tiles.thin.first(where: { $0.rows >= rows })?.rows {
      let fitting = tiles.thin.filter { $0.rows == height }
      let filled = fitting.filter { $0.panels <= panels }
      kernels = filled.isEmpty ? [fitting[fitting.count - 1]] : filled
      widths = kernels.map(\.panels)
      rowTiles = rows > 0 ? [RowTile(first: 0, rows: rows, kernel: kernels[0])] : []
      return
    }
    let highest = tiles.tall[0].rows
    let count = (rows + highest - 1) / highest
    var result: [RowTile] = []
    result.reserveCapacity(count)
    var first = 0
    for left in stride(from: count, to: 0, by: -1) {
      let height = (rows - first + left - 1) / left
      // The lowest tile that is high enough.
      let kernel = tiles.tall.last { $0.rows >= height } ?? tiles.tall[0]
      let taken = min(kernel.rows, rows - first)
      result.append(RowTile(first: first, rows: taken, kernel: kernel))
      first += taken
    }
    rowTiles = result
    kernels = []
    widths = [tiles.tall[0].panels]
  }

  /// Number of whole tiles of one kernel from tile `index` on, at least 1.
  func equalTiles(from index: Int) -> Int {
    let first = rowTiles[index]
    var count = 1
    while index + count < rowTiles.count {
      let next = rowTiles[index + count]
      guard next.kernel.rows == first.kernel.rows && next.rows == next.kernel.rows else { break }
      count += 1
    }
    return count
  }

  /// The tile's kernel for a group of `width` panels, one of `widths`, or for the narrowest where it is none of them.
  func kernel(_ tile: RowTile, width: Int) -> TileKernel {
    kernels.isEmpty ? tile.kernel : kernels.first { $0.panels == width } ?? kernels[kernels.count - 1]
  }

  /// Panels of the next group where `left` are left, single ones included: the most that these fill, or the fewest that they are in.
  func groupWidth(_ left: Int) -> Int {
    widths.first { $0 <= left } ?? (kernels.isEmpty && !singles.isEmpty ? 1 : widths[widths.count - 1])
  }

  /// The tile's kernel for a group of `groupWidth(_:)`.
  func groupKernel(_ tile: RowTile, width: Int) -> TileKernel {
    guard kernels.isEmpty, width < tile.kernel.panels else { return kernel(tile, width: width) }
    return singles.first { $0.rows == tile.kernel.rows } ?? tile.kernel
  }
}
