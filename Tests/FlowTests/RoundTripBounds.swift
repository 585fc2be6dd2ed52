import Flow
import Kernels
import TestSupport

/// How far inverse(forward(x)) may be from x, layer by layer, as their comments state it. For networks see `RunningError`.
enum RoundTripBounds {
  /// Terms of second order in u.
  private static let secondOrder = 1.001

  /// Nothing is rounded.
  @Sendable static func exact<Layer: InvertibleLayer>(_ layer: Layer, _ x: Matrix) -> Matrix {
    Matrix(rows: x.rows, columns: x.columns)
  }

  /// u·(3·|x + bias| + |x|).
  @Sendable static func actnorm(_ layer: Actnorm, _ x: Matrix) -> Matrix {
    forEachValue(x) { sample, value in
      let size = Double(abs(x[sample, value]))
      let shifted = Double(abs(x[sample, value] + layer.bias[value % layer.bias.count]))
      return unitRoundoff * (3 * shifted + size)
    }
  }

  /// (2·γ + u)·|W⁻¹||W||x| in every pixel, γ = channels·u.
  @Sendable static func convolution(_ layer: InvertibleConvolution, _ x: Matrix) -> Matrix {
    let channels = layer.channels
    let sizes = magnitudes(layer.inverseWeight) * SquareMatrix(magnitudes(layer.weight))
    return forEachValue(x) { sample, value in
      let pixel = value / channels * channels
      let sum = (0..<channels).reduce(0.0) {
        $0 + sizes[value % channels, $1] * Double(abs(x[sample, pixel + $1]))
      }
      return Double(2 * channels + 1) * unitRoundoff * sum
    }
  }

  /// u·(2·|x₂| + |f(x₁)|) in the updated half, zero in the other.
  static func additive<Function: CouplingFunction>(
    _ layer: AdditiveCoupling<Function>, _ x: Activation
  ) -> Matrix {
    let shift = layer.function.evaluate(x.channels(0..<layer.split)).matrix()
    let rows = x.matrix()
    let (channels, updated) = (x.channels, x.channels - layer.split)
    return forEachValue(rows) { sample, value in
      let channel = value % channels - layer.split
      guard channel >= 0 else { return 0 }
      let t = Double(abs(shift[sample, value / channels * updated + channel]))
      return unitRoundoff * (2 * Double(abs(rows[sample, value])) + t)
    }
  }

  /// u·(4·|x₂| + |t|·e^−ℓ) in the updated half, zero in the other.
  static func affine<Function: CouplingFunction>(_ layer: AffineCoupling<Function>, _ x: Activation) -> Matrix {
    let output = layer.function.evaluate(x.channels(0..<layer.split)).matrix()
    let rows = x.matrix()
    let (channels, updated) = (x.channels, x.channels - layer.split)
    return forEachValue(rows) { sample, value in
      let channel = value % channels - layer.split
      guard channel >= 0 else { return 0 }
      let place = value / channels * 2 * updated + channel
      let e = exponential(Double(output[sample, place + updated]))
      let scale = exponential(2 * (e - 1) / (e + 1))
      let t = Double(abs(output[sample, place]))
      return unitRoundoff * (4 * Double(abs(rows[sample, value])) + t / scale)
    }
  }

  /// Two sums along either axis each way, of numbers that |C| and |Cᵀ| make larger by √n an axis at most; and the
  /// cosines' own rounding.
  @Sendable static func transform(_ layer: DCT, _ x: Matrix) -> Matrix {
    let largest = x.values.reduce(0) { max($0, Double(abs($1))) }
    return forEachValue(x) { _, _ in
      2 * Double(layer.height + layer.width + 2) * unitRoundoff * Double(layer.height * layer.width) * largest
    }
  }

  private static func forEachValue(_ x: Matrix, _ bound: (_ sample: Int, _ value: Int) -> Double) -> Matrix {
    var result = Matrix(rows: x.rows, columns: x.columns)
    for sample in 0..<x.rows {
      for value in 0..<x.columns { result[sample, value] = Float(secondOrder * bound(sample, value)).nextUp }
    }
    return result
  }
}
