/// What a triangular solve takes for the diagonal.
public enum Diagonal: Sendable {
  /// The stored elements.
  case stored
  /// Ones; what is stored there is not read.
  case unit
}

extension SquareMatrix {
  /// x with L·x = b, where L is the lower triangle; what is stored above is not read (Golub & Van Loan 2013, algorithm
  /// 3.1.1). A zero on the diagonal gives infinities. Cost: size² operations.
  public func solvingLower(_ b: [Double], diagonal: Diagonal = .stored) -> [Double] {
    precondition(b.count == size, "triangular solve: size \(size) and a right side of \(b.count)")
    var x = b
    for row in 0..<size {
      for column in 0..<row { x[row] -= self[row, column] * x[column] }
      if diagonal == .stored { x[row] /= self[row, row] }
    }
    return x
  }

  /// x with U·x = b, where U is the upper triangle; what is stored below is not read (algorithm 3.1.2). A zero on the
  /// diagonal gives infinities. Cost: size² operations.
  public func solvingUpper(_ b: [Double], diagonal: Diagonal = .stored) -> [Double] {
    precondition(b.count == size, "triangular solve: size \(size) and a right side of \(b.count)")
    var x = b
    for row in (0..<size).reversed() {
      for column in (row + 1)..<size { x[row] -= self[row, column] * x[column] }
      if diagonal == .stored { x[row] /= self[row, row] }
    }
    return x
  }

  /// L⁻¹ of the lower triangle L, with exact zeros above the diagonal; what is stored there is not read. A zero on the diagonal
  /// gives infinities or NaN.
  ///
  /// The computed inverse X has |L·X − 1| ≤ γₙ₊₁·|L||X| (Higham 2002, theorem 8.5, column by column). Cost: ⅓·size³ operations,
  /// eight columns at a time on as many threads as there are.
  public func invertingLower() -> SquareMatrix {
    let size = size
    var result = SquareMatrix(size: size)
    values.withUnsafeBufferPointer { source in
      result.values.withUnsafeMutableBufferPointer { target in
        guard let lower = source.baseAddress, let output = target.baseAddress else { return }
        let inverse = Unchecked(output)
        // A task writes columns of its own.
        Parallel.forEach((size + 7) / 8) { block in
          invertColumns(from: 8 * block, lower, size: size, into: inverse.value)
        }
      }
    }
    return result
  }
}

/// Forward substitution for eight unit vectors side by side, from the one with its 1 at `first` on.
private func invertColumns(
  from first: Int, _ lower: UnsafePointer<Double>, size: Int, into inverse: UnsafeMutablePointer<Double>
) {
  withUnsafeTemporaryAllocation(of: SIMD8<Double>.self, capacity: size - first) { solved in
    guard let solved = solved.baseAddress else { return }
    for row in first..<size {
      let factors = lower + row * size
      var sum = SIMD8<Double>(repeating: 0)
      if row < first + 8 { sum[row - first] = 1 }
      for column in first..<row { sum -= factors[column] * solved[column - first] }
      sum /= factors[row]
      (solved + (row - first)).initialize(to: sum)
      for lane in 0...min(7, row - first) { inverse[row * size + first + lane] = sum[lane] }
    }
  }
}
