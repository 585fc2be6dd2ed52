import MicroKernels
import Testing

@testable import Kernels

extension SharedState {
  /// Packed rows, whose panels lie side by side and are packed by several threads at a time.
  @Suite struct PackingTests {
    @Test("Nothing is written past a panel's end", arguments: [2, 4, 6, 8, 10, 12])
    func end(width: Int) throws {
      let tables = [InstructionSet.selected.narrowTiles, InstructionSet.selected.wideTiles]
      let kernels = tables.flatMap { $0.tall + $0.thin }
      let tile = TilePlan.RowTile(first: 0, rows: width, kernel: try #require(kernels.first { $0.rows == width }))
      var numbers = Numbers(42)
      for depth in 1...50 {
        let a = numbers.floats(width * depth)
        let end = width * depth
        var packed = [Float](repeating: -5, count: end + 32)
        a.withUnsafeBufferPointer { a in
          packed.withUnsafeMutableBufferPointer { packed in
            guard let a = a.baseAddress, let target = packed.baseAddress else { return }
            pack(
              TileWork(
                depth: depth, a: a, aRow: depth, b: UnsafeRawPointer(target).assumingMemoryBound(to: Vector.self),
                bPanel: 0, c: target, cRow: 0, cPanel: 0, start: .zero, bias: a, rectifies: false), 1, tile,
              into: target)
          }
        }
        #expect(packed[end...].allSatisfy { $0 == -5 }, "depth \(depth)")
        #expect((0..<end).allSatisfy { packed[$0] == a[$0 % width * depth + $0 / width] }, "depth \(depth)")
      }
    }

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
