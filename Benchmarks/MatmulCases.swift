import Kernels

/// Products of plain matrices: squares, and the shapes of the experiments as other engines compute them, samples as rows and images as
/// columns (`Peers/products.py`).
enum MatmulCases {
  static var all: [Case] {
    [64, 128, 256, 512, 1024, 2048].map { product($0, $0, $0, .none, .none) } + [
      product(512, 512, 512, .none, .transposed), product(512, 512, 512, .transposed, .none),
    ] + dense + images
  }

  /// The layers of the spheres experiment, forward with weights of outputs × inputs, and the gradients.
  private static var dense: [Case] {
    [128, 500, 1000].flatMap { batch in
      [(100, 100), (200, 50), (200, 200), (50, 200), (1000, 98), (1000, 1000)].map { outputs, inputs in
        product(batch, inputs, outputs, .none, .transposed)
      }
    } + [
      product(500, 1000, 2, .none, .transposed), product(500, 1000, 1000, .none, .none),
      product(1000, 500, 1000, .transposed, .none), product(500, 200, 200, .none, .none),
      product(200, 500, 200, .transposed, .none), product(200, 500, 50, .transposed, .none),
      product(64, 1014, 512, .none, .transposed), product(64, 512, 512, .none, .transposed),
    ]
  }

  /// Convolutions as one product with the image's patches, for 64 images of 14×14 and 7×7 pixels, or one image.
  private static var images: [Case] {
    let (large, small) = (64 * 196, 64 * 49)
    return [
      product(128, 18, large, .none, .none), product(128, 128, large, .none, .none),
      product(128, 1152, large, .none, .none), product(2, 1152, large, .none, .none),
      product(128, 72, small, .none, .none), product(128, 128, small, .none, .none),
      product(128, 1152, small, .none, .none), product(128, 128, 196, .none, .none),
      product(128, 1152, 196, .none, .none), product(large, 128, 128, .none, .transposed),
      product(128, large, 128, .none, .transposed), product(128, large, 1152, .none, .transposed),
    ]
  }

  /// op(A) is rows × depth, op(B) depth × columns.
  private static func product(
    _ rows: Int, _ depth: Int, _ columns: Int, _ transposeA: Transposition, _ transposeB: Transposition
  ) -> Case {
    Case(
      name: "matmul \(letter(transposeA))\(letter(transposeB))", shape: "\(rows)×\(depth)×\(columns)",
      work: .operations(
        2 * Double(rows * depth * columns), bytes: 4 * Double(rows * depth + depth * columns + rows * columns))
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
