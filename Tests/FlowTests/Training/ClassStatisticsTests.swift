import Kernels
import TestSupport
import Testing

@testable import Flow

struct ClassStatisticsTests {
  private static let classes = 3
  private static let dimensions = 5

  /// Correlated vectors, each class with a mean of its own.
  private let rows: Matrix = {
    var rows = gaussianMatrix(rows: 500, columns: dimensions, seed: 71, name: "vectors")
    for row in 0..<500 {
      for column in 1..<dimensions { rows[row, column] += 0.7 * rows[row, column - 1] + Float(row % classes) }
    }
    return rows
  }()

  private let labels = (0..<500).map { $0 % classes }

  private func statistics(batch: Int) -> ClassStatistics {
    var result = ClassStatistics(classes: Self.classes, dimensions: Self.dimensions)
    forEachBatch(of: 500, size: batch) { range in
      result.observe(Activation(gathering: Array(range), from: rows), classes: Array(labels[range]))
    }
    result.settle()
    return result
  }

  /// Against two passes in Double. A product of 64 vectors with themselves rounds 65 times, the sums as often as there are of
  /// them, factors twice; means of at most four deviations, rounded, add 16 at most. Σ|xᵢxⱼ| is at most the root of Σxᵢ²·Σxⱼ².
  @Test func areThoseOfTwoPasses() {
    let found = statistics(batch: 33)
    for label in 0..<Self.classes {
      let members = (0..<500).filter { labels[$0] == label }
      let count = Double(members.count)
      let means = (0..<Self.dimensions).map { column in
        members.reduce(0) { $0 + Double(rows[$1, column]) } / count
      }
      func covariance(_ i: Int, _ j: Int) -> Double {
        members.reduce(0) { $0 + (Double(rows[$1, i]) - means[i]) * (Double(rows[$1, j]) - means[j]) } / count
      }
      let matrix = found.covariance(of: label, shrinkage: 0)
      let shrunk = found.covariance(of: label, shrinkage: 0.25)
      #expect(found.weight(of: label) == count)
      for i in 0..<Self.dimensions {
        #expect(abs(Double(found.mean(of: label)[i]) - means[i]) <= 4 * unitRoundoff * (1 + abs(means[i])))
        for j in 0..<Self.dimensions {
          let size = (covariance(i, i) * covariance(j, j)).squareRoot()
          #expect(
            abs(matrix[i, j] - covariance(i, j)) <= (65 + 3 + 2 + 16) * unitRoundoff * size, "seed 71, \(i), \(j)")
          #expect(abs(shrunk[i, j] - (i == j ? 1 : 0.75) * matrix[i, j]) <= 1e-15 * size)
        }
      }
    }
  }

  /// What is added at once are 64 vectors of a class, however they came.
  @Test func batchesDoNotMatter() {
    let (one, other) = (statistics(batch: 7), statistics(batch: 500))
    for label in 0..<Self.classes {
      #expect(one.mean(of: label) == other.mean(of: label))
      #expect(one.covariance(of: label, shrinkage: 0) == other.covariance(of: label, shrinkage: 0))
    }
  }

  /// 64 ones, then 64 threes, with a decay of ½ over 64: weights 32 and 64, mean (32 + 192)/96 = 7/3, variance
  /// (32·(4/3)² + 64·(2/3)²)/96 = 8/9.
  @Test func laterVectorsCountMore() {
    var decay = 0.5
    for _ in 0..<6 { decay = decay.squareRoot() }
    var found = ClassStatistics(classes: 1, dimensions: 1, decay: decay)
    for value: Float in [1, 3] {
      found.observe(
        Activation(samples: 64, channels: 1, repeating: value), classes: [Int](repeating: 0, count: 64))
    }
    #expect(abs(found.weight(of: 0) - 96) < 1e-4)
    #expect(abs(found.mean(of: 0)[0] - 7.0 / 3) < 4 * 0x1p-23)
    #expect(abs(found.covariance(of: 0, shrinkage: 0)[0, 0] - 8.0 / 9) < 8 * 0x1p-24)
  }
}
