/// A = Q·R by Householder reflections: Q orthogonal, R upper triangular (Golub & Van Loan 2013, algorithm 5.2.1).
///
/// ‖QᵀQ − 1‖ and ‖A − QR‖/‖A‖ are within a small multiple of n²·2⁻⁵³ (Higham 2002, theorem 19.4).
public struct QRDecomposition: Sendable {
  /// Q.
  public let q: SquareMatrix
  /// R; below the diagonal exact zeros. Its diagonal may have either sign.
  public let r: SquareMatrix

  /// The decomposition of any square matrix. Cost: about 4·size³ operations.
  public init(_ matrix: SquareMatrix) {
    let size = matrix.size
    var r = matrix
    var q = SquareMatrix.identity(size: size)
    for step in 0..<size {
      guard let reflector = Self.reflector(r, step) else { continue }
      // R ← H·R and Q ← Q·H, with H = 1 − 2·v·vᵀ / vᵀv.
      for column in step..<size {
        let projection = (step..<size).reduce(0) { $0 + reflector[$1 - step] * r[$1, column] }
        for row in step..<size { r[row, column] -= 2 * projection * reflector[row - step] }
      }
      for row in 0..<size {
        let projection = (step..<size).reduce(0) { $0 + q[row, $1] * reflector[$1 - step] }
        for column in step..<size { q[row, column] -= 2 * projection * reflector[column - step] }
      }
      for row in (step + 1)..<size { r[row, step] = 0 }
    }
    self.q = q
    self.r = r
  }

  /// The unit vector v whose reflection brings column `step` below the diagonal to zero; nil if it is zero already.
  private static func reflector(_ r: SquareMatrix, _ step: Int) -> [Double]? {
    var v = (step..<r.size).map { r[$0, step] }
    guard v.dropFirst().contains(where: { $0 != 0 }) else { return nil }
    let length = v.reduce(0) { $0 + $1 * $1 }.squareRoot()
    // Away from zero, so that nothing cancels.
    v[0] += v[0] < 0 ? -length : length
    let norm = v.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return v.map { $0 / norm }
  }
}
