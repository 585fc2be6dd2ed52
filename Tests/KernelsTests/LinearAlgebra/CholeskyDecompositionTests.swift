import Testing

@testable import Kernels

struct CholeskyDecompositionTests {
  /// B·Bᵀ + 1: its eigenvalues are at least 1.
  private func positiveDefinite(_ size: Int) -> SquareMatrix {
    var numbers = Numbers(UInt64(700 + size))
    let b = numbers.squareMatrix(size)
    var matrix = b * b.transposed()
    for index in 0..<size { matrix[index, index] += 1 }
    return matrix
  }

  /// |A − LLᵀ| ≤ γₙ₊₁·|L||Lᵀ| (Higham 2002, theorem 10.3), and γₙ more for the product formed here. Sizes on both sides of
  /// eight sums side by side and of a block of 64 columns.
  @Test(arguments: [0, 1, 2, 3, 7, 8, 9, 17, 63, 64, 65, 130])
  func factorsMultiplyToTheMatrix(size: Int) throws {
    let a = positiveDefinite(size)
    let factor = try CholeskyDecomposition(a).factor
    let allowed = factor.magnitudes * factor.magnitudes.transposed()
    let bound = SquareMatrix(size: size, values: allowed.values.map { gamma(2 * size + 2) * $0 })
    #expect((factor * factor.transposed()).firstDifference(from: a, allowed: bound) == nil)
    for row in 0..<size {
      #expect(factor[row, row] > 0)
      for column in 0..<row { #expect(factor[column, row] == 0) }
    }
  }

  /// Whole numbers, so that nothing is rounded: 2² = 4; 12/2 = 6, 37 − 36 = 1²; −16/2 = −8, −43 + 48 = 5, 98 − 64 − 25 = 3².
  /// What is above the diagonal is not read.
  @Test func knownFactor() throws {
    let matrix = SquareMatrix(size: 3, values: [4, .nan, 7, 12, 37, .infinity, -16, -43, 98])
    #expect(try CholeskyDecomposition(matrix).factor.values == [2, 0, 0, 6, 1, 0, -8, 5, 3])
  }

  @Test(arguments: [
    (SquareMatrix(size: 1), 0), (SquareMatrix(size: 1, values: [-1]), 0),
    // 1·4 − 2² = 0; a pivot of −3.
    (SquareMatrix(size: 2, values: [1, 2, 2, 4]), 1), (SquareMatrix(size: 2, values: [1, 2, 2, 1]), 1),
    (SquareMatrix(size: 2, values: [1, 0, .nan, 1]), 1), (SquareMatrix(size: 2, values: [.infinity, 0, 0, 1]), 0),
  ])
  func otherMatricesAreRefused(matrix: SquareMatrix, pivot: Int) {
    #expect(throws: LinearAlgebraError.notPositiveDefinite(pivot: pivot)) { try CholeskyDecomposition(matrix) }
  }

  @Test func aPivotBehindTheFirstBlockIsFound() {
    var matrix = positiveDefinite(70)
    matrix[69, 69] = -1
    #expect(throws: LinearAlgebraError.notPositiveDefinite(pivot: 69)) { try CholeskyDecomposition(matrix) }
  }

  @Test func errorNamesThePivot() {
    #expect(
      LinearAlgebraError.notPositiveDefinite(pivot: 3).description
        == "the matrix is not positive definite: no pivot in column 3")
  }
}
