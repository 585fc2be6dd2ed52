import Foundation

/// Marks inside the frame. Data that is not finite is left out, and nothing is drawn outside the frame but labels.
extension Plot {
  /// Colours every pixel by the class of the nearest node. `classes` are in the order of ``PlaneGrid/nodes`` and index
  /// `colors`; a class without a colour, and pixels outside the grid, stay as they are.
  public func drawClasses(_ classes: [Int], grid: PlaneGrid, colors: [Color], on canvas: inout Canvas) {
    precondition(classes.count == grid.count, "\(classes.count) classes for \(grid.count) nodes")
    forEachPixel(on: &canvas) { place in
      guard let lattice = grid.lattice(place) else { return nil }
      let index = classes[Int(lattice.y.rounded()) * grid.columns + Int(lattice.x.rounded())]
      return colors.indices.contains(index) ? colors[index] : nil
    }
  }

  /// Colours every pixel by the side of `level` on which the field lies there (at the level counts as above). Unlike
  /// ``drawClasses(_:grid:colors:on:)`` its edge follows the field's contour.
  public func drawRegions(of field: PlaneField, level: Double, below: Color, above: Color, on canvas: inout Canvas) {
    forEachPixel(on: &canvas) { place in
      guard let value = field.value(at: place), value.isFinite else { return nil }
      return value >= level ? above : below
    }
  }

  private func forEachPixel(on canvas: inout Canvas, _ color: (Point) -> Color?) {
    let area = canvas.clip.intersection(frame)
    for row in area.y..<area.maxY {
      for column in area.x..<area.maxX {
        guard let color = color(data(Point(Double(column) + 0.5, Double(row) + 0.5))) else { continue }
        canvas.set(x: column, y: row, color)
      }
    }
  }

  /// Draws the lines along which the field equals `level`.
  public func drawContour(of field: PlaneField, level: Double, stroke: Stroke, on canvas: inout Canvas) {
    drawLines(field.contours(at: level), stroke: stroke, on: &canvas)
  }

  /// Draws a polyline through data points.
  public func drawLine(_ points: [Point], stroke: Stroke, on canvas: inout Canvas) {
    drawLines([points], stroke: stroke, on: &canvas)
  }

  private func drawLines(_ lines: [[Point]], stroke: Stroke, on canvas: inout Canvas) {
    canvas.clipped(to: frame) { $0.stroke(lines.map { $0.map(pixel) }, with: stroke) }
  }

  /// Draws a circle given in data coordinates; an ellipse on the canvas when the axes differ in scale.
  public func drawCircle(center: Point, radius: Double, stroke: Stroke, on canvas: inout Canvas) {
    let steps = 360
    let points = (0...steps).map { step in
      let angle = 2 * Double.pi * Double(step) / Double(steps)
      return center + Point(cos(angle), sin(angle)) * radius
    }
    drawLine(points, stroke: stroke, on: &canvas)
  }

  /// On which side of a marker its label stands.
  public enum LabelSide: Sendable {
    /// To the left.
    case left
    /// To the right.
    case right
    /// Above.
    case above
    /// Below.
    case below
  }

  /// Draws a marker at a data point, with a label beside it. A point outside the axes is left out, label and all.
  public func drawMarker(
    _ marker: Marker, at data: Point, label: String = "", side: LabelSide = .right, on canvas: inout Canvas
  ) {
    guard x.range.contains(data.x), y.range.contains(data.y) else { return }
    let center = pixel(data)
    canvas.draw(marker, at: center)
    let distance = marker.size / 2 + marker.outlineWidth + 5
    var style = TextStyle(size: textSize + 2, bold: true, alignment: .center, anchor: .middle, halo: .white)
    var offset = Point(0, 0)
    switch side {
    case .left:
      style.alignment = .right
      offset.x = -distance
    case .right:
      style.alignment = .left
      offset.x = distance
    case .above:
      style.anchor = .baseline
      offset.y = -distance
    case .below:
      style.anchor = .top
      offset.y = distance
    }
    canvas.draw(label, at: center + offset, style: style)
  }

  /// Values drawn side by side in each group of a bar chart.
  public struct BarSeries: Sendable {
    /// One value a group; what is not finite is written as "n/a" with no bar.
    public let values: [Double]
    /// The colour of the bars.
    public let color: Color

    /// A series.
    public init(values: [Double], color: Color) {
      self.values = values
      self.color = color
    }
  }

  /// Draws grouped bars from 0, group i around the value i of the x axis (see ``Axis/init(names:label:)``), with each
  /// value written at the bar's end.
  public func drawBars(_ series: [BarSeries], decimals: Int = 1, on canvas: inout Canvas) {
    guard !series.isEmpty else { return }
    let barWidth = 0.8 / Double(series.count)
    let labelStyle = TextStyle(size: textSize - 1, alignment: .center, halo: .white)
    for (position, bars) in series.enumerated() {
      for (group, value) in bars.values.enumerated() {
        let left = Double(group) - 0.4 + barWidth * Double(position)
        guard left >= x.range.lowerBound, left + barWidth <= x.range.upperBound else { continue }
        let end = min(max(value.isFinite ? value : 0, y.range.lowerBound), y.range.upperBound)
        let start = min(max(0, y.range.lowerBound), y.range.upperBound)
        let top = pixel(Point(left, max(start, end))).rounded(.toNearestOrAwayFromZero)
        let bottom = pixel(Point(left + barWidth, min(start, end))).rounded(.toNearestOrAwayFromZero)
        // A pixel of air between neighbours.
        let bar = PixelRect(
          x: Int(top.x) + 1, y: Int(top.y), width: Int(bottom.x - top.x) - 2, height: Int(bottom.y - top.y))
        canvas.fill(bar, bars.color)
        let down = value < 0
        let place = Point(bar.center.x, Double(down ? bar.maxY + labelStyle.capHeight + 4 : bar.y - 4))
        canvas.draw(NumberText.fixed(value, decimals: decimals), at: place, style: labelStyle)
      }
    }
  }
}
