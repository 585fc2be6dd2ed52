/// A dense square matrix in Double, row-major: weights of invertible convolutions, a few dozen rows at most, and covariances of
/// codes, a thousand.
///
/// Every operation is made of + − × ÷ and square roots in a fixed order, so results are the same bits on every machine.
public struct SquareMatrix: Sendable, Equatable {
  /// Number of rows, and of columns.
  public let size: Int
  /// Element (row, column) at `row * size + column`.
  public var values: [Double]

  /// A matrix with the given elements, row by row.
  public init(size: Int, values: [Double]) {
    precondition(
      size >= 0 && values.count == size * size, "square matrix: expected \(size)² values, found \(values.count)")
    self.size = size
    self.values = values
  }

  /// A matrix of zeros.
  public init(size: Int) { self.init(size: size, values: [Double](repeating: 0, count: size * size)) }

  /// The matrix that changes nothing.
  public static func identity(size: Int) -> SquareMatrix {
    var result = SquareMatrix(size: size)
    for index in 0..<size { result[index, index] = 1 }
    return result
  }

  /// The same numbers in Double.
  public init(_ matrix: Matrix) {
    precondition(matrix.rows == matrix.columns, "square matrix: found \(matrix.rows)×\(matrix.columns)")
    self.init(size: matrix.rows, values: matrix.values.map { Double($0) })
  }

  /// Every element rounded to Float.
  public func rounded() -> Matrix { Matrix(rows: size, columns: size, values: values.map { Float($0) }) }

  /// One element.
  public subscript(row: Int, column: Int) -> Double {
    get { values[row * size + column] }
    set { values[row * size + column] = newValue }
  }

  /// Rows as columns.
  public func transposed() -> SquareMatrix {
    var result = SquareMatrix(size: size)
    for row in 0..<size {
      for column in 0..<size { result[column, row] = self[row, column] }
    }
    return result
  }

  /// Row i of the result is row `order[i]`.
  public func permutingRows(_ order: [Int]) -> SquareMatrix {
    precondition(order.count == size, "permuting rows: expected \(size) rows, found \(order.count)")
    return SquareMatrix(size: size, values: order.flatMap { values[$0 * size..<($0 + 1) * size] })
  }

  /// The product of matrices, every sum in ascending order. Cost: 2·size³ operations.
  public static func * (left: SquareMatrix, right: SquareMatrix) -> SquareMatrix {
    precondition(left.size == right.size, "product: sizes \(left.size) and \(right.size) differ")
    let size = left.size
    var result = SquareMatrix(size: size)
    for row in 0..<size {
      for k in 0..<size {
        let factor = left[row, k]
        for column in 0..<size { result.values[row * size + column] += factor * right.values[k * size + column] }
      }
    }
    return result
  }

  /// The matrix times a vector.
  public static func * (left: SquareMatrix, right: [Double]) -> [Double] {
    precondition(left.size == right.count, "product: size \(left.size) and a vector of \(right.count)")
    return (0..<left.size).map { row in
      (0..<left.size).reduce(0) { $0 + left[row, $1] * right[$1] }
    }
  }
}
