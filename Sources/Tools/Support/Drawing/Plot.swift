/// A panel with two axes: it maps data to pixels and draws the frame. Its marks are in the extensions.
public struct Plot: Sendable {
  /// The pixels that the axes span; labels and title stand outside.
  public let frame: PixelRect
  /// The horizontal axis.
  public let x: Axis
  /// The vertical axis, its low end at the bottom.
  public let y: Axis
  /// What is written above the frame.
  public let title: String
  /// The font size of tick labels in pixels; axis labels are 1 and the title 3 larger.
  public let textSize: Double

  /// A plot in a frame that must not be empty.
  public init(frame: PixelRect, x: Axis, y: Axis, title: String = "", textSize: Double = 13) {
    precondition(!frame.isEmpty, "empty plot frame")
    self.frame = frame
    self.x = x
    self.y = y
    self.title = title
    self.textSize = textSize
  }

  /// The place of data coordinates on the canvas.
  public func pixel(_ data: Point) -> Point {
    Point(
      Double(frame.x) + x.fraction(of: data.x) * Double(frame.width),
      Double(frame.maxY) - y.fraction(of: data.y) * Double(frame.height))
  }

  /// The data coordinates of a place on the canvas: the inverse of ``pixel(_:)``.
  public func data(_ pixel: Point) -> Point {
    let across = (pixel.x - Double(frame.x)) / Double(frame.width)
    let up = (Double(frame.maxY) - pixel.y) / Double(frame.height)
    return Point(
      x.range.lowerBound + across * (x.range.upperBound - x.range.lowerBound),
      y.range.lowerBound + up * (y.range.upperBound - y.range.lowerBound))
  }

  /// Draws pale lines across the frame at the ticks of y. Call it before the marks.
  public func drawGrid(on canvas: inout Canvas) {
    for row in tickRows { canvas.fill(PixelRect(x: frame.x, y: row, width: frame.width, height: 1), .gridLine) }
  }

  /// Draws the frame, ticks, labels and title. Call it after the marks.
  public func drawFrame(on canvas: inout Canvas) {
    canvas.outline(frame, .ink)
    let tickLength = 5
    let gap = 5
    let small = TextStyle(size: textSize, color: .ink)
    for (tick, column) in zip(x.ticks, tickColumns) {
      canvas.fill(PixelRect(x: column, y: frame.maxY, width: 1, height: tickLength), .ink)
      var style = small
      style.alignment = .center
      style.anchor = .top
      canvas.draw(tick.label, at: Point(Double(column), Double(frame.maxY + tickLength + gap)), style: style)
    }
    var widest = 0
    for (tick, row) in zip(y.ticks, tickRows) {
      canvas.fill(PixelRect(x: frame.x - tickLength, y: row, width: tickLength, height: 1), .ink)
      var style = small
      style.alignment = .right
      style.anchor = .middle
      widest = max(widest, style.textWidth(tick.label))
      canvas.draw(tick.label, at: Point(Double(frame.x - tickLength - gap + 2), Double(row)), style: style)
    }
    var labelStyle = TextStyle(size: textSize + 1, alignment: .center, anchor: .top)
    let below = frame.maxY + tickLength + gap + (x.ticks.isEmpty ? 0 : small.capHeight + 9)
    canvas.draw(x.label, at: Point(frame.center.x, Double(below)), style: labelStyle)
    labelStyle.rotated = true
    labelStyle.anchor = .baseline
    canvas.draw(
      y.label, at: Point(Double(frame.x - tickLength - gap - widest - 8), frame.center.y), style: labelStyle)
    let titleStyle = TextStyle(size: textSize + 3, bold: true, alignment: .center)
    canvas.draw(title, at: Point(frame.center.x, Double(frame.y - 10)), style: titleStyle)
  }

  // Ticks stand on the pixel that holds their value; one at the far end stands on the frame's last pixel.

  private var tickColumns: [Int] {
    x.ticks.map { min(Int(pixel(Point($0.value, y.range.lowerBound)).x), frame.maxX - 1) }
  }

  private var tickRows: [Int] {
    y.ticks.map { min(Int(pixel(Point(x.range.lowerBound, $0.value)).y), frame.maxY - 1) }
  }
}
