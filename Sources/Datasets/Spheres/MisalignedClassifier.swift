import Foundation
import Kernels

/// The classifier of Example 8 (paper, equation 7): D(x) = sign(‖x₁…x_{d−1}‖ − (R₁ + R₂)/2), which does not look at the
/// last coordinate.
public struct MisalignedClassifier: Sendable {
  /// The problem that it classifies.
  public let spheres: Spheres

  /// The classifier of a pair of spheres with d ≥ 2.
  public init(spheres: Spheres) {
    precondition(spheres.dimension >= 2, "misaligned classifier: expected d ≥ 2, found \(spheres.dimension)")
    self.spheres = spheres
  }

  /// The class that it gives to every row.
  public func classify(_ points: Matrix) -> [UInt8] {
    let threshold = (spheres.innerRadius + spheres.outerRadius) / 2
    return (0..<points.rows).map { row in
      let start = row * points.columns
      var square = 0.0
      for value in points.values[start..<(start + points.columns - 1)] { square += Double(value) * Double(value) }
      return square.squareRoot() < threshold ? 0 : 1
    }
  }

  /// Moves every point of the inner sphere to the outer one by its last coordinate alone; the others stay.
  public func perturbed(_ points: Matrix, classes: [UInt8]) -> Matrix {
    var moved = points
    for row in 0..<points.rows where classes[row] == 0 {
      let start = row * points.columns
      let last = start + points.columns - 1
      var square = 0.0
      for value in points.values[start..<last] { square += Double(value) * Double(value) }
      let radius = spheres.outerRadius
      let coordinate = max(radius * radius - square, 0).squareRoot()
      moved.values[last] = Float(points.values[last] < 0 ? -coordinate : coordinate)
    }
    return moved
  }

  /// The probability that a point is classified wrongly.
  ///
  /// A point of the inner sphere never is. A point of the outer one is when u² > 1 − (R₁ + R₂)²/(2R₂)², u its last
  /// coordinate over R₂; u² has the Beta(½, (d − 1)/2) distribution. Half the points lie on each sphere.
  public func errorProbability() -> Double {
    let ratio = (spheres.innerRadius + spheres.outerRadius) / (2 * spheres.outerRadius)
    // P(u² > 1 − q) = I_q((d − 1)/2, ½) by the symmetry of the incomplete beta function.
    return 0.5 * incompleteBeta(ratio * ratio, a: Double(spheres.dimension - 1) / 2, b: 0.5)
  }
}

/// The regularised incomplete beta function I_x(a, b) for 0 ≤ x ≤ 1, by its power series
/// xᵃ(1 − x)ᵇ / (a·B(a, b)) · Σ (a + b)ₙ/(a + 1)ₙ xⁿ, whose terms all are positive: no cancellation, however small.
func incompleteBeta(_ x: Double, a: Double, b: Double) -> Double {
  guard x > 0 else { return 0 }
  guard x < 1 else { return 1 }
  let logFront = a * log(x) + b * log1p(-x) - log(a) - (lgamma(a) + lgamma(b) - lgamma(a + b))
  var term = 1.0
  var sum = 1.0
  var n = 0.0
  while term > sum * 1e-17 {
    term *= (a + b + n) / (a + 1 + n) * x
    sum += term
    n += 1
  }
  return min(exp(logFront) * sum, 1)
}
