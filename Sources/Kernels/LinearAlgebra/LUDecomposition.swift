/// P·A = L·U with partial pivoting: L unit lower triangular with elements of at most 1, U upper triangular (Golub & Van
/// Loan 2013, algorithm 3.4.1).
///
/// The computed factors are those of A + E with |E| ≤ γₙ·Pᵀ|L||U| (Higham 2002, theorem 9.3).
public struct LUDecomposition: Sendable {
  /// Row i of P·A is row `order[i]` of A.
  public let order: [Int]
  /// L below the diagonal, U on and above it.
  public let factors: SquareMatrix
  private let isOddPermutation: Bool

  /// The decomposition of `matrix`. Throws `singular(pivot:)` where no candidate for a pivot is finite and not zero.
  /// Cost: ⅔·size³ operations.
  public init(_ matrix: SquareMatrix) throws(LinearAlgebraError) {
    let size = matrix.size
    var work = matrix
    var order = Array(0..<size)
    var isOdd = false
    for step in 0..<size {
      var pivot = step
      // NaN fails the comparison and stays what it was, which the guard below catches.
      for row in (step + 1)..<size where abs(work[row, step]) > abs(work[pivot, step]) { pivot = row }
      guard work[pivot, step] != 0 && work[pivot, step].isFinite else { throw .singular(pivot: step) }
      if pivot != step {
        for column in 0..<size { work.values.swapAt(pivot * size + column, step * size + column) }
        order.swapAt(pivot, step)
        isOdd.toggle()
      }
      for row in (step + 1)..<size {
        let factor = work[row, step] / work[step, step]
        work[row, step] = factor
        for column in (step + 1)..<size { work[row, column] -= factor * work[step, column] }
      }
    }
    self.order = order
    factors = work
    isOddPermutation = isOdd
  }

  /// L, with its ones.
  public var lower: SquareMatrix {
    var result = SquareMatrix.identity(size: factors.size)
    for row in 0..<factors.size {
      for column in 0..<row { result[row, column] = factors[row, column] }
    }
    return result
  }

  /// U.
  public var upper: SquareMatrix {
    var result = SquareMatrix(size: factors.size)
    for row in 0..<factors.size {
      for column in row..<factors.size { result[row, column] = factors[row, column] }
    }
    return result
  }

  /// x with A·x = b. Cost: 2·size² operations.
  public func solving(_ b: [Double]) -> [Double] {
    precondition(b.count == factors.size, "solve: size \(factors.size) and a right side of \(b.count)")
    return factors.solvingUpper(factors.solvingLower(order.map { b[$0] }, diagonal: .unit))
  }

  /// A⁻¹, column by column. Cost: 2·size³ operations.
  public func inverse() -> SquareMatrix {
    let size = factors.size
    var result = SquareMatrix(size: size)
    var unit = [Double](repeating: 0, count: size)
    for column in 0..<size {
      unit[column] = 1
      for (row, value) in solving(unit).enumerated() { result[row, column] = value }
      unit[column] = 0
    }
    return result
  }

  /// det A; it overflows where `logAbsoluteDeterminant` does not.
  public var determinant: Double {
    (0..<factors.size).reduce(isOddPermutation ? -1 : 1) { $0 * factors[$1, $1] }
  }

  /// ln |det A| in nats.
  public var logAbsoluteDeterminant: Double {
    (0..<factors.size).reduce(0) { $0 + naturalLogarithm(abs(factors[$1, $1])) }
  }

  /// The determinant's sign, 1 or −1.
  public var sign: Double {
    (0..<factors.size).reduce(isOddPermutation ? -1 : 1) { factors[$1, $1] < 0 ? -$0 : $0 }
  }
}
