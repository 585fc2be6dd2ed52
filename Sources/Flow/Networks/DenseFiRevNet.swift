import Kernels

/// The fully connected fully invertible RevNet of the spheres experiment (paper, D.1): additive couplings with a
/// rectifier bottleneck, no batch norm.
public typealias DenseFiRevNet = Chain<AdditiveCoupling<RectifierNetwork>>

extension Chain where Layer == AdditiveCoupling<RectifierNetwork> {
  /// A network on vectors of `dimension` ≥ 2 numbers. Each block's function goes from the first half to the second
  /// through two hidden layers of `hidden` units.
  public init(dimension: Int, blocks: Int, hidden: Int, seed: UInt64, memory: Memory = .stored) {
    precondition(
      dimension >= 2 && blocks >= 1 && hidden >= 1,
      "fi-RevNet: expected dimension ≥ 2, blocks ≥ 1, hidden ≥ 1, found \(dimension), \(blocks), \(hidden)")
    let split = dimension / 2
    self.init(
      (0..<blocks).map { block in
        AdditiveCoupling(
          split: split,
          function: RectifierNetwork(
            widths: [split, hidden, hidden, dimension - split],
            random: RandomStream(seed: seed, name: "fi-RevNet block \(block)")))
      }, memory: memory)
  }
}
