/// The laws of `InvertibleLayer`, as its comment numbers them, and the contracts of its recording methods.
public enum Law: String, Sendable, CaseIterable {
  /// inverse(forward(x)) = x.
  case roundTrip
  /// logDet(forward) + logDet(inverse) = 0.
  case oppositeLogDet
  /// logDet = ln |det ∂y/∂x|.
  case jacobian
  /// backward returns the derivatives for the input.
  case inputGradient
  /// backward writes the derivatives for every parameter.
  case parameterGradient
  /// The recording methods give the same bits as the plain ones, and both tapes the same derivatives.
  case recording
  /// `.add` adds to what the gradient held; `.replace` does not depend on it.
  case accumulation
}

/// One way in which a layer broke a law.
public struct Violation: Sendable, Equatable, CustomStringConvertible {
  /// The law that is broken.
  public let law: Law
  /// Where, and by how much.
  public let detail: String

  /// A broken law with its circumstances.
  public init(_ law: Law, _ detail: String) {
    self.law = law
    self.detail = detail
  }

  /// The law and the circumstances.
  public var description: String { "\(law.rawValue): \(detail)" }
}
