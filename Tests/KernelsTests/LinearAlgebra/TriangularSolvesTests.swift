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
}
