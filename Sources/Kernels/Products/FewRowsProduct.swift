import MicroKernels

/// A product C += A·B with few rows of A and C, and B row by row in memory.
///
/// Such a product takes as long as B takes to come from memory. Panels would be read, written and read again; so nothing is packed, and
/// C goes from row to row of B in the first-level cache.
struct FewRowsProduct {
  /// Above that, packing B costs less than the pairs of rows that each read it, from the second-level cache but the first.
  static let mostRows = 4
  /// Of two rows of C 32 kB, two thirds of a first-level cache.
  private static let chunk = 4096

  let rows: Int
  let columns: Int
  let depth: Int
  let a: UnsafePointer<Float>
  let aRow: Int
  let aDepth: Int
  let b: UnsafePointer<Float>
  let c: UnsafeMutablePointer<Float>
  let accumulation: Accumulation

  /// Parallel over columns, by whole vectors.
  func run() {
    let product = Unchecked(self)
    let columns = self.columns
    let vectors = (columns + 15) / 16
    let body: (Range<Int>) -> Void = {
      product.value.compute(16 * $0.lowerBound..<min(16 * $0.upperBound, columns))
    }
    if rows * columns * depth < Self.serialWork || Parallel.threads == 1 {
      body(0..<vectors)
    } else {
      // Tasks of a page of every row of B at least, which are read as a stream.
      Parallel.forRanges(vectors, grain: 64, body)
    }
  }

  /// Below this many multiply-adds a product is not worth waking a thread for: they are done at an eighth of the speed of tiles.
  private static let serialWork = TiledProduct.serialWork / 8

  private func compute(_ range: Range<Int>) {
    let kernel = InstructionSet.selected.rowPairProduct
    for first in stride(from: range.lowerBound, to: range.upperBound, by: Self.chunk) {
      let count = min(Self.chunk, range.upperBound - first)
      if accumulation == .replace {
        for row in 0..<rows { (c + (row * columns + first)).update(repeating: 0, count: count) }
      }
      for row in stride(from: 0, to: rows, by: 2) {
        let isPair = row + 1 < rows
        kernel(
          RowPairWork(
            depth: depth, columns: count, a: a + row * aRow, aRow: isPair ? aRow : 0, aDepth: aDepth, b: b + first,
            bRow: columns, c: c + (row * columns + first), cRow: isPair ? columns : 0))
      }
    }
  }
}
