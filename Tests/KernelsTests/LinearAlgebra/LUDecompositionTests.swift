import Testing

@testable import Kernels

struct LUDecompositionTests {
  /// |PA − LU| ≤ γₙ·|L||U| (Higham 2002, theorem 9.3), and γₙ more for the product formed here.
  @Test(arguments: [0, 1, 2, 3, 5, 16, 17, 64])
  func factorsMultiplyToTheMatrix(size: Int) throws {
    var numbers = Numbers(UInt64(400 + size))
    let a = numbers.squareMatrix(size)
    let lu = try LUDecomposition(a)
    let allowed = lu.lower.magnitudes * lu.upper.magnitudes
    let bound = SquareMatrix(size: size, values: allowed.values.map { 2.001 * gamma(size) * $0 })
    #expect((lu.lower * lu.upper).firstDifference(from: a.permutingRows(lu.order), allowed: bound) == nil)
    #expect(lu.order.sorted() == Array(0..<size))
    #expect(lu.lower.values.allSatisfy { abs($0) <= 1 })
    for row in 0..<size {
      #expect(lu.lower[row, row] == 1)
      for column in 0..<row { #expect(lu.lower[column, row] == 0 && lu.upper[row, column] == 0) }
    }
  }

  /// |A·x − b| ≤ γ₃ₙ·|L||U||x| (theorem 9.4); each column of the inverse is such a solution.
  @Test(arguments: [1, 2, 7, 33])
  func inverseSolvesForUnitVectors(size: Int) throws {
    var numbers = Numbers(UInt64(500 + size))
    let a = numbers.squareMatrix(size)
    let lu = try LUDecomposition(a)
    let inverse = lu.inverse()
    var unpermute = lu.order
    for (row, source) in lu.order.enumerated() { unpermute[source] = row }
    let sizes = ((lu.lower.magnitudes * lu.upper.magnitudes).permutingRows(unpermute)) * inverse.magnitudes
    let bound = SquareMatrix(size: size, values: sizes.values.map { 2 * gamma(4 * size) * $0 })
    #expect((a * inverse).firstDifference(from: .identity(size: size), allowed: bound) == nil)
    let b = (0..<size).map { _ in Double(numbers.float()) }
    let x = lu.solving(b)
    let residual = zip(a * x, b).map { abs($0 - $1) }
    let scale = (lu.lower.magnitudes * lu.upper.magnitudes).permutingRows(unpermute) * x.map { abs($0) }
    for row in 0..<size { #expect(residual[row] <= 2 * gamma(4 * size) * scale[row]) }
  }

  @Test func knownDeterminants() throws {
    // Row exchanges: det = −2·(3·4) with a zero where the first pivot would be.
    let exchanged = try LUDecomposition(SquareMatrix(size: 3, values: [0, 2, 0, 3, 0, 0, 5, 0, 4]))
    #expect(abs(exchanged.determinant + 24) < 1e-13 && exchanged.sign == -1)
    #expect(abs(exchanged.logAbsoluteDeterminant - 3.1780538303479458) < 1e-14)
    let rotated = try LUDecomposition(SquareMatrix(size: 2, values: [0, -1, 1, 0]))
    #expect(rotated.determinant == 1 && rotated.sign == 1 && rotated.logAbsoluteDeterminant == 0)
    #expect(rotated.inverse().values == [0, 1, -1, 0])
    let tiny = try LUDecomposition(SquareMatrix(size: 2, values: [1e-200, 0, 0, -1e-200]))
    #expect(tiny.sign == -1 && abs(tiny.logAbsoluteDeterminant + 921.0340371976183) < 1e-10)
    #expect(try LUDecomposition(SquareMatrix(size: 0)).determinant == 1)
  }

  @Test(arguments: [
    (SquareMatrix(size: 1), 0), (SquareMatrix(size: 2, values: [1, 2, 2, 4]), 1),
    (SquareMatrix(size: 3, values: [1, 2, 3, 0, 0, 4, 0, 0, 5]), 1),
    (SquareMatrix(size: 2, values: [1, 0, 0, .nan]), 1), (SquareMatrix(size: 2, values: [.infinity, 0, 0, 1]), 0),
  ])
  func singularMatricesAreRefused(matrix: SquareMatrix, pivot: Int) {
    #expect(throws: LinearAlgebraError.singular(pivot: pivot)) { try LUDecomposition(matrix) }
  }

  @Test func errorNamesThePivot() {
    #expect(LinearAlgebraError.singular(pivot: 3).description == "the matrix is singular: no pivot in column 3")
  }
}
