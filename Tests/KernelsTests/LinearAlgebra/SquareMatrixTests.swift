import Testing

@testable import Kernels

struct SquareMatrixTests {
  private let a = SquareMatrix(size: 2, values: [1, 2, 3, 4])

  @Test func knownProducts() {
    let b = SquareMatrix(size: 2, values: [5, 6, 7, 8])
    #expect((a * b).values == [19, 22, 43, 50])
    #expect(a * [10, 1] == [12, 34])
    #expect(a * SquareMatrix.identity(size: 2) == a)
    #expect(a.transposed().values == [1, 3, 2, 4])
    #expect(a.permutingRows([1, 0]).values == [3, 4, 1, 2])
    #expect((SquareMatrix(size: 0) * SquareMatrix(size: 0)).values == [])
  }

  @Test func roundsToFloat() {
    let third = SquareMatrix(size: 1, values: [1.0 / 3])
    #expect(third.rounded().values == [Float(1) / 3])
    #expect(SquareMatrix(Matrix(rows: 2, columns: 2, values: [1, 2, 3, 4])) == a)
  }
}
