import MicroKernels

/// A product C += A·B with one or two columns of B and C, and A row by row in memory.
///
/// A panel of B would be empty but for two of sixteen lanes. Here lanes are rows of A, which is read once, as it lies.
struct FewColumnsProduct {
  static let mostColumns = 2
  /// Rows of A that lanes stand for: fewer are not worth it.
  static let leastRows = 16

  let rows: Int
  let columns: Int
  let depth: Int
  let a: UnsafePointer<Float>
  let b: UnsafePointer<Float>
  /// Distance between B's columns.
  let bColumn: Int
  /// Distance between B's consecutive k.
  let bDepth: Int
  let c: UnsafeMutablePointer<Float>
  let accumulation: Accumulation

  /// Parallel over pairs of sixteen rows.
  func run() {
    let product = Unchecked(self)
    let pairs = (rows + 31) / 32
    let body: (Range<Int>) -> Void = { for pair in $0 { product.value.compute(pair) } }
    if rows * columns * depth < Self.serialWork || Parallel.threads == 1 {
      body(0..<pairs)
    } else {
      Parallel.forRanges(pairs, grain: 1, body)
    }
  }

  /// Below this many multiply-adds a product is not worth waking a thread for: they are done at an eighth of the speed of tiles.
  private static let serialWork = TiledProduct.serialWork / 8

  private func compute(_ pair: Int) {
    let upper = 2 * pair
    // Where no sixteen rows are left, the upper ones again.
    let lower = 16 * (upper + 1) < rows ? upper + 1 : upper
    withUnsafeTemporaryAllocation(of: Vector.self, capacity: 4 + 32) { memory in
      guard let sums = memory.baseAddress else { return }
      sums.update(repeating: Vector(repeating: 0), count: 4)
      if accumulation == .add {
        forEachElement(upper, sums) { sum, c in sum.pointee = c.pointee }
        forEachElement(lower, sums + 2) { sum, c in sum.pointee = c.pointee }
      }
      InstructionSet.selected.columnPairProduct(
        depth, a + first(upper) * depth, a + first(lower) * depth, depth, b, b + (columns - 1) * bColumn, bDepth, sums)
      forEachElement(upper, sums) { sum, c in c.pointee = sum.pointee }
      if lower != upper { forEachElement(lower, sums + 2) { sum, c in c.pointee = sum.pointee } }
    }
  }

  /// The first row of a block of sixteen; the last one begins earlier where rows are no multiple of sixteen.
  private func first(_ block: Int) -> Int { min(16 * block, rows - 16) }

  /// Every element of the rows that a block has and none before it.
  private func forEachElement(
    _ block: Int, _ sums: UnsafeMutablePointer<Vector>,
    _ body: (_ sum: UnsafeMutablePointer<Float>, _ c: UnsafeMutablePointer<Float>) -> Void
  ) {
    let lanes = UnsafeMutableRawPointer(sums).assumingMemoryBound(to: Float.self)
    for row in (16 * block)..<min(16 * (block + 1), rows) {
      for column in 0..<columns {
        body(lanes + (16 * column + row - first(block)), c + (row * columns + column))
      }
    }
  }
}
