import Kernels

/// The orthonormal two-dimensional DCT-II of every channel (Ahmed, Natarajan, Rao 1974): pixel (u, v) of the output is
/// Σ C_u(y)·C_v(x)·pixel (y, x), with C_k(n) = √((k = 0 ? 1 : 2)/N)·cos(π·(2n + 1)·k / 2N). Pixel (0, 0) is the mean,
/// times √(height·width).
///
/// Log-determinant 0; the inverse is the transpose. Cosines are computed in Double by arithmetic alone, the same on every
/// machine, and rounded to Float, so the round trip is within 2·(height + width + 2)·u·|Cᵀ||C||x| to first order, |C|
/// acting on both axes, u = 2⁻²⁴. Cost: 2·(height + width) operations a value.
public struct DCT: InvertibleLayer {
  /// Pixels from top to bottom.
  public let height: Int
  /// Pixels from left to right.
  public let width: Int
  private let vertical: Matrix
  private let horizontal: Matrix
  private let verticalInverse: Matrix
  private let horizontalInverse: Matrix

  /// The transform of images of height × width pixels.
  public init(height: Int, width: Int) {
    precondition(height >= 1 && width >= 1, "DCT: expected at least one pixel, found \(height)×\(width)")
    self.height = height
    self.width = width
    let columns = Self.table(height)
    let rows = Self.table(width)
    vertical = columns.rounded()
    horizontal = rows.rounded()
    verticalInverse = columns.transposed().rounded()
    horizontalInverse = rows.transposed().rounded()
  }

  /// C of a size, in Double: row k is C_k.
  public static func table(_ size: Int) -> SquareMatrix {
    var result = SquareMatrix(size: size)
    for k in 0..<size {
      let norm = ((k == 0 ? 1 : 2) / Double(size)).squareRoot()
      for n in 0..<size { result[k, n] = norm * cosine(piTimes: (2 * n + 1) * k, over: 2 * size) }
    }
    return result
  }

  /// The frequencies as pixels of the output, counted row by row, lowest u + v first, and of equals lowest u first.
  public static func lowPassOrder(height: Int, width: Int) -> [Int] {
    (0..<height * width).sorted { a, b in
      (a / width + a % width, a / width) < (b / width + b % width, b / width)
    }
  }

  /// y = F(x) and ln |det ∂y/∂x|; see `InvertibleLayer`.
  public func forward(_ x: Activation) -> (y: Activation, logDet: PerSample) {
    check(x)
    let y = x.transformed(by: vertical, along: .vertical).transformed(by: horizontal, along: .horizontal)
    return (y, PerSample(samples: x.samples))
  }

  /// x = F⁻¹(y) and ln |det ∂x/∂y|; see `InvertibleLayer`.
  public func inverse(_ y: Activation) -> (x: Activation, logDet: PerSample) {
    check(y)
    let x = y.transformed(by: horizontalInverse, along: .horizontal)
      .transformed(by: verticalInverse, along: .vertical)
    return (x, PerSample(samples: y.samples))
  }

  /// Like `forward`, with a tape.
  public func forwardRecording(_ x: Activation) -> (y: Activation, logDet: PerSample, tape: Void) {
    let (y, logDet) = forward(x)
    return (y, logDet, ())
  }

  /// Like `inverse`, with the tape that forward would have made.
  public func inverseRecording(_ y: Activation) -> (x: Activation, tape: Void) { (inverse(y).x, ()) }

  /// ∂L/∂x, the inverse of ∂L/∂y, and ∂L/∂parameter in `gradient`.
  public func backward(
    _ tape: Void, outputGradient: Activation, logDetGradient: PerSample, into gradient: inout DCT,
    _ accumulation: Accumulation
  ) -> Activation { inverse(outputGradient).x }

  /// Visits every parameter; see `Parameterised`.
  public mutating func visitParameters(prefix: String, _ visit: (Parameter, inout [Float]) -> Void) {}

  private func check(_ x: Activation) {
    precondition(x.height == height && x.width == width, "DCT: expected \(height)×\(width) pixels, found \(x.shape)")
  }
}
