import Foundation
import Kernels
import TestSupport
import Testing

@testable import Flow

/// What the laws of layers do not say of `ClassWhitening`.
struct ClassWhiteningTests {
  /// Two classes of two dimensions with given statistics.
  private func layer(_ means: [[Float]], _ factors: [[Float]]) -> ClassWhitening {
    var layer = ClassWhitening(classes: means.count, dimensions: means[0].count)
    var index = 0
    layer.visitParameters { _, values in
      values = index % 2 == 0 ? means[index / 2] : factors[index / 2]
      index += 1
    }
    return layer
  }

  /// Key 0: (3, 7) − (1, 2) = (2, 5), 2/2 = 1, (5 − 1·1)/4 = 1, −ln 8. Key 1: (3, 7/½), ln 2. Of two equal logits the first is
  /// the key. What is put above a diagonal is dropped.
  @Test func literalValues() {
    let layer = layer([[1, 2], [0, 0]], [[2, 9, 1, 4], [1, 0, 0, 0.5]])
    let z = Matrix(rows: 3, columns: 4, values: [5, 0, 3, 7, 0, 5, 3, 7, 5, 5, 3, 7])
    let (y, logDet) = layer.forward(Activation(rowsOf: z))
    #expect(y.matrix().values == [5, 0, 1, 1, 0, 5, 3, 14, 5, 5, 1, 1])
    for (sample, expected) in [-Foundation.log(8.0), Foundation.log(2.0), -Foundation.log(8.0)].enumerated() {
      #expect(abs(Double(logDet[sample]) - expected) <= unitRoundoff * 4)
    }
    #expect(layer.inverse(y).x.matrix() == z)
    #expect(layer.parameters()[1].values == [2, 0, 1, 4])
  }

  /// With γ = (1, −1) and β = 0 the smaller of two logits is the larger number's.
  @Test func theKeyIsThatOfTheLogits() {
    var map = LogitMap.learned(classes: 2)
    map.visitParameters { parameter, values in if parameter.name == "scale" { values = [1, -1] } }
    let z = Activation(rowsOf: Matrix(rows: 2, columns: 3, values: [1, 2, 0, -1, -2, 0]))
    #expect(ClassWhitening.keys(z, classes: 2) == [1, 0])
    #expect(ClassWhitening.keys(z, classes: 2, logitMap: map) == [0, 1])
    var layer = ClassWhitening(classes: 2, dimensions: 1, logitMap: map)
    var index = 0
    layer.visitParameters { _, values in
      values = [[3], [1], [5], [1]][index]
      index += 1
    }
    #expect(layer.forward(z).y.matrix().values == [1, 2, -3, -1, -2, -5])
  }

  /// Codes of three classes with a covariance of their own each.
  private func codes(samples: Int) -> Matrix {
    var rows = gaussianMatrix(rows: samples, columns: 3 + 6, seed: 81, name: "codes")
    for row in 0..<samples {
      let key = row % 3
      rows[row, key] = 9
      for column in 4..<9 {
        rows[row, column] = rows[row, column] * Float(1 + key) + 0.6 * rows[row, column - 1] + Float(key)
      }
    }
    return rows
  }

  private func statistics(_ rows: Matrix) -> ClassStatistics {
    var statistics = ClassStatistics(classes: 3, dimensions: 6)
    let z = Activation(rowsOf: rows)
    statistics.observe(ReadOut(classes: 3).nuisance(z), classes: ClassWhitening.keys(z, classes: 3))
    return statistics
  }

  /// The codes that the statistics are of have mean 0 and covariance 1 in every class. Statistics are rounded some 90 times, a
  /// product of six terms twice seven; both matter as the condition number.
  @Test func codesBecomeWhite() throws {
    let rows = codes(samples: 600)
    let statistics = statistics(rows)
    let layer = try ClassWhitening(statistics, shrinkage: 0)
    let y = layer.forward(Activation(rowsOf: rows)).y.matrix()
    for key in 0..<3 {
      let members = Array(stride(from: key, to: 600, by: 3))
      let factor = try CholeskyDecomposition(statistics.settledCovariance(of: key)).factor
      func norm(_ matrix: SquareMatrix) -> Double { matrix.values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
      let condition = norm(factor) * norm(factor.invertingLower())
      let allowed = 110 * unitRoundoff * condition * condition
      for i in 0..<6 {
        let mean = members.reduce(0) { $0 + Double(y[$1, 3 + i]) } / 200
        #expect(abs(mean) <= allowed, "seed 81")
        for j in 0...i {
          let product = members.reduce(0) { $0 + Double(y[$1, 3 + i]) * Double(y[$1, 3 + j]) } / 200
          #expect(abs(product - (i == j ? 1 : 0)) <= allowed, "seed 81, class \(key): \(i), \(j)")
        }
      }
      #expect(allowed < 0.01, "a bound this wide would prove nothing")
    }
  }

  /// Twice (1, 1) and twice (−1, −1): the covariance is all ones and has no inverse; with its correlation at 0.6 it is L·Lᵀ with
  /// L = (1, 0; 0.6, 0.8).
  @Test func shrinkageMakesCorrelationsSmaller() throws {
    var statistics = ClassStatistics(classes: 1, dimensions: 2)
    statistics.observe(
      Activation(rowsOf: Matrix(rows: 4, columns: 2, values: [1, 1, -1, -1, 1, 1, -1, -1])), classes: [0, 0, 0, 0])
    let fault = InvertibilityError.degenerate(class: 0, dimension: 1)
    #expect(throws: fault) { try ClassWhitening(statistics, shrinkage: 0) }
    #expect(
      fault.description == "the covariance of class 0 is not positive definite at dimension 1: its codes are too few, "
        + "or do not vary there")
    let factor = try ClassWhitening(statistics, shrinkage: 0.4).parameters()[1].values
    #expect(zip(factor, [1, 0, 0.6, 0.8] as [Float]).allSatisfy { abs($0 - $1) <= 0x1p-24 })
  }

  /// A class without codes has no covariance.
  @Test func aClassWithoutCodesIsRefused() {
    var statistics = ClassStatistics(classes: 2, dimensions: 1)
    statistics.observe(Activation(rowsOf: Matrix(rows: 2, columns: 1, values: [1, 2])), classes: [0, 0])
    #expect(throws: InvertibilityError.degenerate(class: 1, dimension: 0)) {
      try ClassWhitening(statistics, shrinkage: 0.5)
    }
  }

  /// What is computed together with others of its class, and where, does not matter.
  @Test func samplesAreIndependent() throws {
    let rows = codes(samples: 37)
    let layer = try ClassWhitening(statistics(codes(samples: 600)), shrinkage: 0.01)
    let z = Activation(rowsOf: rows)
    let (y, logDet, tape) = layer.forwardRecording(z)
    let dx = layer.backward(tape, outputGradient: y)
    for sample in [0, 5, 36] {
      let alone = Activation(gathering: [sample], from: rows)
      let (own, ownLogDet, ownTape) = layer.forwardRecording(alone)
      let start = sample * 9
      #expect(sameBits(own.matrix().values, Array(y.matrix().values[start..<(start + 9)])))
      #expect(ownLogDet[0] == logDet[sample])
      let gradient = layer.backward(ownTape, outputGradient: own).matrix().values
      #expect(sameBits(gradient, Array(dx.matrix().values[start..<(start + 9)])))
    }
    // Gradients are zero beyond the last sample: a sum over all lanes sees what is there.
    let sums = channelSums(dx.view)
    for column in 3..<9 {
      let expected = (0..<37).reduce(0) { $0 + Double(dx[$1, column]) }
      let size = (0..<37).reduce(0) { $0 + abs(Double(dx[$1, column])) }
      #expect(abs(Double(sums[column]) - expected) <= 37 * unitRoundoff * size)
    }
  }

  /// Statistics are constants to an optimiser.
  @Test func anOptimiserLeavesThem() throws {
    var layer = try ClassWhitening(statistics(codes(samples: 600)), shrinkage: 0.01)
    let before = layer.parameters().map(\.values)
    var gradient = filled(layer, with: 3)
    let (y, _, tape) = layer.forwardRecording(Activation(rowsOf: codes(samples: 20)))
    _ = layer.backward(
      tape, outputGradient: y, logDetGradient: PerSample(samples: 20, repeating: 1), into: &gradient, .add)
    var optimiser = Adam(learningRate: 0.1)
    optimiser.update(&layer, gradient: &gradient)
    #expect(layer.parameters().map(\.values) == before)
    #expect(layer.parameterCount() == 0)
  }

  @Test func factorsWithoutInverseAreFound() throws {
    let factors: [[Float]] = [[1, 0, 0, 1], [1, 0, 3, 0]]
    try layer([[0, 0], [0, 0]], [factors[0], factors[0]]).checkInvertibility(prefix: "")
    #expect(throws: InvertibilityError.singular(layer: "whitening.factor.1", pivot: 1)) {
      try layer([[0, 0], [0, 0]], factors).checkInvertibility(prefix: "whitening.")
    }
  }
}

extension ClassStatistics {
  fileprivate func settledCovariance(of label: Int) -> SquareMatrix {
    var copy = self
    copy.settle()
    return copy.covariance(of: label, shrinkage: 0)
  }
}
