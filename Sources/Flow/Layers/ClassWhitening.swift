import Kernels

/// Whitening of the nuisance with the statistics of the class that the logits give:
///
///     z_s' = z_s,   z_n' = L_ŷ⁻¹·(z_n − μ_ŷ),   ŷ = argmax of the logits, which are a map of z_s
///
/// With μ and L·Lᵀ the mean and covariance of z_n in every class, z_n' has mean 0 and covariance 1 in all of them: a reader of
/// z_n' finds nothing of the class in its first two moments. A normal z_n' is the prior of the paper's equation 6 with a β and a
/// full Γ for every class. As z_s stays, the inverse knows the key: z_n = μ_ŷ + L_ŷ·z_n'.
///
/// Log-determinant: −ln |det L_ŷ|, where no two logits are equal and largest. Forward uses L⁻¹ of the very L that is stored, taken in
/// Double and rounded to Float; the round trip is within u·((2n + 4)·|L||L⁻¹||z_n − μ| + (n + 1)·|μ|) to first order, n
/// the dimensions of z_n, u = 2⁻²⁴. That grows as the condition number of L at most, the root of the covariance's, which
/// shrinkage keeps below √(n/s) after every number was divided by its deviation.
///
/// Cost: 2·n² operations a sample, with the samples of a class together in blocks of sixteen.
public struct ClassWhitening: InvertibleLayer {
  /// C, the number of classes and of logits.
  public let classes: Int
  /// n, the numbers in z_n.
  public let dimensions: Int
  /// How z_s becomes logits.
  public let logitMap: LogitMap
  private var maps: [Map]

  /// What is done to the nuisance of one class.
  private struct Map: Sendable {
    /// μ.
    var mean: [Float]
    /// L.
    let factor: Matrix
    /// L⁻¹ of `factor`.
    let inverse: Matrix
    /// ln |det L|.
    let logDeterminant: Double

    /// With a lower triangular L; what is stored above its diagonal is taken for zero.
    init(mean: [Float], factor: Matrix) {
      var lower = factor
      for row in 0..<lower.rows {
        for column in (row + 1)..<max(lower.columns, row + 1) { lower[row, column] = 0 }
      }
      self.mean = mean
      self.factor = lower
      inverse = SquareMatrix(lower).invertingLower().rounded()
      logDeterminant = (0..<lower.rows).reduce(0) { $0 + naturalLogarithm(Double(abs(lower[$1, $1]))) }
    }

    /// The map that changes nothing.
    init(identity dimensions: Int) {
      mean = [Float](repeating: 0, count: dimensions)
      factor = SquareMatrix.identity(size: dimensions).rounded()
      inverse = factor
      logDeterminant = 0
    }
  }

  /// The identity. Memory: 8·classes·dimensions² bytes once it is not.
  public init(classes: Int, dimensions: Int, logitMap: LogitMap = .fixed(1)) {
    precondition(
      classes >= 1 && dimensions >= 1, "class whitening: found \(classes) classes, \(dimensions) dimensions")
    self.classes = classes
    self.dimensions = dimensions
    self.logitMap = logitMap
    maps = Array(repeating: Map(identity: dimensions), count: classes)
  }

  /// The whitening of what the statistics are of, with the covariance (1 − s)·C + s·diag(C), s being the shrinkage.
  ///
  /// It shrinks towards the diagonal and not towards one number, as the dimensions of a flow's code differ in their deviation by
  /// orders of magnitude: a constant that regularises the large ones would drown the small ones, and leave the class in them.
  /// Throws `degenerate` where a class has no such covariance. Cost: ⅔·classes·dimensions³ operations; 10 classes of 1014
  /// numbers take a second.
  public init(
    _ statistics: ClassStatistics, shrinkage: Double, logitMap: LogitMap = .fixed(1)
  ) throws(InvertibilityError) {
    self.init(classes: statistics.classes, dimensions: statistics.dimensions, logitMap: logitMap)
    var statistics = statistics
    statistics.settle()
    if let fault = update(statistics, classes: Array(0..<classes), shrinkage: shrinkage) { throw fault }
  }

  /// Takes the maps of some classes from settled statistics. A class whose covariance has no inverse keeps its map; the first such
  /// fault is returned.
  mutating func update(
    _ statistics: ClassStatistics, classes chosen: [Int], shrinkage: Double
  ) -> InvertibilityError? {
    precondition((0...1).contains(shrinkage), "class whitening: found a shrinkage of \(shrinkage)")
    let found = Parallel.map(chosen.count) { index -> Result<Map, LinearAlgebraError> in
      let covariance = statistics.covariance(of: chosen[index], shrinkage: shrinkage)
      do throws(LinearAlgebraError) {
        let factor = try CholeskyDecomposition(covariance).factor.rounded()
        return .success(Map(mean: statistics.mean(of: chosen[index]), factor: factor))
      } catch {
        return .failure(error)
      }
    }
    var fault: InvertibilityError?
    for (label, result) in zip(chosen, found) {
      switch result {
      case .success(let map): maps[label] = map
      case .failure(.notPositiveDefinite(let pivot)), .failure(.singular(let pivot)):
        fault = fault ?? .degenerate(class: label, dimension: pivot)
      }
    }
    return fault
  }

  /// ŷ of every code: the first of equal largest logits.
  public static func keys(_ z: Activation, classes: Int, logitMap: LogitMap = .fixed(1)) -> [Int] {
    logitMap.evaluate(Activation(concatenating: [z.channels(0..<classes)])).argmaxChannels()
  }

  /// ŷ of every sample of the batch.
  public struct Tape {
    let keys: [Int]
  }

  /// y = F(x) and ln |det ∂y/∂x|; see `InvertibleLayer`.
  public func forward(_ x: Activation) -> (y: Activation, logDet: PerSample) {
    let (y, logDet, _) = forwardRecording(x)
    return (y, logDet)
  }

  /// x = F⁻¹(y) and ln |det ∂x/∂y|; see `InvertibleLayer`.
  public func inverse(_ y: Activation) -> (x: Activation, logDet: PerSample) {
    let keys = keys(y)
    let x = mapNuisance(y, keys) { dense($0.view, weight: $1.factor, bias: $1.mean) }
    return (x, -logDet(keys))
  }

  /// Like `forward`, with a tape.
  public func forwardRecording(_ x: Activation) -> (y: Activation, logDet: PerSample, tape: Tape) {
    let keys = keys(x)
    let (ones, zeros) = ([Float](repeating: 1, count: dimensions), [Float](repeating: 0, count: dimensions))
    let y = mapNuisance(x, keys) { nuisance, map in
      let centred = shiftThenScale(nuisance.view, shift: map.mean.map { -$0 }, scale: ones)
      return dense(centred.view, weight: map.inverse, bias: zeros)
    }
    return (y, logDet(keys), Tape(keys: keys))
  }

  /// Like `inverse`, with the tape that forward would have made.
  public func inverseRecording(_ y: Activation) -> (x: Activation, tape: Tape) {
    (inverse(y).x, Tape(keys: keys(y)))
  }

  /// ∂L/∂z_s stays, ∂L/∂z_n = L_ŷ⁻ᵀ·∂L/∂z_n'. The statistics are constants: `gradient` holds their own values after it, towards
  /// which an optimiser moves them by nothing.
  public func backward(
    _ tape: Tape, outputGradient: Activation, logDetGradient: PerSample, into gradient: inout ClassWhitening,
    _ accumulation: Accumulation
  ) -> Activation {
    gradient = self
    return backward(tape, outputGradient: outputGradient)
  }

  /// ∂L/∂x alone, for a learner whose optimiser does not hold the layer.
  public func backward(_ tape: Tape, outputGradient: Activation) -> Activation {
    mapNuisance(outputGradient, tape.keys) { denseInputGradient($0.view, weight: $1.inverse) }
  }

  /// Throws `singular` where an L has no inverse among finite numbers.
  public func checkInvertibility(prefix: String) throws(InvertibilityError) {
    for (label, map) in maps.enumerated() {
      for row in 0..<dimensions {
        let values = map.inverse.values[(row * dimensions)..<((row + 1) * dimensions)]
        guard map.factor[row, row] != 0 && values.allSatisfy(\.isFinite) else {
          throw .singular(layer: "\(prefix)factor.\(label)", pivot: row)
        }
      }
    }
  }

  /// Visits μ and L of every class; see `Parameterised`. What is above L's diagonal is zero.
  public mutating func visitParameters(prefix: String, _ visit: (Parameter, inout [Float]) -> Void) {
    for label in 0..<classes {
      visit(
        Parameter(name: "\(prefix)mean.\(label)", shape: [dimensions], kind: .statistic), &maps[label].mean)
      var values = maps[label].factor.values
      let shape = [dimensions, dimensions]
      visit(Parameter(name: "\(prefix)factor.\(label)", shape: shape, kind: .statistic), &values)
      // The inverse takes long, and mostly nobody changed anything.
      if values != maps[label].factor.values {
        let factor = Matrix(rows: dimensions, columns: dimensions, values: values)
        maps[label] = Map(mean: maps[label].mean, factor: factor)
      }
    }
  }

  private func keys(_ z: Activation) -> [Int] {
    precondition(
      z.valuesPerSample == classes + dimensions && z.channels == z.valuesPerSample,
      "class whitening: expected vectors of \(classes + dimensions), found \(z.shape)")
    return Self.keys(z, classes: classes, logitMap: logitMap)
  }

  private func logDet(_ keys: [Int]) -> PerSample {
    var result = PerSample(samples: keys.count)
    for (sample, key) in keys.enumerated() { result[sample] = Float(-maps[key].logDeterminant) }
    return result
  }

  /// z with another nuisance: what `transform` makes of each class's samples' together.
  private func mapNuisance(
    _ z: Activation, _ keys: [Int], _ transform: (Activation, Map) -> Activation
  ) -> Activation {
    let rows = z.matrix()
    var members = [[Int]](repeating: [], count: classes)
    for (sample, key) in keys.enumerated() { members[key].append(sample) }
    var results = Matrix(rows: z.samples, columns: dimensions)
    var places = [Int](repeating: 0, count: z.samples)
    var first = 0
    for (map, samples) in zip(maps, members) where !samples.isEmpty {
      let nuisance = Activation(gathering: samples, from: rows, columns: classes..<rows.columns)
      transform(nuisance, map).write(to: &results, firstRow: first)
      for (index, sample) in samples.enumerated() { places[sample] = first + index }
      first += samples.count
    }
    let nuisance = Activation(gathering: places, from: results)
    return Activation(concatenating: [z.channels(0..<classes), nuisance.view])
  }
}
