/// A list of swatches with their meaning, in one or more columns.
public struct Legend: Sendable {
  /// What stands before an entry's text.
  public enum Swatch: Sendable {
    /// A filled rectangle.
    case fill(Color)
    /// A piece of a line.
    case line(Stroke)
    /// A marker.
    case marker(Marker)
  }

  /// One swatch and its meaning.
  public struct Entry: Sendable {
    /// The swatch.
    public let swatch: Swatch
    /// Its meaning.
    public let text: String

    /// An entry.
    public init(_ swatch: Swatch, _ text: String) {
      self.swatch = swatch
      self.text = text
    }
  }

  /// The entries, placed row by row.
  public let entries: [Entry]
  /// How many stand in one row.
  public let columns: Int
  /// The font size in pixels.
  public let textSize: Double

  private let columnWidths: [Int]

  /// A legend; `columns` must be positive.
  public init(_ entries: [Entry], columns: Int = 1, textSize: Double = 14) {
    precondition(columns > 0, "\(columns) legend columns")
    self.entries = entries
    self.columns = min(columns, max(entries.count, 1))
    self.textSize = textSize
    var widths = [Int](repeating: 0, count: self.columns)
    let style = TextStyle(size: textSize)
    for (index, entry) in entries.enumerated() {
      let column = index % self.columns
      widths[column] = max(widths[column], style.textWidth(entry.text))
    }
    columnWidths = widths
  }

  private static let padding = 10
  private static let swatchWidth = 44
  private static let swatchGap = 8
  private static let columnGap = 28
  private var rowHeight: Int { Int((textSize * 1.65).rounded()) }

  /// The extent in pixels.
  public var size: (width: Int, height: Int) {
    let content = columnWidths.reduce(0) { $0 + $1 + Self.swatchWidth + Self.swatchGap }
    let rows = (entries.count + columns - 1) / columns
    return (content + (columns - 1) * Self.columnGap + 2 * Self.padding, rows * rowHeight + 2 * Self.padding - 4)
  }

  /// Draws the legend on white with a thin border, its top left corner at (x, y).
  public func draw(on canvas: inout Canvas, x: Int, y: Int) {
    let box = PixelRect(x: x, y: y, width: size.width, height: size.height)
    canvas.fill(box, .white)
    canvas.outline(box, Color(grey: 0xBB))
    let style = TextStyle(size: textSize, anchor: .middle)
    var left = x + Self.padding
    for column in 0..<columns {
      for (row, index) in stride(from: column, to: entries.count, by: columns).enumerated() {
        let middle = y + Self.padding - 2 + row * rowHeight + rowHeight / 2
        drawSwatch(entries[index].swatch, on: &canvas, left: left, middle: middle)
        let textX = left + Self.swatchWidth + Self.swatchGap
        canvas.draw(entries[index].text, at: Point(Double(textX), Double(middle)), style: style)
      }
      left += columnWidths[column] + Self.swatchWidth + Self.swatchGap + Self.columnGap
    }
  }

  private func drawSwatch(_ swatch: Swatch, on canvas: inout Canvas, left: Int, middle: Int) {
    // Lines and markers are centred on a row of pixels.
    let center = Point(Double(left) + Double(Self.swatchWidth) / 2, Double(middle) + 0.5)
    switch swatch {
    case .fill(let color):
      let height = Int(textSize * 0.9)
      let box = PixelRect(
        x: left + Self.swatchWidth / 2 - 14, y: middle - height / 2, width: 28, height: height)
      canvas.fill(box, color)
      canvas.outline(box, color.blended(with: .black, amount: 0.25))
    case .line(let stroke):
      let half = Double(Self.swatchWidth) / 2 - 1
      canvas.stroke([center - Point(half, 0), center + Point(half, 0)], with: stroke)
    case .marker(let marker):
      canvas.draw(marker, at: center)
    }
  }
}
