/// How much of each pixel in a rectangle a shape covers, 0…1.
///
/// A shape is given by its signed distance, negative inside; a pixel whose centre lies at distance d is covered by
/// 0.5 − d, clamped. That is exact for straight edges along an axis and within 0.043 of the covered area for any other
/// straight edge. Shapes added to one mask form a union, so crossing strokes never darken each other.
struct CoverageMask {
  /// The pixels it holds.
  let bounds: PixelRect
  /// Rows from the top, `bounds.width` values each.
  private(set) var coverage: [Float]

  /// An empty mask.
  init(bounds: PixelRect) {
    self.bounds = bounds
    coverage = [Float](repeating: 0, count: bounds.width * bounds.height)
  }

  /// Adds all points within `radius` of the segment from `start` to `end`: a stroke with round ends.
  mutating func addStroke(from start: Point, to end: Point, radius: Double) {
    let length = start.distance(to: end)
    // A slanted segment has a bounding box far larger than itself; short parts keep the work along the stroke.
    let parts = length < 1e6 ? max(1, Int((length / 24).rounded(.up))) : 1
    let step = (end - start) / Double(parts)
    for part in 0..<parts {
      addCapsule(from: start + step * Double(part), along: step, radius: radius)
    }
  }

  private mutating func addCapsule(from start: Point, along step: Point, radius: Double) {
    let end = start + step
    let low = Point(min(start.x, end.x), min(start.y, end.y))
    let high = Point(max(start.x, end.x), max(start.y, end.y))
    let lengthSquared = (step * step).sum()
    let inverse = lengthSquared > 0 ? 1 / lengthSquared : 0
    add(within: PixelRect(covering: low, high, margin: radius + 0.5)) { point in
      let offset = point - start
      let along = min(max((offset * step).sum() * inverse, 0), 1)
      let away = offset - step * along
      return (away * away).sum().squareRoot() - radius
    }
  }

  /// Adds a disc.
  mutating func addDisc(center: Point, radius: Double) {
    add(within: PixelRect(covering: center, center, margin: radius + 0.5)) { $0.distance(to: center) - radius }
  }

  /// Adds a convex polygon, whose corners must run clockwise on the canvas (y down).
  mutating func addConvexPolygon(_ corners: [Point]) {
    var low = Point(repeating: .infinity)
    var high = Point(repeating: -.infinity)
    var sides: [(normal: Point, offset: Double)] = []
    for (index, corner) in corners.enumerated() {
      let next = corners[(index + 1) % corners.count]
      let length = corner.distance(to: next)
      guard corner.isDrawable, length > 0 else { return }
      let normal = Point(next.y - corner.y, corner.x - next.x) / length
      sides.append((normal, (normal * corner).sum()))
      low = Point(min(low.x, corner.x), min(low.y, corner.y))
      high = Point(max(high.x, corner.x), max(high.y, corner.y))
    }
    add(within: PixelRect(covering: low, high, margin: 0.5)) { point in
      var distance = -Double.infinity
      for side in sides { distance = max(distance, (side.normal * point).sum() - side.offset) }
      return distance
    }
  }

  @inline(__always)
  private mutating func add(within box: PixelRect, distance: (Point) -> Double) {
    let area = bounds.intersection(box)
    for y in area.y..<area.maxY {
      var index = (y - bounds.y) * bounds.width + area.x - bounds.x
      for x in area.x..<area.maxX {
        let covered = Float(min(max(0.5 - distance(Point(Double(x) + 0.5, Double(y) + 0.5)), 0), 1))
        if covered > coverage[index] { coverage[index] = covered }
        index += 1
      }
    }
  }
}
