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
  if tiles == nil {
    if rows <= FewRowsProduct.mostRows && transposeB == .none {
      return multiplyFewRows(a, transposeA, b, into: &c, accumulation)
    }
    if columns <= FewColumnsProduct.mostColumns && rows >= FewColumnsProduct.leastRows && transposeA == .none {
      return multiplyFewColumns(a, b, transposeB, into: &c, accumulation)
    }
    if transposeA == .none && transposeB == .transposed
      && SwappedProduct.isCheaper(rows: rows, columns: columns, depth: depth)
    {
      return multiplySwapped(a, b, into: &c, accumulation)
    }
  }
  withOperands(a.values, b.values) { a0, b0 in
    c.values.withUnsafeMutableBufferPointer { output in
      guard let c0 = output.baseAddress else { return }
      MatrixProduct(
        rows: rows, a: a0, aRow: transposeA == .none ? a.columns : 1, aDepth: transposeA == .none ? 1 : a.columns,
        b: PanelPacking(b: b0, isTransposed: transposeB == .transposed, columns: columns, depth: depth), c: c0,
        cRow: columns, cColumns: columns, accumulation: accumulation, tiles: tiles ?? InstructionSet.selected.tiles
      ).run()
    }
  }
}

private func multiplySwapped(_ a: Matrix, _ b: Matrix, into c: inout Matrix, _ accumulation: Accumulation) {
  withOperands(a.values, b.values) { a0, b0 in
    c.values.withUnsafeMutableBufferPointer { output in
      guard let c0 = output.baseAddress else { return }
      SwappedProduct(
        rows: a.rows, columns: b.rows, depth: a.columns, a: a0, b: b0, c: c0, accumulation: accumulation
      ).run()
    }
  }
}

private func multiplyFewRows(
  _ a: Matrix, _ transposeA: Transposition, _ b: Matrix, into c: inout Matrix, _ accumulation: Accumulation
) {
  withOperands(a.values, b.values) { a0, b0 in
    c.values.withUnsafeMutableBufferPointer { output in
      guard let c0 = output.baseAddress else { return }
      FewRowsProduct(
        rows: transposeA == .none ? a.rows : a.columns, columns: b.columns, depth: b.rows, a: a0,
        aRow: transposeA == .none ? a.columns : 1, aDepth: transposeA == .none ? 1 : a.columns, b: b0, c: c0,
        accumulation: accumulation
      ).run()
    }
  }
}

private func multiplyFewColumns(
  _ a: Matrix, _ b: Matrix, _ transposeB: Transposition, into c: inout Matrix, _ accumulation: Accumulation
) {
  withOperands(a.values, b.values) { a0, b0 in
    c.values.withUnsafeMutableBufferPointer { output in
      guard let c0 = output.baseAddress else { return }
      FewColumnsProduct(
        rows: a.rows, columns: transposeB == .none ? b.columns : b.rows, depth: a.columns, a: a0, b: b0,
        bColumn: transposeB == .none ? 1 : b.columns, bDepth: transposeB == .none ? b.columns : 1, c: c0,
        accumulation: accumulation
      ).run()
    }
  }
}
