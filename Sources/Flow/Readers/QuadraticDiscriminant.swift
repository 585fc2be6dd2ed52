import Kernels

/// Quadratic discriminant analysis (Hastie, Tibshirani & Friedman 2009, section 4.3): a normal distribution for every class,
/// with a mean and a covariance of its own, weighted by how often the class occurs. A reader of a few numbers that needs
/// no training and few samples.
///
/// All sums are in Double and in the order of the samples, so that results are the same bits for any number of threads.
public struct QuadraticDiscriminant: Sendable {
  private struct Normal {
    let mean: [Double]
    let precision: SquareMatrix
    /// ln of the class's share, less half the log-determinant of its covariance.
    let constant: Double
  }

  /// Nil for a class that does not occur.
  private let normals: [Normal?]

  /// A reader of `samples`, one a row, with labels below `classes`.
  ///
  /// The covariance S of a class is divided by its number of samples and shrunk to (1 − s)·S + s·v·1, s being `shrinkage` and
  /// v the mean variance of a number within classes (after Friedman 1989): a class may have fewer samples than numbers.
  /// Cost: samples · columns² and classes · columns³ operations.
  /// - Throws: `LinearAlgebraError` where a covariance is not finite, or singular in spite of that.
  public init(
    _ samples: Matrix, labels: [UInt8], classes: Int, shrinkage: Double = 1e-4
  ) throws(LinearAlgebraError) {
    precondition(
      samples.rows == labels.count && samples.rows > 0, "discriminant: \(samples.rows) rows and \(labels.count) labels")
    let columns = samples.columns
    var means = [[Double]](repeating: [Double](repeating: 0, count: columns), count: classes)
    var counts = [Double](repeating: 0, count: classes)
    for (row, label) in labels.enumerated() {
      counts[Int(label)] += 1
      for column in 0..<columns { means[Int(label)][column] += Double(samples[row, column]) }
    }
    for label in 0..<classes where counts[label] > 0 { means[label] = means[label].map { $0 / counts[label] } }
    var scatters = [SquareMatrix](repeating: SquareMatrix(size: columns), count: classes)
    for (row, label) in labels.enumerated() {
      let difference = (0..<columns).map { Double(samples[row, $0]) - means[Int(label)][$0] }
      for one in 0..<columns {
        for other in 0..<columns { scatters[Int(label)][one, other] += difference[one] * difference[other] }
      }
    }
    let trace = scatters.reduce(0) { sum, scatter in (0..<columns).reduce(sum) { $0 + scatter[$1, $1] } }
    let variance = trace / Double(labels.count * max(columns, 1))
    var normals: [Normal?] = []
    for label in 0..<classes {
      guard counts[label] > 0 else {
        normals.append(nil)
        continue
      }
      var covariance = scatters[label]
      covariance.values = covariance.values.map { (1 - shrinkage) * $0 / counts[label] }
      // Samples that are all equal have no scale of their own.
      for column in 0..<columns { covariance[column, column] += variance > 0 ? shrinkage * variance : 1 }
      let factors = try LUDecomposition(covariance)
      normals.append(
        Normal(
          mean: means[label], precision: factors.inverse(),
          constant: naturalLogarithm(counts[label] / Double(labels.count)) - factors.logAbsoluteDeterminant / 2))
    }
    self.normals = normals
  }

  /// ln p(row, class) of every row and class, but for a constant of the row that makes the largest one 0: what softmax takes
  /// to the probabilities of the classes. A class that did not occur has a hundred nats less than the least likely one.
  public func logits(_ samples: Matrix) -> Activation {
    var logits = Matrix(rows: samples.rows, columns: normals.count)
    for row in 0..<samples.rows {
      let x = samples.values[(row * samples.columns)..<((row + 1) * samples.columns)].map { Double($0) }
      let densities = normals.map { normal in normal.map { Self.density(x, $0) } }
      let known = densities.compactMap { $0 }
      let (largest, least) = (known.max() ?? 0, known.min() ?? 0)
      for (label, density) in densities.enumerated() {
        logits[row, label] = Float((density ?? least - 100) - largest)
      }
    }
    return Activation(rowsOf: logits)
  }

  private static func density(_ x: [Double], _ normal: Normal) -> Double {
    let difference = zip(x, normal.mean).map { $0 - $1 }
    let distance = zip(difference, normal.precision * difference).reduce(0) { $0 + $1.0 * $1.1 }
    return normal.constant - distance / 2
  }
}
