import Datasets
import ToolSupport

extension Canvas {
  /// The picture as the bytes of a PNG file.
  var png: [UInt8] { PNG.encode(Raster(width: width, height: height, channels: 3, pixels: pixels)) }
}
