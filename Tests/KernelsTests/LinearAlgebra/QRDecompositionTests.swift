import Testing

@testable import Kernels

struct QRDecompositionTests {
  /// Columns of Q and of A − QR deviate in norm by at most n·γ_cn (Higham 2002, theorem 19.4 and equation 19.13); c is
  /// "a small integer constant", here 16 for a reflection's inner product, its scaling and the normalised vector.
  @Test(arguments: [0, 1, 2, 3, 5, 16, 17, 64])
  func factorsAreOrthogonalAndTriangular(size: Int) {
    var numbers = Numbers(UInt64(600 + size))
    let a = numbers.squareMatrix(size)
    let qr = QRDecomposition(a)
    let error = Double(size) * gamma(16 * size)
    let flat = SquareMatrix(size: size, values: [Double](repeating: error, count: size * size))
    #expect((qr.q.transposed() * qr.q).firstDifference(from: .identity(size: size), allowed: flat) == nil)
    let norm = a.values.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let scaled = SquareMatrix(size: size, values: flat.values.map { $0 * norm })
    #expect((qr.q * qr.r).firstDifference(from: a, allowed: scaled) == nil)
    for row in 0..<size {
      for column in 0..<row { #expect(qr.r[row, column] == 0) }
    }
  }

  @Test func knownDecomposition() {
    let qr = QRDecomposition(SquareMatrix(size: 2, values: [3, 1, 4, 2]))
    // The first column, of length 5, goes to −5: away from the sign of 3.
    #expect(abs(qr.r[0, 0] + 5) < 1e-14 && abs(abs(qr.r[1, 1]) - 0.4) < 1e-14)
    #expect(abs(qr.q[0, 0] + 0.6) < 1e-15 && abs(qr.q[1, 0] + 0.8) < 1e-15)
  }

  @Test func triangularMatricesStay() {
    let upper = SquareMatrix(size: 3, values: [-1, 2, 3, 0, 0, 4, 0, 0, 5])
    let qr = QRDecomposition(upper)
    #expect(qr.q == .identity(size: 3) && qr.r == upper)
  }
}
