import Testing

@testable import Kernels

struct ImagePiecesTests {
  @Test(
    "Every row of every block comes once, in the order of memory", arguments: [0, 1, 2, 3, 4, 5, 8, 9, 64], [1, 3, 16])
  func rowsComeOnce(blocks: Int, height: Int) {
    for width in [1, 4, 16, 28] {
      let pieces = ImagePieces(blocks: blocks, height: height, width: width)
      var rows: [[Int]] = []
      for part in 0..<pieces.parts {
        pieces.forEachRows(part) { step in
          #expect(
            step.range.count <= pieces.step && pieces[step.piece].rows == step.all
              && pieces[step.piece].block == step.block)
          rows += step.range.map { [step.block, $0] }
        }
      }
      #expect(rows == (0..<blocks).flatMap { block in (0..<height).map { [block, $0] } })
      #expect(pieces.parts <= 8 && (pieces.parts >= 4 || pieces.parts == blocks * height))
    }
  }
}
