import Kernels

/// Products of plain matrices.
enum MatmulCases {
  static var all: [Case] {
    [128, 256, 512, 1024].map { product($0, $0, $0, .none, .none) } + [
      product(512, 512, 512, .none, .transposed), product(512, 512, 512, .transposed, .none),
      product(500, 1000, 1000, .none, .transposed),
    ]
  }

  /// op(A) is rows × depth, op(B) depth × columns.
  private static func product(
    _ rows: Int, _ depth: Int, _ columns: Int, _ transposeA: Transposition, _ transposeB: Transposition
  ) -> Case {
    Case(
      name: "matmul \(letter(transposeA))\(letter(transposeB))", shape: "\(rows)×\(depth)×\(columns)",
      work: .operations(2 * Double(rows * depth * columns))
    ) { check in
      // Sizes that no tile divides, all elements; then the size that is timed, some of them.
      try Operands(61, 47, 53, transposeA, transposeB).check(check)
      let operands = Operands(rows, depth, columns, transposeA, transposeB)
      try operands.check(check)
      var c = Matrix(rows: rows, columns: columns)
      return .call { matmul(operands.a, transposeA, operands.b, transposeB, into: &c) }
    }
  }

  private static func letter(_ transposition: Transposition) -> String { transposition == .none ? "n" : "t" }
}

private struct Operands {
  let a: Matrix
  let b: Matrix
  let rows: Int
  let columns: Int
  let transposeA: Transposition
  let transposeB: Transposition

  init(_ rows: Int, _ depth: Int, _ columns: Int, _ transposeA: Transposition, _ transposeB: Transposition) {
    a = transposeA == .none ? RandomData.matrix(rows, depth, "a") : RandomData.matrix(depth, rows, "a")
    b = transposeB == .none ? RandomData.matrix(depth, columns, "b") : RandomData.matrix(columns, depth, "b")
    self.rows = rows
    self.columns = columns
    self.transposeA = transposeA
    self.transposeB = transposeB
  }

  /// The product and its reference agree to the bit, element by element: one row of op(A) by one column of op(B).
  func check(_ check: Check) throws {
    var c = Matrix(rows: rows, columns: columns)
    matmul(a, transposeA, b, transposeB, into: &c)
    for (row, column) in Check.places(rows: rows, columns: columns) {
      var expected = Matrix(rows: 1, columns: 1)
      Reference.matmul(
        transposeA == .none ? a.row(row) : a.columns(row..<(row + 1)), transposeA,
        transposeB == .none ? b.columns(column..<(column + 1)) : b.row(column), transposeB, into: &expected, .replace)
      try check.equal(c[row, column], expected[0, 0], "element (\(row), \(column)) of \(rows)×\(columns)")
    }
  }
}
