/// A layer that cannot be inverted with the parameters that it was given.
public enum InvertibilityError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The weight of the layer of that name has no pivot in a step of its elimination, counted from 0.
  case singular(layer: String, pivot: Int)

  /// The layer and the pivot, in words.
  public var description: String {
    switch self {
    case .singular(let layer, let pivot): "the weight of \(layer) is singular: no pivot in column \(pivot)"
    }
  }
}
