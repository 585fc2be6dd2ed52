/// What can go wrong in linear algebra.
public enum LinearAlgebraError: Error, Equatable, Sendable, CustomStringConvertible {
  /// No usable pivot in the given step of an elimination, counted from 0: every candidate was zero or not finite.
  case singular(pivot: Int)
  /// A pivot of a Cholesky decomposition, counted from 0, is not a positive finite number.
  case notPositiveDefinite(pivot: Int)

  /// The error in words.
  public var description: String {
    switch self {
    case .singular(let pivot): "the matrix is singular: no pivot in column \(pivot)"
    case .notPositiveDefinite(let pivot): "the matrix is not positive definite: no pivot in column \(pivot)"
    }
  }
}
