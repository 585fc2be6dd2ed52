import Flow
import Kernels

/// Half the distance from 1 to the next `Float`: the largest relative error of one rounding.
public let unitRoundoff = 0x1p-24

/// The one checker of the laws of `InvertibleLayer`, on one layer and one seeded batch of vectors or images.
///
/// It returns what is violated and asserts nothing, so that it can be tested itself on layers broken on purpose.
public struct LayerLaws<Layer: InvertibleLayer> {
  /// How far each value of inverse(forward(x)) may be from x: samples × channels, all zero for bit equality.
  public typealias RoundTripBound = (_ layer: Layer, _ x: Matrix) -> Matrix

  let layer: Layer
  /// A row for each sample: its values in the order `[y][x][channel]`.
  let x: Matrix
  /// The pixels of a sample.
  let pixels: (height: Int, width: Int)
  let seed: UInt64
  let roundings: Int
  private let roundTripBound: RoundTripBound

  /// A check of `layer` on `samples` standard normal vectors of `dimension` values, or images of as many.
  ///
  /// `roundings` is the length of the longest chain of operations from an input to an output. A sum of that many
  /// independent roundings deviates by √roundings·u (Higham & Mary 2019); six deviations are allowed.
  public init(
    _ layer: Layer, dimension: Int, height: Int = 1, width: Int = 1, samples: Int, seed: UInt64, roundings: Int,
    roundTripBound: @escaping RoundTripBound
  ) {
    self.layer = layer
    pixels = (height, width)
    self.seed = seed
    self.roundings = roundings
    self.roundTripBound = roundTripBound
    x = gaussianMatrix(rows: samples, columns: dimension, seed: seed, name: "laws: x")
  }

  /// All violations of all laws.
  public func violations() -> [Violation] {
    violationsOfEvaluation() + inputGradient() + parameterGradient() + recording() + accumulation()
  }

  /// Violations of laws 1 to 3, which concern `forward` and `inverse` alone: all that is promised of a layer that records
  /// something else, as batch norm does.
  public func violationsOfEvaluation() -> [Violation] { roundTrip() + oppositeLogDet() + jacobian() }

  /// Relative rounding error of a result of the layer.
  var relativeError: Double { 6 * Double(roundings).squareRoot() * unitRoundoff }

  /// Sizes of the numbers that a sample meets on its way, its log-determinant included, at least 1.
  var magnitudes: [Double] {
    let (output, logDet) = layer.forward(batch(x))
    let y = output.matrix()
    return (0..<x.rows).map { sample in
      (0..<x.columns).reduce(max(1, Double(abs(logDet[sample])))) {
        max($0, Double(abs(x[sample, $1])), Double(abs(y[sample, $1])))
      }
    }
  }

  /// Rows of values as the layer's input.
  func batch(_ rows: Matrix) -> Activation {
    Activation(rowsOf: rows)
      .reshaped(height: pixels.height, width: pixels.width, channels: rows.columns / (pixels.height * pixels.width))
  }

  func violation(_ law: Law, _ detail: String) -> Violation {
    Violation(law, "\(detail) (\(x.rows) samples of \(x.columns), seed \(seed))")
  }

  func roundTrip() -> [Violation] {
    let y = layer.forward(batch(x)).y
    let returned = layer.inverse(y).x.matrix()
    let bounds = roundTripBound(layer, x)
    guard returned.rows == x.rows && returned.columns == x.columns else {
      return [violation(.roundTrip, "inverse has shape \(returned.rows)×\(returned.columns)")]
    }
    for index in x.values.indices {
      let error = abs(Double(returned.values[index]) - Double(x.values[index]))
      // A negated comparison, so that NaN is a violation too.
      if !(error <= Double(bounds.values[index])) {
        let place = "sample \(index / x.columns), channel \(index % x.columns)"
        return [violation(.roundTrip, "\(place): off by \(error), allowed \(bounds.values[index])")]
      }
    }
    return []
  }

  func oppositeLogDet() -> [Violation] {
    let (y, forward) = layer.forward(batch(x))
    let inverse = layer.inverse(y).logDet
    // Parts of a network may cancel in the sum, and are rounded all the same.
    let sizes = magnitudes
    for sample in 0..<x.rows {
      let sum = Double(forward[sample]) + Double(inverse[sample])
      if !(abs(sum) <= 2 * relativeError * sizes[sample]) {
        return [violation(.oppositeLogDet, "sample \(sample): \(forward[sample]) + \(inverse[sample])")]
      }
    }
    return []
  }

  func jacobian() -> [Violation] {
    let noise = magnitudes.map { $0 * relativeError }
    let columns = (0..<x.columns).map { channel in
      slopes(noise: noise) { step in
        let (moved, positions) = x.moving(channel, by: step)
        return Sighting(positions: positions, quantities: layer.forward(batch(moved)).y.matrix().doubles)
      }
    }
    let logDet = layer.forward(batch(x)).logDet
    var resolved = 0
    for sample in 0..<x.rows {
      let measured = columns.compactMap { $0[sample] }
      guard measured.count == x.columns else { continue }
      resolved += 1
      var matrix = DoubleMatrix(size: x.columns)
      for (column, slope) in measured.enumerated() {
        for row in 0..<x.columns { matrix[row, column] = slope.values[row] }
      }
      let (expected, inverseNorm) = matrix.logDeterminant()
      let allowed = inverseNorm * (measured.map(\.error).max() ?? 0) + relativeError * abs(expected)
      if !(abs(Double(logDet[sample]) - expected) <= allowed) {
        return [violation(.jacobian, "sample \(sample): \(logDet[sample]), expected \(expected) ± \(allowed)")]
      }
    }
    return resolved * 4 >= x.rows * 3 ? [] : [violation(.jacobian, "only \(resolved) samples away from kinks")]
  }
}

extension Matrix {
  /// A copy with one column moved, and where that column now is.
  func moving(_ column: Int, by step: Float) -> (matrix: Matrix, positions: [Double]) {
    var copy = self
    for row in 0..<rows { copy[row, column] += step }
    return (copy, (0..<rows).map { Double(copy[$0, column]) })
  }

  /// The rows in Double.
  public var doubles: [[Double]] {
    (0..<rows).map { row in values[row * columns..<(row + 1) * columns].map { Double($0) } }
  }
}
