import Kernels

/// A square weight as W = Pᵀ·L·U (Kingma & Dhariwal 2018, section 3.2): P a fixed permutation, L unit lower triangular, U
/// upper triangular with the diagonal sign·e^logScale, signs fixed. So ln |det W| = Σ logScale, and no value of the
/// parameters makes W singular.
///
/// P and the signs are not parameters: a model rebuilt from its seed has them again.
public struct TriangularFactors: Sendable, Equatable {
  /// Row `order[i]` of W is row i of L·U.
  public let order: [Int]
  /// The signs of U's diagonal, 1 or −1.
  public let signs: [Float]
  /// L below the diagonal, row by row: (1,0), (2,0), (2,1), …
  public private(set) var lower: [Float]
  /// U above the diagonal, row by row: (0,1), (0,2), …, (1,2), …
  public private(set) var upper: [Float]
  /// ln |U| on the diagonal.
  public private(set) var logScale: [Float]

  /// The factors of a weight, rounded to Float. Throws `singular(pivot:)`.
  public init(_ weight: SquareMatrix) throws(LinearAlgebraError) {
    let decomposition = try LUDecomposition(weight)
    let factors = decomposition.factors
    let size = factors.size
    order = decomposition.order
    signs = (0..<size).map { factors[$0, $0] < 0 ? -1 : 1 }
    lower = (0..<size).flatMap { row in (0..<row).map { Float(factors[row, $0]) } }
    upper = (0..<size).flatMap { row in ((row + 1)..<size).map { Float(factors[row, $0]) } }
    logScale = (0..<size).map { Float(naturalLogarithm(abs(factors[$0, $0]))) }
  }

  /// Rows of W, which are also its columns.
  public var size: Int { order.count }

  /// ln |det W| in nats.
  public var logAbsoluteDeterminant: Double { logScale.reduce(0) { $0 + Double($1) } }

  /// W in Double. Cost: 2·size³ operations.
  public var weight: SquareMatrix {
    var inverseOrder = order
    for (row, source) in order.enumerated() { inverseOrder[source] = row }
    return (lowerMatrix * upperMatrix).permutingRows(inverseOrder)
  }

  /// As a gradient: takes the derivatives from ∂L/∂W and Σ ∂L/∂ln |det W| at `factors`: with G = P·∂L/∂W,
  /// ∂L/∂L = G·Uᵀ below and ∂L/∂U = Lᵀ·G on and above the diagonal. Cost: 4·size³ operations.
  mutating func setGradient(
    at factors: TriangularFactors, weightGradient: SquareMatrix, logDetGradient: Double, _ accumulation: Accumulation
  ) {
    let permuted = weightGradient.permutingRows(factors.order)
    let dlower = permuted * factors.upperMatrix.transposed()
    let dupper = factors.lowerMatrix.transposed() * permuted
    let size = factors.size
    lower.accumulate((0..<size).flatMap { row in (0..<row).map { Float(dlower[row, $0]) } }, accumulation)
    upper.accumulate((0..<size).flatMap { row in ((row + 1)..<size).map { Float(dupper[row, $0]) } }, accumulation)
    let diagonal = factors.diagonal
    logScale.accumulate(
      (0..<size).map { Float(dupper[$0, $0] * diagonal[$0] + logDetGradient) }, accumulation)
  }

  mutating func visitParameters(prefix: String, _ visit: (Parameter, inout [Float]) -> Void) {
    visit(Parameter(name: prefix + "lower", shape: [lower.count]), &lower)
    visit(Parameter(name: prefix + "upper", shape: [upper.count]), &upper)
    visit(Parameter(name: prefix + "logScale", shape: [logScale.count]), &logScale)
  }

  private var diagonal: [Double] { zip(signs, logScale).map { Double($0) * exponential(Double($1)) } }

  private var lowerMatrix: SquareMatrix {
    var result = SquareMatrix.identity(size: size)
    var place = 0
    for row in 0..<size {
      for column in 0..<row {
        result[row, column] = Double(lower[place])
        place += 1
      }
    }
    return result
  }

  private var upperMatrix: SquareMatrix {
    var result = SquareMatrix(size: size)
    var place = 0
    for (row, value) in diagonal.enumerated() {
      result[row, row] = value
      for column in (row + 1)..<size {
        result[row, column] = Double(upper[place])
        place += 1
      }
    }
    return result
  }
}
