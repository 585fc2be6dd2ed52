import Foundation
import Kernels
import Testing

@testable import Datasets

@Suite struct MisalignedClassifierTests {
  @Test(arguments: [0.0, 1e-9, 0.1, 0.3025, 0.5, 0.9, 0.999])
  func incompleteBetaHasItsClosedForms(x: Double) {
    // I_x(1, ½) = 1 − √(1 − x), I_x(½, ½) = 2/π · asin √x, I_x(a, 1) = xᵃ.
    let tolerance = 1e-12
    #expect(abs(incompleteBeta(x, a: 1, b: 0.5) - (1 - (1 - x).squareRoot())) <= tolerance)
    #expect(abs(incompleteBeta(x, a: 0.5, b: 0.5) - 2 / Double.pi * asin(x.squareRoot())) <= tolerance)
    #expect(abs(incompleteBeta(x, a: 3.5, b: 1) - pow(x, 3.5)) <= tolerance)
  }

  @Test func incompleteBetaEndsAtOne() { #expect(incompleteBeta(1, a: 4, b: 0.5) == 1) }

  @Test func theErrorIsTheOneOfTwoDimensions() {
    // On a circle: the last coordinate's share of the error is an arc, P = 1 − 2/π · acos(q) with q = 0.55.
    let classifier = MisalignedClassifier(spheres: Spheres(dimension: 2, innerRadius: 1, outerRadius: 10))
    #expect(abs(classifier.errorProbability() - 0.5 * 2 / Double.pi * asin(0.55)) < 1e-12)
  }

  @Test func theErrorAgreesWithACount() {
    let spheres = Spheres(dimension: 5, innerRadius: 1, outerRadius: 2)
    let classifier = MisalignedClassifier(spheres: spheres)
    let count = 40_000
    let (points, classes) = spheres.samples(0..<count, from: RandomStream(seed: 5, name: "count"))
    let errors = zip(classifier.classify(points), classes).reduce(0) { $0 + ($1.0 == $1.1 ? 0 : 1) }
    let p = classifier.errorProbability()
    // Six standard errors of a binomial count; the expected count is in the thousands.
    #expect(abs(Double(errors) - p * Double(count)) < 6 * (p * Double(count)).squareRoot())
    #expect(p > 0.05)
  }

  @Test func theMoveReachesTheOuterSphereUnseen() {
    let spheres = Spheres(dimension: 10, innerRadius: 1, outerRadius: 10)
    let classifier = MisalignedClassifier(spheres: spheres)
    let (points, classes) = spheres.samples(0..<200, from: RandomStream(seed: 6, name: "move"))
    let moved = classifier.perturbed(points, classes: classes)
    #expect(classifier.classify(moved) == classifier.classify(points))
    for row in 0..<200 {
      let norm = (0..<10).reduce(0.0) { $0 + Double(moved[row, $1]) * Double(moved[row, $1]) }.squareRoot()
      #expect(spheres.oracle(norm: norm) == 1)
      #expect(abs(norm - 10) < 1e-5)
      #expect((0..<9).allSatisfy { moved[row, $0] == points[row, $0] })
    }
  }
}
