/// An 8-bit image, grey or RGB.
public struct Raster: Equatable, Sendable {
  /// Pixels in a row.
  public let width: Int
  /// Rows.
  public let height: Int
  /// Samples in a pixel: 1 for grey, 3 for red, green, blue.
  public let channels: Int
  /// The samples, row by row from the top, the channels of a pixel side by side: index (y · width + x) · channels + c.
  ///
  /// They may be changed in place, but their number may not.
  public var pixels: [UInt8]

  /// An image of `width` × `height` pixels; `pixels` has width · height · channels samples.
  public init(width: Int, height: Int, channels: Int, pixels: [UInt8]) {
    precondition(width > 0 && height > 0, "an image of \(width) × \(height) pixels")
    precondition(channels == 1 || channels == 3, "an image of \(channels) channels; there are 1 or 3")
    self.width = width
    self.height = height
    self.channels = channels
    self.pixels = pixels
    checkCount()
  }

  /// Traps unless there are as many samples as the dimensions say.
  func checkCount() {
    precondition(
      pixels.count == width * height * channels,
      "\(pixels.count) samples for \(width) × \(height) pixels of \(channels) channels")
  }
}
