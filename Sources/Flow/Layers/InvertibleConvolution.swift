import Kernels

/// An invertible 1×1 convolution, y = W·x in every pixel (Kingma & Dhariwal 2018, section 3.2).
///
/// W is a parameter itself (`plain`), made of triangular factors (`factored`), or not trained (`fixed`). Log-determinant: height·width·ln |det W|,
/// in Double. Forward uses W rounded to Float; inverse uses the inverse of that very matrix, taken in Double and rounded
/// to Float. So the round trip is within (2·γ + u)·|W⁻¹||W||x| to first order, γ = channels·u, u = 2⁻²⁴.
///
/// Cost: 2·channels² operations a pixel, and about 4·channels³ a call for W and its inverse, which are not kept.
public struct InvertibleConvolution: InvertibleLayer {
  /// What the parameters are.
  public enum Parameterisation: String, Sendable, CaseIterable {
    /// W, channels × channels.
    case plain
    /// Triangular factors of W: never singular, and a log-determinant that is a sum.
    case factored
    /// None: W stays as it is made, and a model rebuilt from its seed has it again.
    case fixed
  }

  private enum Weight: Sendable {
    case plain(Matrix)
    case factored(TriangularFactors)
    case fixed(Matrix)
  }

  private var parameters: Weight

  /// A uniformly random rotation or reflection, from the first channels² numbers of `random`.
  public init(channels: Int, parameterisation: Parameterisation = .factored, random: RandomStream) {
    precondition(channels >= 1, "1×1 convolution: expected at least 1 channel, found \(channels)")
    do {
      try self.init(
        weight: SquareMatrix.randomOrthogonal(size: channels, random: random), parameterisation: parameterisation,
        name: "1×1 convolution")
    } catch {
      preconditionFailure("an orthogonal matrix is not singular: \(error)")
    }
  }

  /// A convolution with the weight given, outputs × inputs. Throws `singular` with the layer's `name`.
  public init(
    weight: SquareMatrix, parameterisation: Parameterisation, name: String
  ) throws(InvertibilityError) {
    do {
      switch parameterisation {
      case .plain: parameters = .plain(weight.rounded())
      case .factored: parameters = .factored(try TriangularFactors(weight))
      case .fixed: parameters = .fixed(weight.rounded())
      }
    } catch {
      throw InvertibilityError(error, layer: name)
    }
    try checkInvertibility(prefix: name)
  }

  /// Number of channels.
  public var channels: Int {
    switch parameters {
    case .plain(let matrix), .fixed(let matrix): matrix.rows
    case .factored(let factors): factors.size
    }
  }

  /// W as forward uses it.
  public var weight: Matrix {
    switch parameters {
    case .plain(let matrix), .fixed(let matrix): matrix
    case .factored(let factors): factors.weight.rounded()
    }
  }

  /// The inverse of `weight`, taken in Double; NaN throughout if a weight is not finite, so that a training that diverged
  /// is found out by its loss.
  public var inverseWeight: SquareMatrix {
    let matrix = SquareMatrix(weight)
    guard matrix.values.allSatisfy(\.isFinite) else {
      return SquareMatrix(size: matrix.size, values: matrix.values.map { _ in .nan })
    }
    return decomposition(matrix).inverse()
  }

  /// The input, and W.
  public struct Tape {
    let x: Activation
    let weight: Matrix
  }

  /// y = F(x) and ln |det ∂y/∂x|; see `InvertibleLayer`.
  public func forward(_ x: Activation) -> (y: Activation, logDet: PerSample) {
    (product(weight, x), logDet(x))
  }

  /// x = F⁻¹(y) and ln |det ∂x/∂y|; see `InvertibleLayer`.
  public func inverse(_ y: Activation) -> (x: Activation, logDet: PerSample) {
    (product(inverseWeight.rounded(), y), -logDet(y))
  }

  /// Like `forward`, with a tape.
  public func forwardRecording(_ x: Activation) -> (y: Activation, logDet: PerSample, tape: Tape) {
    let weight = weight
    return (product(weight, x), logDet(x), Tape(x: x, weight: weight))
  }

  /// Like `inverse`, with the tape that forward would have made.
  public func inverseRecording(_ y: Activation) -> (x: Activation, tape: Tape) {
    let x = inverse(y).x
    return (x, Tape(x: x, weight: weight))
  }

  /// ∂L/∂x = Wᵀ·∂L/∂y, and ∂L/∂W = Σ ∂L/∂y·xᵀ + height·width·Σ ∂L/∂logDet·W⁻ᵀ, carried on to the factors.
  public func backward(
    _ tape: Tape, outputGradient: Activation, logDetGradient: PerSample, into gradient: inout InvertibleConvolution,
    _ accumulation: Accumulation
  ) -> Activation {
    let x = tape.x
    if case .fixed = parameters { return inputGradient(tape, outputGradient) }
    var dweight = Matrix(rows: channels, columns: channels)
    var unused = [Float](repeating: 0, count: channels)
    convolutionWeightGradient(
      x.view, outputGradient: outputGradient.view, Self.geometry, weight: &dweight, bias: &unused, .replace)
    let dlogDet = Double(x.height * x.width) * logDetGradient.total
    switch (parameters, gradient.parameters) {
    case (.plain, .plain(var held)):
      var values = dweight.values
      if dlogDet != 0 {
        let transposed = inverseWeight.transposed().values
        values = zip(values, transposed).map { Float(Double($0) + dlogDet * $1) }
      }
      held.values.accumulate(values, accumulation)
      gradient.parameters = .plain(held)
    case (.factored(let factors), .factored(var held)):
      held.setGradient(
        at: factors, weightGradient: SquareMatrix(dweight), logDetGradient: dlogDet, accumulation)
      gradient.parameters = .factored(held)
    default: preconditionFailure("1×1 convolution: a gradient of another parameterisation")
    }
    return inputGradient(tape, outputGradient)
  }

  /// Wᵀ·∂L/∂y.
  private func inputGradient(_ tape: Tape, _ outputGradient: Activation) -> Activation {
    convolutionInputGradient(
      outputGradient.view, weight: tape.weight, Self.geometry, height: tape.x.height, width: tape.x.width)
  }

  /// Visits every parameter; see `Parameterised`.
  public mutating func visitParameters(prefix: String, _ visit: (Parameter, inout [Float]) -> Void) {
    switch parameters {
    case .plain(var matrix):
      visit(Parameter(name: prefix + "weight", shape: [matrix.rows, matrix.columns]), &matrix.values)
      parameters = .plain(matrix)
    case .factored(var factors):
      factors.visitParameters(prefix: prefix, visit)
      parameters = .factored(factors)
    case .fixed: break
    }
  }

  /// Throws `singular` unless `weight` has an inverse; see `InvertibleLayer`.
  public func checkInvertibility(prefix: String) throws(InvertibilityError) {
    do {
      _ = try LUDecomposition(SquareMatrix(weight))
    } catch {
      throw InvertibilityError(error, layer: prefix)
    }
  }

  private static let geometry = Convolution(kernel: 1)

  private func product(_ weight: Matrix, _ x: Activation) -> Activation {
    precondition(x.channels == weight.columns, "1×1 convolution: expected \(weight.columns) channels, found \(x.shape)")
    let none = [Float](repeating: 0, count: weight.rows)
    return convolution(x.view, weight: weight, bias: none, Self.geometry)
  }

  private func logDet(_ x: Activation) -> PerSample {
    let value: Double
    switch parameters {
    case .plain(let matrix), .fixed(let matrix):
      let isFinite = matrix.values.allSatisfy(\.isFinite)
      value = isFinite ? decomposition(SquareMatrix(matrix)).logAbsoluteDeterminant : .nan
    case .factored(let factors): value = factors.logAbsoluteDeterminant
    }
    return PerSample(samples: x.samples, repeating: Float(Double(x.height * x.width) * value))
  }

  private func decomposition(_ matrix: SquareMatrix) -> LUDecomposition {
    do {
      return try LUDecomposition(matrix)
    } catch {
      preconditionFailure("1×1 convolution: \(error)")
    }
  }
}

extension InvertibilityError {
  /// The same fault, with the layer's name; the dot that its properties' names would have is left out.
  init(_ error: LinearAlgebraError, layer: String) {
    switch error {
    case .singular(let pivot), .notPositiveDefinite(let pivot):
      self = .singular(layer: layer.hasSuffix(".") ? String(layer.dropLast()) : layer, pivot: pivot)
    }
  }
}
