/// How a line of text looks and where it stands relative to its point.
public struct TextStyle: Hashable, Sendable {
  /// Where the point lies along the line.
  public enum Alignment: Sendable {
    /// At its start.
    case left
    /// In its middle.
    case center
    /// At its end.
    case right
  }

  /// Where the point lies across the line.
  public enum Anchor: Sendable {
    /// At the foot of capitals.
    case baseline
    /// At half the height of capitals.
    case middle
    /// At the top of capitals.
    case top
  }

  /// The font size in pixels; capitals are about 0.7 of it. 11 to 24 is the range it is made for.
  public let size: Double
  /// The colour of the text.
  public var color: Color
  /// Whether strokes are heavier.
  public var bold: Bool
  /// Where the point lies along the line.
  public var alignment: Alignment
  /// Where the point lies across the line.
  public var anchor: Anchor
  /// Whether the line reads upwards, turned by 90°.
  public var rotated: Bool
  /// The colour of a rim that sets the text off from what is behind it, or nil for none.
  public var halo: Color?

  /// A text style; the size must lie in 4…400.
  public init(
    size: Double = 14, color: Color = .ink, bold: Bool = false, alignment: Alignment = .left,
    anchor: Anchor = .baseline, rotated: Bool = false, halo: Color? = nil
  ) {
    precondition((4...400).contains(size), "text size \(size) is not in 4…400")
    self.size = size
    self.color = color
    self.bold = bold
    self.alignment = alignment
    self.anchor = anchor
    self.rotated = rotated
    self.halo = halo
  }

  /// The width of a line of text in whole pixels. The width of two texts set as one differs from the sum of theirs by
  /// at most one pixel, as the gap where they meet is rounded once instead of twice; bold text adds its wider gap.
  public func textWidth(_ text: String) -> Int {
    Font.layout(text, size: size, extraGap: extraGap).width
  }

  /// The height of capitals and digits in whole pixels.
  public var capHeight: Int { Int((14 * Font.scale(size: size)).rounded() + penPixels) }

  /// Breaks text into lines no wider than `width` pixels where a word allows it, at spaces; line feeds always break.
  public func lines(of text: String, width: Int) -> [String] {
    var lines: [String] = []
    for paragraph in text.split(separator: "\n", omittingEmptySubsequences: false) {
      var line = ""
      for word in paragraph.split(separator: " ") {
        let longer = line.isEmpty ? String(word) : line + " " + word
        if line.isEmpty || textWidth(longer) <= width {
          line = longer
        } else {
          lines.append(line)
          line = String(word)
        }
      }
      lines.append(line)
    }
    return lines
  }

  /// The width of the pen at a scale relative to the style's own, in pixels.
  func penWidth(relativeScale: Double = 1) -> Double {
    let regular = max(1.05, size * relativeScale * 0.083 + 0.12)
    let pen = bold ? regular * 1.5 : regular
    // Halfway to whole pixels: stems come out crisp, yet neighbouring sizes keep their order of weight.
    return (pen + pen.rounded()) / 2
  }

  /// The whole pixels that a stem fills; stems are centred on a pixel when odd, between two when even.
  var penPixels: Double { penWidth().rounded() }

  fileprivate var extraGap: Double { bold ? penWidth() / 3 : 0 }
}

extension Canvas {
  /// Draws one line of text at a point; nothing when the point is not finite. A character without a shape appears as
  /// a box, a line feed too: ``TextStyle/lines(of:width:)`` breaks lines.
  public mutating func draw(_ text: String, at point: Point, style: TextStyle) {
    guard point.isDrawable else { return }
    let line = Font.layout(text, size: style.size, extraGap: style.extraGap)
    let back: Double
    switch style.alignment {
    case .left: back = 0
    case .center: back = (Double(line.width) / 2).rounded()
    case .right: back = Double(line.width)
    }
    let drop: Double
    switch style.anchor {
    case .baseline: drop = 0
    case .middle: drop = (Double(style.capHeight) / 2).rounded()
    case .top: drop = Double(style.capHeight)
    }
    // Whole pixels, or the middle of a pixel when the pen is an odd number of pixels wide.
    let half = style.penPixels / 2
    let origin = point.rounded(.toNearestOrAwayFromZero)
    func place(_ x: Double, _ y: Double) -> Point {
      let along = x - back + half - half.rounded(.down)
      let across = y - drop + half
      return style.rotated
        ? Point(origin.x - across, origin.y - along) : Point(origin.x + along, origin.y - across)
    }

    let reach = style.size * 1.2
    let corners = [place(-reach, -reach), place(Double(line.width) + reach, reach * 1.5)]
    let low = Point(min(corners[0].x, corners[1].x), min(corners[0].y, corners[1].y))
    let high = Point(max(corners[0].x, corners[1].x), max(corners[0].y, corners[1].y))
    let area = clip.intersection(PixelRect(covering: low, high, margin: 2))
    if area.isEmpty { return }

    var mask = CoverageMask(bounds: area)
    var rim = style.halo == nil ? nil : CoverageMask(bounds: area)
    for placed in line.glyphs {
      let radius = style.penWidth(relativeScale: placed.scale / Font.scale(size: style.size)) / 2
      for stroke in placed.glyph.placed(scale: placed.scale) {
        let points = stroke.map { place(placed.x + $0.x, placed.y + $0.y) }
        if points.count == 1 { mask.addStroke(from: points[0], to: points[0], radius: radius * 1.3) }
        if points.count == 1 { rim?.addStroke(from: points[0], to: points[0], radius: radius + 2) }
        for (start, end) in zip(points, points.dropFirst()) {
          mask.addStroke(from: start, to: end, radius: radius)
          rim?.addStroke(from: start, to: end, radius: radius + 2)
        }
      }
    }
    if let rim, let halo = style.halo { composite(rim, halo) }
    composite(mask, style.color)
  }
}
