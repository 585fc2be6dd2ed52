import MicroKernels
import Testing

@testable import Kernels

extension SharedState {
  /// Packed rows, whose panels lie side by side and are packed by several threads at a time.
  @Suite struct PackingTests {
    @Test("Every weight is in its place, whoever packs", arguments: [(128, 128), (50, 256), (64, 192), (35, 400)])
    func places(rows: Int, depth: Int) {
      var numbers = Numbers(41)
      let a = numbers.matrix(rows, depth)
      for tiles in [InstructionSet.selected.narrowTiles, InstructionSet.selected.wideTiles] {
        let plan = TilePlan(rows: rows, panels: .max, tiles: tiles)
        for threads in [1, 2, 3] {
          withThreads(threads) {
            // Threads meet at other places every time.
            for _ in 0..<100 {
              let isRight = a.values.withUnsafeBufferPointer { values in
                guard let source = values.baseAddress else { return false }
                let packed = PackedRows(plan, source, depth: depth)
                return plan.rowTiles.allSatisfy { tile in
                  let panel = packed.panel(tile)
                  return (0..<depth).allSatisfy { k in
                    (0..<tile.rows).allSatisfy { row in
                      panel[k * tile.kernel.rows + row] == source[(tile.first + row) * depth + k]
                    }
                  }
                }
              }
              #expect(isRight, "\(threads) threads")
              if !isRight { return }
            }
          }
        }
      }
    }
  }
}
