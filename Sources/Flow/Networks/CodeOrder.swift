import Kernels

/// The order of the last stage's values in a convolutional network's code z: which of them come first, and so may be
/// logits.
public enum CodeOrder: String, Sendable, CaseIterable {
  /// Pixel by pixel, all channels of a pixel together, from the central pixel (height/2, width/2) on row by row and around.
  case centralPixel
  /// Frequency by frequency of the DCT of every channel, lowest first, all channels of a frequency together.
  case lowPass

  /// The image's pixels (or frequencies), counted row by row, in this order.
  func pixels(height: Int, width: Int) -> [Int] {
    switch self {
    case .centralPixel:
      let center = height / 2 * width + width / 2
      return Array(center..<(height * width)) + Array(0..<center)
    case .lowPass: return DCT.lowPassOrder(height: height, width: width)
    }
  }
}
