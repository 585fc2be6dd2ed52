import MicroKernels

/// Whether an operand enters a product as it stands or transposed.
public enum Transposition: Sendable, CaseIterable {
  case none
  case transposed
}

/// What happens to what the output held before.
public enum Accumulation: Sendable {
  /// It is overwritten; it may be undefined.
  case replace
  /// The result is added to it.
  case add
}

/// C = op(A)·op(B), or C += op(A)·op(B), on row-major matrices.
///
/// Every element is one chain of multiply-adds over ascending k, so the result depends on neither the tiles nor the
/// threads; its error is within γ_K·|A||B|, γ_K = K·u / (1 − K·u), u = 2⁻²⁴ (Higham 2002, eq. 3.5).
/// Cost: 2·M·N·K operations, plus one copy of B into panels.
public func matmul(
  _ a: Matrix, _ transposeA: Transposition, _ b: Matrix, _ transposeB: Transposition = .none,
  into c: inout Matrix, _ accumulation: Accumulation = .replace
) {
  matmul(a, transposeA, b, transposeB, into: &c, accumulation, tile: nil)
}

/// The same with a chosen register tile, for tests.
func matmul(
  _ a: Matrix, _ transposeA: Transposition, _ b: Matrix, _ transposeB: Transposition, into c: inout Matrix,
  _ accumulation: Accumulation, tile: TileKernel?
) {
  let rows = transposeA == .none ? a.rows : a.columns
  let depth = transposeA == .none ? a.columns : a.rows
  let depthB = transposeB == .none ? b.rows : b.columns
  let columns = transposeB == .none ? b.columns : b.rows
  precondition(
    depth == depthB && c.rows == rows && c.columns == columns,
    "matmul: shapes do not fit: \(rows)×\(depth) by \(depthB)×\(columns) into \(c.rows)×\(c.columns)")
  guard rows > 0, columns > 0 else { return }
  let packed = PackedPanels(b, transposeB, depth: depth, columns: columns)
  c.values.withUnsafeMutableBufferPointer { output in
    a.values.withUnsafeBufferPointer { left in
      guard let c0 = output.baseAddress else { return }
      // An empty A has no address; nothing is read through the stand-in, as the depth is zero.
      let a0 = left.baseAddress ?? UnsafePointer(c0)
      var product = TiledProduct(
        rows: rows, panels: packed.panels,
        work: TileWork(
          depth: depth, a: a0, aRow: transposeA == .none ? a.columns : 1, b: UnsafePointer(packed.storage.pointer),
          bPanel: depth, c: c0,
          cRow: columns, cPanel: 16, start: accumulation == .add ? .output : .zero, bias: a0, rectifies: false),
        aDepth: transposeA == .none ? 1 : a.columns)
      product.lastLanes = columns - 16 * (packed.panels - 1)
      product.tile = tile
      product.run()
    }
  }
}

/// op(B) as panels of sixteen columns, `[panel][k][16]`, missing columns as zeros.
private struct PackedPanels {
  let panels: Int
  let storage: VectorStorage

  init(_ b: Matrix, _ transposition: Transposition, depth: Int, columns: Int) {
    panels = (columns + 15) / 16
    storage = VectorStorage(count: panels * depth)
    let output = Unchecked(storage.pointer)
    let kernels = InstructionSet.selected
    b.values.withUnsafeBufferPointer { values in
      guard let source = values.baseAddress else { return }
      Parallel.forRanges(panels, grain: max(1, 65536 / (16 * max(depth, 1)))) { range in
        for panel in range {
          let width = min(16, columns - 16 * panel)
          let destination = UnsafeMutableRawPointer(output.value + panel * depth)
            .bindMemory(to: Float.self, capacity: 16 * depth)
          if transposition == .none {
            for k in 0..<depth {
              let line = destination + 16 * k
              let from = source + k * columns + 16 * panel
              if width == 16 {
                UnsafeMutableRawPointer(line).storeBytes(
                  of: UnsafeRawPointer(from).loadUnaligned(as: Vector.self), as: Vector.self)
              } else {
                line.update(from: from, count: width)
                (line + width).update(repeating: 0, count: 16 - width)
              }
            }
          } else {
            let from = source + 16 * panel * depth
            var k = 0
            while k + 16 <= depth {
              kernels.transpose16(width, from + k, depth, destination + 16 * k, 16)
              k += 16
            }
            while k < depth {
              for column in 0..<width { destination[16 * k + column] = from[column * depth + k] }
              for column in width..<16 { destination[16 * k + column] = 0 }
              k += 1
            }
          }
        }
      }
    }
  }
}
