import Kernels

/// The simplified read-out of the paper (section 2.1): z_s, the first C entries of z, are the logits; z_n, the rest, is
/// the nuisance, which the classifier does not use.
public struct ReadOut: Sendable, Equatable {
  /// C, the number of classes.
  public let classes: Int

  /// A read-out of the first `classes` channels.
  public init(classes: Int) { self.classes = classes }

  /// z_s.
  public func logits(_ z: Activation) -> Activation { Activation(concatenating: [z.channels(0..<classes)]) }

  /// z_n.
  public func nuisance(_ z: Activation) -> Activation { Activation(concatenating: [z.channels(classes..<z.channels)]) }

  /// z from z_s and z_n.
  public func join(logits: Activation, nuisance: Activation) -> Activation {
    Activation(concatenating: [logits.view, nuisance.view])
  }

  /// ∂L/∂z of a loss that depends on z_n alone.
  func gradient(ofNuisance gradient: Activation) -> Activation {
    join(logits: Activation(samples: gradient.samples, channels: classes), nuisance: gradient)
  }

  /// ∂L/∂z of a loss that depends on z_s alone.
  public func gradient(ofLogits gradient: Activation, channels: Int) -> Activation {
    join(logits: gradient, nuisance: Activation(samples: gradient.samples, channels: channels - classes))
  }
}
