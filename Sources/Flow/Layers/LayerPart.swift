import Kernels

/// One layer inside a network, with what it was given and what it made of it: for inspection, not for the hot path.
public struct LayerPart: Sendable {
  /// The path of the properties, such as `stages.0.blocks.1.actnorm`.
  public let name: String
  /// The layer.
  public let layer: any InvertibleLayer
  /// Its input.
  public let x: Activation
  /// Its output on x.
  public let y: Activation

  /// A part; `prefix` is its name with the dot that its properties' names would have.
  public init(prefix: String, layer: any InvertibleLayer, x: Activation, y: Activation) {
    name = prefix.hasSuffix(".") ? String(prefix.dropLast()) : prefix
    self.layer = layer
    self.x = x
    self.y = y
  }
}

extension InvertibleLayer {
  /// Nothing to check: the layer is invertible whatever its parameters.
  public func checkInvertibility(prefix: String) throws(InvertibilityError) {}

  /// One part, the layer itself.
  public func visitParts(_ x: Activation, prefix: String, _ visit: (LayerPart) -> Void) -> Activation {
    let y = forward(x).y
    visit(LayerPart(prefix: prefix, layer: self, x: x, y: y))
    return y
  }
}
