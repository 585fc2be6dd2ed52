import Testing

@testable import Kernels

struct TriangularSolvesTests {
  private let matrix = SquareMatrix(size: 3, values: [2, 5, -1, 4, 4, 3, 6, -2, 8])

  @Test func knownSolutions() {
    // Only the asked triangle is read: 2x = 2; 4 + 4y = 12; 6 − 4 + 8z = 26.
    #expect(matrix.solvingLower([2, 12, 26]) == [1, 2, 3])
    #expect(matrix.solvingLower([1, 6, 5], diagonal: .unit) == [1, 2, 3])
    // 8z = 24; 4y + 9 = 17; 2x + 10 − 3 = 9.
    #expect(matrix.solvingUpper([9, 17, 24]) == [1, 2, 3])
    #expect(matrix.solvingUpper([8, 11, 3], diagonal: .unit) == [1, 2, 3])
  }

  @Test func zeroOnTheDiagonalGivesInfinity() {
    #expect(SquareMatrix(size: 1).solvingLower([1]) == [.infinity])
    #expect(SquareMatrix(size: 1).solvingUpper([-1]) == [-.infinity])
    #expect(SquareMatrix(size: 0).solvingUpper([]) == [])
  }

  /// 1/2; −6·½ and 1; (8·½ + 5·3)/3 = 19/3, −5/3 and 1/3. What is above the diagonal is not read.
  @Test func knownInverse() {
    let lower = SquareMatrix(size: 3, values: [2, .nan, 9, 6, 1, .infinity, -8, 5, 3])
    let third = 1.0 / 3
    let expected: [Double] = [0.5, 0, 0, -3, 1, 0, 19.0 / 3, -5.0 / 3, third]
    #expect(lower.invertingLower().values == expected)
    #expect(SquareMatrix(size: 0).invertingLower().values == [])
    #expect(SquareMatrix(size: 1).invertingLower().values == [.infinity])
  }

  /// |L·X − 1| ≤ γₙ₊₁·|L||X|, and γₙ more for the product formed here, on both sides of eight columns at a time.
  @Test(arguments: [1, 2, 7, 8, 9, 16, 33])
  func inversesAreInverse(size: Int) {
    var numbers = Numbers(UInt64(800 + size))
    var lower = numbers.squareMatrix(size)
    for row in 0..<size {
      for column in (row + 1)..<max(size, row + 1) { lower[row, column] = 0 }
      lower[row, row] = 1 + abs(lower[row, row])
    }
    let inverse = lower.invertingLower()
    let allowed = lower.magnitudes * inverse.magnitudes
    let bound = SquareMatrix(size: size, values: allowed.values.map { gamma(2 * size + 2) * $0 })
    #expect((lower * inverse).firstDifference(from: .identity(size: size), allowed: bound) == nil)
    for row in 0..<size {
      for column in (row + 1)..<max(size, row + 1) { #expect(inverse[row, column] == 0) }
    }
  }
}
