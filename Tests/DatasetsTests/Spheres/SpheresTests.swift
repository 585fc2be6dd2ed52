import Kernels
import Testing

@testable import Datasets

@Suite struct SpheresTests {
  private let spheres = Spheres(dimension: 20, innerRadius: 1, outerRadius: 10)
  private let stream = RandomStream(seed: 3, name: "test")

  private func norms(_ points: Matrix) -> [Double] {
    (0..<points.rows).map { row in
      (0..<points.columns).reduce(0.0) { $0 + Double(points[row, $1]) * Double(points[row, $1]) }.squareRoot()
    }
  }

  @Test func samplesAlternateAndLieOnTheirSpheres() {
    let (points, classes) = spheres.samples(0..<1000, from: stream)
    #expect(classes == (0..<1000).map { UInt8($0 % 2) })
    for (norm, label) in zip(norms(points), classes) {
      // Every coordinate is rounded once, by at most 2⁻²⁴ of itself, so the length is within that too.
      let radius = label == 0 ? 1.0 : 10.0
      #expect(abs(norm - radius) <= radius * 0x1p-24)
    }
  }

  @Test func aSampleDependsOnItsIndexAlone() {
    let whole = spheres.samples(0..<300, from: stream)
    let part = spheres.samples(117..<203, from: stream)
    #expect(Array(whole.points.values[(117 * 20)..<(203 * 20)]) == part.points.values)
    #expect(Array(whole.classes[117..<203]) == part.classes)
  }

  @Test func aLargeSetIsTheSameSequence() {
    let made = spheres.samples(count: 8200, from: stream)
    let whole = spheres.samples(0..<8200, from: stream)
    #expect(made.points == whole.points)
    #expect(made.classes == whole.classes)
  }

  @Test func directionsAreUniform() {
    let count = 20_000
    let points = spheres.samples(0..<count, from: stream).points
    for column in 0..<20 {
      // A coordinate over its radius has mean 0 and variance 1/d; six standard errors of both.
      var mean = 0.0
      var square = 0.0
      for row in 0..<count {
        let unit = Double(points[row, column]) / (row % 2 == 0 ? 1 : 10)
        mean += unit / Double(count)
        square += unit * unit / Double(count)
      }
      #expect(abs(mean) < 6 * (0.05 / Double(count)).squareRoot(), "column \(column)")
      #expect(abs(square - 0.05) < 6 * 0.05 * (2 / Double(count)).squareRoot(), "column \(column)")
    }
  }

  @Test func theOracleTakesTheNearerRadius() {
    #expect(spheres.oracle(norm: 0) == 0)
    #expect(spheres.oracle(norm: 5.49) == 0)
    #expect(spheres.oracle(norm: 5.51) == 1)
    #expect(spheres.oracle(norm: 80) == 1)
  }
}
