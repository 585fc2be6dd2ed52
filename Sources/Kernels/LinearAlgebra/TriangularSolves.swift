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
}
