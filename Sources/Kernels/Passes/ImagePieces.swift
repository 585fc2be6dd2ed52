/// How a pass that sums over a whole batch is cut, whatever the number of threads: into pieces, some rows of one block each, and
/// these into parts, a task each, whose sums are put together in order.
///
/// A part is a block, several of a large batch, or some rows of a block where there are few. In a part rows are gone through some at
/// a time, about sixteen pixels: with 128 channels what a pass needs of them stays in a second-level cache of 1 MB, however many
/// things it does to them.
struct ImagePieces: Sendable {
  /// Some rows of one block.
  struct Piece: Equatable {
    let block: Int
    let rows: Range<Int>
  }

  /// Rows of a piece that are gone through at a time.
  struct Rows {
    /// The piece's number, and its rows.
    let piece: Int
    let all: Range<Int>
    let block: Int
    let range: Range<Int>
  }

  /// The fewest parts that are made where there are rows enough, and the most.
  private static let partLimits = 4...8
  private static let pixels = 16

  private let blocks: Int
  private let height: Int
  /// Pieces of a block.
  private let slices: Int
  /// Number of pieces.
  let count: Int
  /// Number of tasks.
  let parts: Int
  /// Rows that are gone through at a time.
  let step: Int

  /// For images of some blocks of samples.
  init(blocks: Int, height: Int, width: Int) {
    (self.blocks, self.height) = (blocks, height)
    let wanted = (Self.partLimits.lowerBound + max(blocks, 1) - 1) / max(blocks, 1)
    slices = max(1, min(height, wanted))
    count = height > 0 ? blocks * slices : 0
    parts = min(count, Self.partLimits.upperBound)
    step = max(1, Self.pixels / max(width, 1))
  }

  /// For an image batch in tiles of 4×4 pixels: rows are tile rows, and about eight tiles are gone through at a time.
  init(tilesOf x: some ImageRows) {
    self.init(blocks: x.blocks, height: (x.height + 3) / 4, width: 2 * ((x.width + 3) / 4))
  }

  /// For an image batch.
  init(_ x: some ImageRows) { self.init(blocks: x.blocks, height: x.height, width: x.width) }

  subscript(index: Int) -> Piece {
    let slice = index % slices
    return Piece(block: index / slices, rows: (height * slice / slices)..<(height * (slice + 1) / slices))
  }

  /// The pieces of a part.
  func pieces(_ part: Int) -> Range<Int> { (count * part / parts)..<(count * (part + 1) / parts) }

  /// Calls `body` with the rows of a part, some at a time, in order.
  func forEachRows(_ part: Int, _ body: (Rows) -> Void) {
    for index in pieces(part) {
      let piece = self[index]
      for first in stride(from: piece.rows.lowerBound, to: piece.rows.upperBound, by: step) {
        body(
          Rows(
            piece: index, all: piece.rows, block: piece.block, range: first..<min(first + step, piece.rows.upperBound)))
      }
    }
  }
}
