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
/// Cost: 2·M·N·K operations, plus a copy of B into panels, one block at a time; none for at most four rows and a B that is not transposed, or
/// one or two columns and an A that is not.
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
  let (aRow, aDepth) = transposeA == .none ? (a.columns, 1) : (1, a.columns)
  let (bColumn, bDepth) = transposeB == .none ? (1, b.columns) : (b.columns, 1)
  withOperands(a.values, b.values) { a, b in
    c.values.withUnsafeMutableBufferPointer { output in
      guard let c = output.baseAddress else { return }
      if tiles == nil && rows <= FewRowsProduct.mostRows && transposeB == .none {
        FewRowsProduct(
          rows: rows, columns: columns, depth: depth, a: a, aRow: aRow, aDepth: aDepth, b: b, c: c,
          accumulation: accumulation
        ).run()
      } else if tiles == nil && columns <= FewColumnsProduct.mostColumns && rows >= FewColumnsProduct.leastRows
        && transposeA == .none
      {
        FewColumnsProduct(
          rows: rows, columns: columns, depth: depth, a: a, b: b, bColumn: bColumn, bDepth: bDepth, c: c,
          accumulation: accumulation
        ).run()
      } else if tiles == nil && transposeA == .none && transposeB == .transposed
        && SwappedProduct.isCheaper(rows: rows, columns: columns, depth: depth)
      {
        SwappedProduct(rows: rows, columns: columns, depth: depth, a: a, b: b, c: c, accumulation: accumulation).run()
      } else {
        MatrixProduct(
          rows: rows, a: a, aRow: aRow, aDepth: aDepth,
          b: PanelPacking(b: b, isTransposed: transposeB == .transposed, columns: columns, depth: depth), c: c,
          cRow: columns, cColumns: columns, accumulation: accumulation, tiles: tiles ?? InstructionSet.selected.tiles
        ).run()
      }
    }
  }
}
