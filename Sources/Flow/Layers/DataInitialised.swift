import Kernels

/// A layer that can take some of its parameters from a batch, once, before training: data-dependent initialisation
/// (Salimans & Kingma 2016; Kingma & Dhariwal 2018, section 3.1). Never a side effect of `forward`.
public protocol DataInitialised: InvertibleLayer {
  /// A copy with those parameters set on the batch x, and the copy's output on x. Cost: a forward.
  func initialised(on x: Activation) -> (layer: Self, y: Activation)
}
