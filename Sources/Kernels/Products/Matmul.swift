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
  matmul(a, transposeA, b, transposeB, into: &c, accumulation, tiles: nil)
}

/// The same with a chosen set of register tiles, for tests.
func matmul(
  _ a: Matrix, _ transposeA: Transposition, _ b: Matrix, _ transposeB: Transposition, into c: inout Matrix,
  _ accumulation: Accumulation, tiles: TileSet?
) {
  let rows = transposeA == .none ? a.rows : a.columns
  let depth = transposeA == .none ? a.columns : a.rows
  let depthB = transposeB == .none ? b.rows : b.columns
  let columns = transposeB == .none ? b.columns : b.rows
  precondition(
    depth == depthB && c.rows == rows && c.columns == columns,
    "matmul: shapes do not fit: \(rows)×\(depth) by \(depthB)×\(columns) into \(c.rows)×\(c.columns)")
  guard rows > 0, columns > 0 else { return }
  let packed = PackedPanels(columns: columns, depth: depth)
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
      product.tiles = tiles
      product.run { packed.fill(b, transposeB, $0) }
    }
  }
}

/// op(B) as panels of sixteen columns, `[panel][k][16]`, missing columns as zeros.
private struct PackedPanels {
  let panels: Int
  let storage: VectorStorage
  private let columns: Int
  private let depth: Int

  /// Room for the panels.
  init(columns: Int, depth: Int) {
    panels = (columns + 15) / 16
    storage = VectorStorage(count: panels * depth)
    self.columns = columns
    self.depth = depth
  }

  /// Packs some panels.
  func fill(_ b: Matrix, _ transposition: Transposition, _ range: Range<Int>) {
    b.values.withUnsafeBufferPointer { values in
      guard let source = values.baseAddress else { return }
      for first in stride(from: range.lowerBound, to: range.upperBound, by: Self.band) {
        let band = first..<min(first + Self.band, range.upperBound)
        if transposition == .none {
          packRows(source, band, depth: depth, columns: columns, into: storage.pointer)
        } else {
          for panel in band { packColumns(source, panel, depth: depth, columns: columns, into: storage.pointer) }
        }
      }
    }
  }

  /// Panels that are packed together: a row of B gives eight lines in succession, which the processor fetches ahead
  /// where single lines a row apart would each be waited for.
  private static let band = 8

  /// Panels of rows of B that lie as they are needed.
  private func packRows(
    _ source: UnsafePointer<Float>, _ band: Range<Int>, depth: Int, columns: Int,
    into output: UnsafeMutablePointer<Vector>
  ) {
    let isWhole = 16 * band.upperBound <= columns
    for k in 0..<depth {
      let from = UnsafeRawPointer(source + (k * columns + 16 * band.lowerBound))
      let line = output + (band.lowerBound * depth + k)
      for panel in 0..<(isWhole ? band.count : band.count - 1) {
        line[panel &* depth] = from.loadUnaligned(fromByteOffset: 64 &* panel, as: Vector.self)
      }
      if !isWhole {
        var last = Vector(repeating: 0)
        let panel = band.count - 1
        for column in 0..<(columns - 16 * (band.upperBound - 1)) {
          last[column] = from.load(fromByteOffset: 64 * panel + 4 * column, as: Float.self)
        }
        line[panel * depth] = last
      }
    }
  }

  /// One panel of columns that are B's rows in memory.
  private func packColumns(
    _ source: UnsafePointer<Float>, _ panel: Int, depth: Int, columns: Int, into output: UnsafeMutablePointer<Vector>
  ) {
    let width = min(16, columns - 16 * panel)
    let destination = UnsafeMutableRawPointer(output + panel * depth).bindMemory(to: Float.self, capacity: 16 * depth)
    let from = source + 16 * panel * depth
    let transpose = InstructionSet.selected.transpose16
    var k = 0
    while k + 16 <= depth {
      transpose(width, from + k, depth, destination + 16 * k, 16)
      k += 16
    }
    while k < depth {
      for column in 0..<width { destination[16 * k + column] = from[column * depth + k] }
      for column in width..<16 { destination[16 * k + column] = 0 }
      k += 1
    }
  }
}
