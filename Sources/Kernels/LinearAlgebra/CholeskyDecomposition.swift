/// A = L·Lᵀ of a symmetric positive definite matrix, L lower triangular with a positive diagonal (Golub & Van Loan 2013,
/// section 4.2).
///
/// The computed factor is that of A + E with |E| ≤ γₙ₊₁·|L||Lᵀ| in whatever order its sums are taken (Higham 2002, theorem
/// 10.3).
public struct CholeskyDecomposition: Sendable {
  /// L; above the diagonal exact zeros.
  public let factor: SquareMatrix

  /// The columns that all rows are computed in before the next ones are: their rows of L, 0.5 MB at a size of 1014, stay in
  /// a second-level cache.
  private static let block = 64

  /// The decomposition of a matrix of which the lower triangle is read. Throws `notPositiveDefinite(pivot:)` where a pivot is
  /// not positive or not finite. Cost: ⅓·size³ operations on one thread.
  public init(_ matrix: SquareMatrix) throws(LinearAlgebraError) {
    let size = matrix.size
    var factor = matrix
    let failed = factor.values.withUnsafeMutableBufferPointer { values -> Int? in
      guard let base = values.baseAddress else { return nil }
      return Self.factorise(base, size: size)
    }
    if let failed { throw .notPositiveDefinite(pivot: failed) }
    self.factor = factor
  }

  /// Puts L in place of a matrix; returns the first pivot that cannot be one.
  private static func factorise(_ a: UnsafeMutablePointer<Double>, size: Int) -> Int? {
    for start in stride(from: 0, to: size, by: block) {
      let end = min(start + block, size)
      for row in start..<size {
        let current = a + row * size
        for column in start..<min(end, row) {
          let other = a + column * size
          current[column] = (current[column] - innerProduct(current, other, count: column)) / other[column]
        }
        guard row < end else { continue }
        let pivot = current[row] - innerProduct(current, current, count: row)
        guard pivot > 0 && pivot.isFinite else { return row }
        current[row] = pivot.squareRoot()
        for column in (row + 1)..<max(size, row + 1) { current[column] = 0 }
      }
    }
    return nil
  }

  /// Σ x·y: eight sums side by side, then what is left, so that the order is the same on every machine.
  @inline(__always)
  private static func innerProduct(_ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, count: Int) -> Double {
    let (left, right) = (UnsafeRawPointer(x), UnsafeRawPointer(y))
    var sums = SIMD8<Double>(repeating: 0)
    var index = 0
    while index + 8 <= count {
      sums +=
        left.loadUnaligned(fromByteOffset: 8 * index, as: SIMD8<Double>.self)
        * right.loadUnaligned(fromByteOffset: 8 * index, as: SIMD8<Double>.self)
      index += 8
    }
    var total = sums.sum()
    while index < count {
      total += x[index] * y[index]
      index += 1
    }
    return total
  }
}
