@testable import Kernels

/// Half the distance from 1 to the next `Double`.
let doubleRoundoff = 0x1p-53

/// γₙ = n·u / (1 − n·u) of Higham 2002, section 3.1.
func gamma(_ n: Int) -> Double { Double(n) * doubleRoundoff / (1 - Double(n) * doubleRoundoff) }

extension Numbers {
  /// Uniform in [−1, 1).
  mutating func squareMatrix(_ size: Int) -> SquareMatrix {
    SquareMatrix(size: size, values: floats(size * size).map { Double($0) })
  }
}

extension SquareMatrix {
  /// Every element's magnitude.
  var magnitudes: SquareMatrix { SquareMatrix(size: size, values: values.map { abs($0) }) }

  /// The place and size of the first element that differs by more than `allowed` there, or nil.
  func firstDifference(from other: SquareMatrix, allowed: SquareMatrix) -> String? {
    for row in 0..<size {
      for column in 0..<size {
        let error = abs(self[row, column] - other[row, column])
        // A negated comparison, so that NaN differs.
        if !(error <= allowed[row, column]) {
          return "(\(row), \(column)): \(self[row, column]), expected \(other[row, column]) ± \(allowed[row, column])"
        }
      }
    }
    return nil
  }
}
