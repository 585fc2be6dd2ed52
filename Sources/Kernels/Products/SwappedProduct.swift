import MicroKernels

/// A product C = start + A·Bᵀ as the transpose of B·Aᵀ, where A has few rows: then A is packed, and B, which is larger, is read as it
/// lies.
///
/// A product of two numbers does not depend on their order, so the bits are those of `MatrixProduct`.
struct SwappedProduct {
  let rows: Int
  let columns: Int
  let depth: Int
  /// rows × depth.
  let a: UnsafePointer<Float>
  /// columns × depth.
  let b: UnsafePointer<Float>
  /// rows × columns.
  let c: UnsafeMutablePointer<Float>
  let accumulation: Accumulation

  /// Whether packing A and transposing C, which is written and read once more, is less work than packing B. No block of 16×16 may be
  /// incomplete, as the last ones begin earlier.
  static func isCheaper(rows: Int, columns: Int, depth: Int) -> Bool {
    rows >= 16 && columns >= 16 && rows * depth + 2 * rows * columns < columns * depth
  }

  func run() {
    let width = (rows + 15) / 16 * 16
    let transposed = VectorStorage(count: columns * width / 16)
    let cells = UnsafeMutableRawPointer(transposed.pointer).assumingMemoryBound(to: Float.self)
    let transpose = InstructionSet.selected.transpose16
    if accumulation == .add {
      forEachBlock { row, column in
        transpose(
          16, c + (row * columns + column), columns, cells + (column * width + row), width)
      }
    }
    MatrixProduct(
      rows: columns, a: b, aRow: depth, aDepth: 1,
      b: PanelPacking(b: a, isTransposed: true, columns: rows, depth: depth), c: cells, cRow: width, cColumns: width,
      accumulation: accumulation, tiles: InstructionSet.selected.tiles
    ).run()
    forEachBlock { row, column in
      transpose(
        16, cells + (column * width + row), width, c + (row * columns + column), columns)
    }
  }

  /// Calls `body` with the first row and column of 16×16 blocks that cover C; those at the end begin earlier where it is no multiple
  /// of sixteen, and are the same task's as those they overlap. Parallel over columns.
  private func forEachBlock(_ body: (_ row: Int, _ column: Int) -> Void) {
    let bands = columns / 16
    func copy(_ range: Range<Int>) {
      for row in stride(from: 0, to: rows, by: 16) {
        for band in range { body(min(row, rows - 16), 16 * band) }
        if range.upperBound == bands && columns % 16 != 0 { body(min(row, rows - 16), columns - 16) }
      }
    }
    // Elements that are copied in about the time that sharing them takes.
    if rows * columns < 32_768 { copy(0..<bands) } else { Parallel.forRanges(bands, grain: 8, copy) }
  }
}
