import Flow
import Kernels
import TestSupport
import Testing

struct QuadraticDiscriminantTests {
  /// Class 0 at 0 and 2: mean 1, variance 1. Class 1 at 4 and 8: mean 6, variance 4. At 3, ln p is ln ½ − 2 and
  /// ln ½ − ½ ln 4 − 9/8, but for the same constant; at −1, ln ½ − 2 and ln ½ − ½ ln 4 − 49/8.
  @Test func oneNumberByHand() throws {
    let reader = try QuadraticDiscriminant(
      Matrix(rows: 4, columns: 1, values: [0, 4, 2, 8]), labels: [0, 1, 0, 1], classes: 2, shrinkage: 0)
    let logits = reader.logits(Matrix(rows: 2, columns: 1, values: [3, -1])).matrix()
    let expected: [Float] = [-2 + 0.693_147_2 + 1.125, 0, 0, -0.693_147_2 - 6.125 + 2]
    for (found, expected) in zip(logits.values, expected) { #expect(abs(found - expected) < 1e-6) }
  }

  /// Class 0 at the corners of a square of side 2 around (1, 1): covariance 1. Class 1 at (5, 0) ± (2, 1) and ± (0, 1):
  /// covariance [2 1; 1 1] of determinant 1, inverse [1 −1; −1 2]. At (2, 1) the squared distances are 1 and 9 + 6 + 2.
  /// Class 1 occurs twice as often, by having its points twice.
  @Test func correlatedNumbersByHand() throws {
    let square: [Float] = [0, 0, 0, 2, 2, 0, 2, 2]
    let slanted: [Float] = [7, 1, 3, -1, 5, 1, 5, -1]
    let reader = try QuadraticDiscriminant(
      Matrix(rows: 12, columns: 2, values: slanted + square + slanted),
      labels: [UInt8](repeating: 1, count: 4) + [UInt8](repeating: 0, count: 4) + [UInt8](repeating: 1, count: 4),
      classes: 2, shrinkage: 0)
    let logits = reader.logits(Matrix(rows: 1, columns: 2, values: [2, 1])).matrix()
    #expect(logits[0, 0] == 0)
    #expect(abs(logits[0, 1] - (0.693_147_2 - 8)) < 1e-6)
  }

  /// The mean variance within classes is v = 2.5 (10 / 4), so that with s = ½ the variances are ½ + 1.25 and 2 + 1.25.
  @Test func covariancesShrinkToTheMeanVariance() throws {
    let reader = try QuadraticDiscriminant(
      Matrix(rows: 4, columns: 1, values: [0, 2, 4, 8]), labels: [0, 0, 1, 1], classes: 2, shrinkage: 0.5)
    let logits = reader.logits(Matrix(rows: 1, columns: 1, values: [3])).matrix()
    let ratio = naturalLogarithm(1.75 / 3.25) / 2
    #expect(abs(Double(logits[0, 0] - logits[0, 1]) - (-4 / 3.5 + 9 / 6.5 - ratio)) < 1e-6)
  }

  @Test("Classes of one sample, of none, and samples that are all equal")
  func fewSamples() throws {
    let reader = try QuadraticDiscriminant(
      Matrix(rows: 5, columns: 2, values: [0, 0, 1, 0, 0, 1, 1, 1, 9, 9]), labels: [0, 0, 0, 0, 2], classes: 4)
    let logits = reader.logits(Matrix(rows: 2, columns: 2, values: [0.5, 0.4, 9, 9]))
    #expect(logits.argmaxChannels() == [0, 2])
    #expect(logits.firstNonFinite() == nil)
    let equal = try QuadraticDiscriminant(Matrix(rows: 3, columns: 2, repeating: 4), labels: [1, 1, 0], classes: 2)
    #expect(equal.logits(Matrix(rows: 1, columns: 2, repeating: 4)).argmaxChannels() == [1])
    #expect(throws: LinearAlgebraError.self) {
      try QuadraticDiscriminant(Matrix(rows: 2, columns: 1, values: [.infinity, 0]), labels: [0, 1], classes: 2)
    }
  }

  /// 3000 samples that know nothing of ten classes: 90 % wrong, with a deviation of 0.55 %.
  @Test func independentLabelsAreNotRead() throws {
    let samples = gaussianMatrix(rows: 6000, columns: 4, seed: 3, name: "samples")
    let stream = RandomStream(seed: 3, name: "labels")
    let labels = (0..<6000).map { UInt8(stream.integer(below: 10, at: UInt64($0))) }
    let half = Matrix(rows: 3000, columns: 4, values: Array(samples.values[..<12_000]))
    let held = Matrix(rows: 3000, columns: 4, values: Array(samples.values[12_000...]))
    let reader = try QuadraticDiscriminant(half, labels: Array(labels[..<3000]), classes: 10)
    let (nats, correct, _) = softmaxCrossEntropy(reader.logits(held), labels: Array(labels[3000...]))
    #expect(abs(1 - Double(correct) / 3000 - 0.9) < 0.033, "six deviations")
    #expect(nats > 2.30)
  }
}
