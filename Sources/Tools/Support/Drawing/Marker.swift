/// A small shape that marks a point.
public struct Marker: Hashable, Sendable {
  /// The shapes of markers.
  public enum Shape: CaseIterable, Sendable {
    /// A disc.
    case circle
    /// A square on its side.
    case square
    /// A triangle pointing up.
    case triangle
    /// A diagonal cross.
    case cross
    /// A square on its corner.
    case diamond
  }

  /// The shape.
  public var shape: Shape
  /// The colour inside.
  public var color: Color
  /// The extent in pixels without the outline: the diameter of a circle, others of about the same visual weight.
  public let size: Double
  /// The colour of the rim around the shape.
  public var outline: Color
  /// The width of the rim in pixels; 0 for none.
  public let outlineWidth: Double

  /// A marker; the size must be positive and the outline's width not negative.
  public init(
    _ shape: Shape, _ color: Color, size: Double = 10, outline: Color = .white, outlineWidth: Double = 1.5
  ) {
    precondition(size > 0 && size < 1000, "marker size \(size)")
    precondition(outlineWidth >= 0 && outlineWidth < 1000, "marker outline width \(outlineWidth)")
    self.shape = shape
    self.color = color
    self.size = size
    self.outline = outline
    self.outlineWidth = outlineWidth
  }
}

extension Canvas {
  /// Draws a marker centred on a point; nothing when the point is not finite.
  public mutating func draw(_ marker: Marker, at center: Point) {
    guard center.isDrawable else { return }
    if marker.outlineWidth > 0 { fill(marker, at: center, growth: marker.outlineWidth, marker.outline) }
    fill(marker, at: center, growth: 0, marker.color)
  }

  private mutating func fill(_ marker: Marker, at center: Point, growth: Double, _ color: Color) {
    let radius = marker.size / 2
    let reach = PixelRect(covering: center, center, margin: 2 * (radius + growth) + 1)
    var mask = CoverageMask(bounds: clip.intersection(reach))
    switch marker.shape {
    case .circle:
      mask.addDisc(center: center, radius: radius + growth)
    case .square:
      let half = radius * 0.89 + growth
      mask.addConvexPolygon(
        [Point(-half, -half), Point(half, -half), Point(half, half), Point(-half, half)].map { center + $0 })
    case .diamond:
      // A rim of constant width moves a corner by √2 times that width.
      let half = radius * 1.25 + growth * 2.0.squareRoot()
      mask.addConvexPolygon(
        [Point(0, -half), Point(half, 0), Point(0, half), Point(-half, 0)].map { center + $0 })
    case .triangle:
      // Equilateral, around its centroid; growing the inscribed circle by the rim moves a corner by twice as much.
      let corner = radius * 1.3 + 2 * growth
      let side = corner * 3.0.squareRoot() / 2
      mask.addConvexPolygon(
        [Point(0, -corner), Point(side, corner / 2), Point(-side, corner / 2)].map { center + $0 })
    case .cross:
      let arm = radius * 0.75
      let thickness = marker.size * 0.13 + growth
      mask.addStroke(from: center + Point(-arm, -arm), to: center + Point(arm, arm), radius: thickness)
      mask.addStroke(from: center + Point(-arm, arm), to: center + Point(arm, -arm), radius: thickness)
    }
    composite(mask, color)
  }
}
