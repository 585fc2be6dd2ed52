import Kernels

/// Mean and covariance of the vectors of every class, from running sums.
///
/// Vectors wait until there are 64 of a class, whose product with themselves is then added at once: one pass over a class's
/// matrix for 64 vectors, not for each. Their mean and that of what was there before differ, which Chan, Golub and LeVeque
/// (1979, equation 2.1) account for; as a vector more among the 64, it costs nothing.
///
/// Everything is kept as Float, as checkpoints are. A sum of N vectors has been rounded N/64 times, and each 64 vectors' product
/// is within γ₆₅ of its size, u = 2⁻²⁴.
public struct ClassStatistics: Sendable {
  /// Number of classes.
  public let classes: Int
  /// Numbers in a vector.
  public let dimensions: Int
  /// What the weight of a class's vectors is multiplied by with each later vector of the class: 1 for plain sums. It is applied to
  /// all 64 at once, which have equal weights among themselves.
  public let decay: Double

  private static let chunk = 64

  /// Σ of the weights.
  private var weights: [Float]
  private var means: [[Float]]
  /// Σ weight·(x − mean)(x − mean)ᵀ.
  private var scatters: [Matrix]
  /// Vectors that are not yet in the sums, a row each.
  private var waiting: [Matrix]
  private var waitingCounts: [Float]

  /// Statistics of nothing yet. Memory: 4·classes·dimensions² bytes.
  public init(classes: Int, dimensions: Int, decay: Double = 1) {
    precondition(
      classes >= 1 && dimensions >= 1 && decay > 0 && decay <= 1,
      "class statistics: found \(classes) classes of \(dimensions) numbers, decay \(decay)")
    self.classes = classes
    self.dimensions = dimensions
    self.decay = decay
    weights = [Float](repeating: 0, count: classes)
    waitingCounts = weights
    means = Array(repeating: [Float](repeating: 0, count: dimensions), count: classes)
    scatters = Array(repeating: Matrix(rows: dimensions, columns: dimensions), count: classes)
    waiting = Array(repeating: Matrix(rows: Self.chunk, columns: dimensions), count: classes)
  }

  /// Takes a batch of vectors, each of the class of its index. Cost: 2·dimensions² operations a vector, and a pass over
  /// dimensions² numbers for every 64 of a class (two with a decay).
  public mutating func observe(_ values: Activation, classes labels: [Int]) {
    precondition(
      values.valuesPerSample == dimensions && values.samples == labels.count,
      "class statistics: \(values.shape) and \(labels.count) classes for vectors of \(dimensions)")
    let rows = values.matrix().values
    for (row, label) in labels.enumerated() {
      precondition((0..<classes).contains(label), "class statistics: class \(label) of \(classes)")
      let start = Int(waitingCounts[label]) * dimensions
      waiting[label].values.replaceSubrange(
        start..<(start + dimensions), with: rows[(row * dimensions)..<((row + 1) * dimensions)])
      waitingCounts[label] += 1
      if Int(waitingCounts[label]) == Self.chunk { settle(label) }
    }
  }

  /// Adds all vectors that wait.
  mutating func settle() {
    for label in 0..<classes { settle(label) }
  }

  private mutating func settle(_ label: Int) {
    let count = Int(waitingCounts[label])
    guard count > 0 else { return }
    waitingCounts[label] = 0
    let factor = (0..<count).reduce(1.0) { value, _ in value * decay }
    let kept = factor * Double(weights[label])
    let total = kept + Double(count)
    let mean = Self.mean(waiting[label], rows: count)
    var rows = Matrix(rows: count + 1, columns: dimensions)
    for row in 0..<count {
      for column in 0..<dimensions { rows[row, column] = waiting[label][row, column] - mean[column] }
    }
    let between = (kept * Double(count) / total).squareRoot()
    let share = Double(count) / total
    for column in 0..<dimensions {
      let difference = Double(mean[column]) - Double(means[label][column])
      rows[count, column] = Float(between * difference)
      means[label][column] = Float(Double(means[label][column]) + share * difference)
    }
    if decay < 1 { scatters[label].scale(by: Float(factor)) }
    matmul(rows, .transposed, rows, .none, into: &scatters[label], .add)
    weights[label] = Float(total)
  }

  private static func mean(_ matrix: Matrix, rows: Int) -> [Float] {
    var sums = [Double](repeating: 0, count: matrix.columns)
    for row in 0..<rows {
      for column in 0..<matrix.columns { sums[column] += Double(matrix[row, column]) }
    }
    return sums.map { Float($0 / Double(rows)) }
  }

  /// Σ of the weights of a class's vectors; without a decay, how many there were.
  public func weight(of label: Int) -> Double { Double(weights[label]) + Double(waitingCounts[label]) }

  /// The mean of a class's settled vectors.
  func mean(of label: Int) -> [Float] { means[label] }

  /// The covariance of a class's settled vectors, with the correlations made smaller: (1 − s)·C + s·diag(C).
  func covariance(of label: Int, shrinkage: Double) -> SquareMatrix {
    let divisor = Double(max(weights[label], 1))
    let others = (1 - shrinkage) / divisor
    var result = SquareMatrix(size: dimensions, values: scatters[label].values.map { Double($0) * others })
    for index in 0..<dimensions { result[index, index] = Double(scatters[label][index, index]) / divisor }
    return result
  }

  /// Visits all of it, what waits included, for a checkpoint.
  mutating func visitState(prefix: String, _ visit: (Parameter, inout [Float]) -> Void) {
    visit(Parameter(name: prefix + "weights", shape: [classes], kind: .statistic), &weights)
    visit(Parameter(name: prefix + "waiting_counts", shape: [classes], kind: .statistic), &waitingCounts)
    for label in 0..<classes {
      func statistic(_ name: String, _ shape: [Int]) -> Parameter {
        Parameter(name: "\(prefix)\(name).\(label)", shape: shape, kind: .statistic)
      }
      visit(statistic("mean", [dimensions]), &means[label])
      visit(statistic("scatter", [dimensions, dimensions]), &scatters[label].values)
      visit(statistic("waiting", [Self.chunk, dimensions]), &waiting[label].values)
    }
  }
}

extension Matrix {
  /// Multiplies every element by a number.
  fileprivate mutating func scale(by factor: Float) {
    for index in values.indices { values[index] *= factor }
  }
}
