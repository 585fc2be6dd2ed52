/// A small square matrix in Double, for determinants of Jacobians.
public struct DoubleMatrix: Sendable {
  /// Rows, which are also the columns.
  public let size: Int
  /// Element (row, column) at `row * size + column`.
  public var values: [Double]

  /// A matrix of zeros.
  public init(size: Int) {
    self.size = size
    values = [Double](repeating: 0, count: size * size)
  }

  /// One element.
  public subscript(row: Int, column: Int) -> Double {
    get { values[row * size + column] }
    set { values[row * size + column] = newValue }
  }

  /// ln |det| (−∞ if singular) and the Frobenius norm of the inverse, by Gauss-Jordan elimination with row pivots.
  ///
  /// To first order ln |det| moves by Σ (A⁻¹)ᵀ·δA, so independent errors of deviation ε in the elements move it by
  /// a deviation of ε·‖A⁻¹‖.
  public func logDeterminant() -> (value: Double, inverseNorm: Double) {
    var left = self
    var right = DoubleMatrix(size: size)
    for index in 0..<size { right[index, index] = 1 }
    var total = 0.0
    for column in 0..<size {
      let best = (column..<size).max { abs(left[$0, column]) < abs(left[$1, column]) } ?? column
      guard left[best, column] != 0 else { return (-.infinity, .infinity) }
      left.swapRows(best, column)
      right.swapRows(best, column)
      let pivot = left[column, column]
      total += logarithm(abs(pivot))
      left.scaleRow(column, by: 1 / pivot)
      right.scaleRow(column, by: 1 / pivot)
      for row in 0..<size where row != column {
        let factor = left[row, column]
        left.subtract(row: column, times: factor, from: row)
        right.subtract(row: column, times: factor, from: row)
      }
    }
    return (total, right.values.reduce(0) { $0 + $1 * $1 }.squareRoot())
  }

  private mutating func swapRows(_ a: Int, _ b: Int) {
    for column in 0..<size { values.swapAt(a * size + column, b * size + column) }
  }

  private mutating func scaleRow(_ row: Int, by factor: Double) {
    for column in 0..<size { self[row, column] *= factor }
  }

  private mutating func subtract(row source: Int, times factor: Double, from row: Int) {
    for column in 0..<size { self[row, column] -= factor * self[source, column] }
  }
}
