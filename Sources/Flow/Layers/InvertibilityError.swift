/// A layer that cannot be inverted with the parameters that it was given.
public enum InvertibilityError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The weight of the layer of that name has no pivot in a step of its elimination, counted from 0.
  case singular(layer: String, pivot: Int)
  /// The covariance of a class is not positive definite: a pivot of its decomposition is not positive.
  case degenerate(class: Int, dimension: Int)

  /// The layer or class and the pivot, in words.
  public var description: String {
    switch self {
    case .singular(let layer, let pivot): "the weight of \(layer) is singular: no pivot in column \(pivot)"
    case .degenerate(let label, let dimension):
      """
      the covariance of class \(label) is not positive definite at dimension \(dimension): its codes are too few, or do \
      not vary there
      """
    }
  }
}
