import Flow
import Kernels
import TestSupport

/// How far inverse(forward(x)) may be from x, layer by layer as their comments state it, and through networks.
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
    let sizes = magnitudes(layer.inverseWeight) * magnitudes(SquareMatrix(layer.weight))
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

  /// Going back through a network of flow steps, an error e of a part's output becomes slope·e + local. All that
  /// surrounds the steps moves values without a change but for the DCT at the end, whose slope back is at most
  /// √(height·width), which the error at the start counts in.
  static func network<Network: InvertibleLayer>(_ network: Network, _ x: Activation, lastError: Double = 0) -> Matrix {
    var parts: [(slope: Double, local: Double)] = []
    _ = network.visitParts(x, prefix: "") { parts.append(errorOfPart($0)) }
    let error = parts.reversed().reduce(lastError) { $1.slope * $0 + $1.local }
    return forEachValue(x.matrix()) { _, _ in error }
  }

  private static func errorOfPart(_ part: LayerPart) -> (slope: Double, local: Double) {
    let rows = part.x.matrix()
    switch part.layer {
    case let layer as Actnorm:
      let smallest = layer.logScale.map { exponential(Double($0)) }.min() ?? 1
      return (1 / smallest, largest(actnorm(layer, rows)))
    case let layer as InvertibleConvolution:
      let sizes = magnitudes(layer.inverseWeight) * [Double](repeating: 1, count: layer.channels)
      return (sizes.max() ?? 0, largest(convolution(layer, rows)))
    case let layer as AdditiveCoupling<SmallConvolution>:
      // f is evaluated at another place, and so rounds anew: once here and once there.
      let f = layer.function.errorBounds(inputsUpTo: largest(rows))
      return (1 + f.slope, largest(additive(layer, part.x)) + 2 * f.rounding)
    case let layer as AffineCoupling<SmallConvolution>:
      // x₂ = (y₁ − t)·e^−ℓ moves by e^−ℓ·(δy + δt) + |x₂|·δℓ; |dℓ/dr| ≤ 1. ℓ is at most 2 and within 5 ulp, e^ℓ within 2: at
      // two places that is 48 roundings.
      let f = layer.function.errorBounds(inputsUpTo: largest(rows))
      let output = layer.function.evaluate(part.x.channels(0..<layer.split))
      let raw = output.channels((output.channels / 2)..<output.channels)
      let smallest = exponential(-largest(boundedLogScale(raw).matrix()))
      let size = largest(rows)
      return (
        max(1, (1 + f.slope) / smallest + size * f.slope),
        largest(affine(layer, part.x)) + 2 * f.rounding * (1 / smallest + size) + 48 * unitRoundoff * size
      )
    default: return (1, .infinity)
    }
  }

  private static func largest(_ matrix: Matrix) -> Double { matrix.values.reduce(0) { max($0, Double(abs($1))) } }

  private static func magnitudes(_ matrix: SquareMatrix) -> SquareMatrix {
    SquareMatrix(size: matrix.size, values: matrix.values.map { abs($0) })
  }

  private static func forEachValue(_ x: Matrix, _ bound: (_ sample: Int, _ value: Int) -> Double) -> Matrix {
    var result = Matrix(rows: x.rows, columns: x.columns)
    for sample in 0..<x.rows {
      for value in 0..<x.columns { result[sample, value] = Float(secondOrder * bound(sample, value)).nextUp }
    }
    return result
  }
}
