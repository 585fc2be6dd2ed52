extension SquareMatrix {
  /// A uniformly random orthogonal matrix from the first size² Gaussians of `random`: Q of their QR decomposition, its
  /// columns given the signs of R's diagonal, without which Q would not be uniform (Mezzadri 2007, section 5).
  public static func randomOrthogonal(size: Int, random: RandomStream) -> SquareMatrix {
    let gaussians = random.gaussians(count: size * size).map { Double($0) }
    let decomposition = QRDecomposition(SquareMatrix(size: size, values: gaussians))
    var q = decomposition.q
    for column in 0..<size where decomposition.r[column, column] < 0 {
      for row in 0..<size { q[row, column] = -q[row, column] }
    }
    return q
  }
}
