/// An RGB picture in memory, drawn on with anti-aliasing. Whatever falls outside is cut off silently.
public struct Canvas: Sendable {
  /// The size in pixels.
  public let width, height: Int
  /// Rows from the top, three sRGB bytes a pixel: `pixels[(y * width + x) * 3]` is the red of (x, y).
  public private(set) var pixels: [UInt8]
  /// The only pixels that drawing changes: the whole canvas, or less inside ``clipped(to:_:)``.
  public private(set) var clip: PixelRect

  /// A canvas of one colour. Each side must lie in 1…32768.
  public init(width: Int, height: Int, background: Color = .white) {
    precondition((1...32768).contains(width) && (1...32768).contains(height), "canvas size \(width)×\(height)")
    self.width = width
    self.height = height
    clip = PixelRect(x: 0, y: 0, width: width, height: height)
    pixels = [UInt8](repeating: background.red, count: width * height * 3)
    fill(clip, background)
  }

  /// All of the canvas as a rectangle.
  public var bounds: PixelRect { PixelRect(x: 0, y: 0, width: width, height: height) }

  /// The colour of the pixel (x, y), which must lie on the canvas.
  public func color(x: Int, y: Int) -> Color {
    precondition(x >= 0 && x < width && y >= 0 && y < height, "pixel (\(x), \(y)) of a \(width)×\(height) canvas")
    let base = (y * width + x) * 3
    return Color(red: pixels[base], green: pixels[base + 1], blue: pixels[base + 2])
  }

  /// Runs `body` with drawing limited to `rect` (within any limit already set), then restores the limit.
  public mutating func clipped(to rect: PixelRect, _ body: (inout Canvas) -> Void) {
    let outer = clip
    clip = outer.intersection(rect)
    body(&self)
    clip = outer
  }

  /// Sets one pixel.
  public mutating func set(x: Int, y: Int, _ color: Color) {
    guard x >= clip.x, x < clip.maxX, y >= clip.y, y < clip.maxY else { return }
    let base = (y * width + x) * 3
    pixels[base] = color.red
    pixels[base + 1] = color.green
    pixels[base + 2] = color.blue
  }

  /// Fills a rectangle, edges exact.
  public mutating func fill(_ rect: PixelRect, _ color: Color) {
    let area = clip.intersection(rect)
    for y in area.y..<area.maxY {
      for x in area.x..<area.maxX { set(x: x, y: y, color) }
    }
  }

  /// Draws the border of a rectangle, `thickness` pixels wide, on its inside.
  public mutating func outline(_ rect: PixelRect, _ color: Color, thickness: Int = 1) {
    let side = min(max(thickness, 0), rect.width, rect.height)
    fill(PixelRect(x: rect.x, y: rect.y, width: rect.width, height: side), color)
    fill(PixelRect(x: rect.x, y: rect.maxY - side, width: rect.width, height: side), color)
    fill(PixelRect(x: rect.x, y: rect.y, width: side, height: rect.height), color)
    fill(PixelRect(x: rect.maxX - side, y: rect.y, width: side, height: rect.height), color)
  }

  /// Copies a grey image, each of its pixels becoming a `scale` × `scale` square, with its top left corner at (x, y).
  /// `grey` holds rows from the top, `imageWidth` × `imageHeight` bytes.
  public mutating func blit(
    grey: [UInt8], imageWidth: Int, imageHeight: Int, x: Int, y: Int, scale: Int = 1
  ) {
    precondition(
      imageWidth >= 0 && imageHeight >= 0 && grey.count == imageWidth * imageHeight,
      "\(grey.count) grey bytes for \(imageWidth)×\(imageHeight)")
    precondition((1...1024).contains(scale), "image scale \(scale) is not in 1…1024")
    let target = PixelRect(x: x, y: y, width: imageWidth * scale, height: imageHeight * scale)
    let area = clip.intersection(target)
    for row in area.y..<area.maxY {
      let source = (row - target.y) / scale * imageWidth
      for column in area.x..<area.maxX {
        set(x: column, y: row, Color(grey: grey[source + (column - target.x) / scale]))
      }
    }
  }

  /// Lays `color` over the canvas with the mask as its opacity.
  mutating func composite(_ mask: CoverageMask, _ color: Color) {
    let area = clip.intersection(mask.bounds)
    for y in area.y..<area.maxY {
      var index = (y - mask.bounds.y) * mask.bounds.width + area.x - mask.bounds.x
      var base = (y * width + area.x) * 3
      for _ in 0..<area.width {
        let cover = mask.coverage[index]
        if cover > 0 {
          pixels[base] = Color.mix(pixels[base], color.red, cover)
          pixels[base + 1] = Color.mix(pixels[base + 1], color.green, cover)
          pixels[base + 2] = Color.mix(pixels[base + 2], color.blue, cover)
        }
        index += 1
        base += 3
      }
    }
  }
}
