/// Something with parameters. Its gradient has the same type, so one visitor serves the optimiser, the checkpoint, the
/// count and the comparison: what is visited second in the model is second in its gradient.
public protocol Parameterised: Sendable {
  /// Calls `visit` with the name, shape and values of every parameter, always in the same order. Names are paths of the
  /// properties, `prefix` first.
  mutating func visitParameters(prefix: String, _ visit: (Parameter, inout [Float]) -> Void)
}

/// What a parameter is called and how its values are arranged (row-major).
public struct Parameter: Sendable, Equatable {
  /// The path of the property.
  public let name: String
  /// The dimensions, outermost first.
  public let shape: [Int]

  /// What the values are.
  public let kind: Kind

  /// What an optimiser does with a parameter's values.
  public enum Kind: Sendable, Equatable {
    /// It moves them against their derivatives.
    case trainable
    /// They are a running mean or variance; the gradient holds the batch's, towards which they move.
    case statistic
    /// They number random draws; the gradient holds the next draw's, which takes their place.
    case draw
  }

  /// A parameter's name, shape and kind.
  public init(name: String, shape: [Int], kind: Kind = .trainable) {
    self.name = name
    self.shape = shape
    self.kind = kind
  }
}

extension Parameterised {
  /// Visits with bare names.
  public mutating func visitParameters(_ visit: (Parameter, inout [Float]) -> Void) {
    visitParameters(prefix: "", visit)
  }

  /// All parameters with their values, in order.
  public func parameters() -> [(parameter: Parameter, values: [Float])] {
    var copy = self
    var result: [(parameter: Parameter, values: [Float])] = []
    copy.visitParameters { parameter, values in result.append((parameter, values)) }
    return result
  }

  /// Number of trainable values.
  public func parameterCount() -> Int {
    parameters().filter { $0.parameter.kind == .trainable }.reduce(0) { $0 + $1.values.count }
  }
}
