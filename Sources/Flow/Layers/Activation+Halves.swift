import Kernels

// A coupling's halves: x = (x₁, x₂), and y = (what x₂ became, x₁).

extension Activation {
  /// x₁, the first `split` channels, and x₂.
  func halves(split: Int) -> (first: ChannelView, second: ChannelView) {
    (channels(0..<split), channels(split..<channels))
  }

  /// y₁ (as wide as x₂) and y₂ (as wide as x₁).
  func swappedHalves(split: Int) -> (updated: ChannelView, copied: ChannelView) {
    (channels(0..<(channels - split)), channels((channels - split)..<channels))
  }
}
