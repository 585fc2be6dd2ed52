/// The look of a line: colour, width and dashes. Ends and corners are round.
public struct Stroke: Hashable, Sendable {
  /// The colour.
  public var color: Color
  /// The width in pixels.
  public let width: Double
  /// Lengths in pixels drawn and left out in turn, as seen (round ends included); empty for a solid line.
  public let dashes: [Double]

  /// A stroke. The width must be positive; dashes come in pairs of at least half a pixel each.
  public init(_ color: Color, width: Double = 2, dashes: [Double] = []) {
    precondition(width > 0 && width < 1000, "stroke width \(width)")
    precondition(
      dashes.count.isMultiple(of: 2) && dashes.allSatisfy { $0 >= 0.5 && $0 < 1e6 }, "dash pattern \(dashes)")
    self.color = color
    self.width = width
    self.dashes = dashes
  }

  /// The dash lengths along the centre line: a round end adds half the width on both sides of what is drawn.
  fileprivate var centerLineDashes: [Double] {
    var lengths = dashes
    for index in stride(from: 0, to: lengths.count, by: 2) {
      let shortening = min(width, lengths[index] - 0.01)
      lengths[index] -= shortening
      lengths[index + 1] += shortening
    }
    return lengths
  }
}

extension Canvas {
  /// Draws one polyline, as the method for several does.
  public mutating func stroke(_ polyline: [Point], with stroke: Stroke) {
    self.stroke([polyline], with: stroke)
  }

  /// Draws polylines with one stroke, as a union: crossings do not darken. Points that are not finite break a line in
  /// two; a point alone is drawn as a dot. The cost follows the visible length, whatever the coordinates.
  public mutating func stroke(_ polylines: [[Point]], with stroke: Stroke) {
    let radius = stroke.width / 2
    let dashes = stroke.centerLineDashes
    let visible = clip.grown(by: Int(radius.rounded(.up)) + 1)
    var segments: [(Point, Point)] = []
    for polyline in polylines {
      for run in polyline.split(whereSeparator: { !$0.isDrawable }) {
        Self.appendVisible(run, dashes, within: visible, to: &segments)
      }
    }
    guard let first = segments.first else { return }
    var low = first.0
    var high = first.0
    for (start, end) in segments {
      low = Point(min(low.x, start.x, end.x), min(low.y, start.y, end.y))
      high = Point(max(high.x, start.x, end.x), max(high.y, start.y, end.y))
    }
    var mask = CoverageMask(bounds: clip.intersection(PixelRect(covering: low, high, margin: radius + 0.5)))
    for (start, end) in segments { mask.addStroke(from: start, to: end, radius: radius) }
    composite(mask, stroke.color)
  }

  /// Appends the parts of a polyline that are drawn (not in a gap of the dashes) and inside `visible`.
  private static func appendVisible(
    _ run: ArraySlice<Point>, _ dashes: [Double], within visible: PixelRect, to segments: inout [(Point, Point)]
  ) {
    if run.count == 1, let only = run.first, visible.clip(from: only, to: only) != nil {
      segments.append((only, only))
    }
    let period = dashes.reduce(0, +)
    // The position of the segment's start in the dash pattern. Kept below one period, so that it stays precise however
    // long the part off the canvas is.
    var phase = 0.0
    for (start, end) in zip(run, run.dropFirst()) {
      let length = start.distance(to: end)
      if let range = visible.clip(from: start, to: end) {
        let from = visible.clamp(start + (end - start) * range.lowerBound)
        let to = visible.clamp(start + (end - start) * range.upperBound)
        if dashes.isEmpty {
          segments.append((from, to))
        } else {
          let entry = (phase + length * range.lowerBound).truncatingRemainder(dividingBy: period)
          appendDashes(from: from, to: to, dashes, phase: entry, to: &segments)
        }
      }
      if period > 0 { phase = (phase + length).truncatingRemainder(dividingBy: period) }
    }
  }

  private static func appendDashes(
    from start: Point, to end: Point, _ dashes: [Double], phase: Double, to segments: inout [(Point, Point)]
  ) {
    let length = start.distance(to: end)
    guard length > 0 else { return }
    let direction = (end - start) / length
    var index = 0
    var left = phase
    while left >= dashes[index] {
      left -= dashes[index]
      index = (index + 1) % dashes.count
    }
    var position = 0.0
    while position < length {
      let next = min(position + dashes[index] - left, length)
      if index.isMultiple(of: 2) { segments.append((start + direction * position, start + direction * next)) }
      position = next
      left = 0
      index = (index + 1) % dashes.count
    }
  }
}
