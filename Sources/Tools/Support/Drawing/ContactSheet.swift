/// A labelled table of small grey images.
public struct ContactSheet: Sendable {
  /// The extent of every image in its own pixels.
  public let imageWidth, imageHeight: Int
  /// The images row by row, each `imageWidth` × `imageHeight` bytes from the top left; nil leaves a cell empty.
  public let cells: [[[UInt8]?]]
  /// What is written to the left of the rows; rows beyond its end have no label.
  public var rowLabels: [String] = []
  /// What is written above the columns; columns beyond its end have no label. A label wider than its column is broken
  /// into lines at spaces.
  public var columnLabels: [String] = []
  /// What is written above the table.
  public var title = ""
  /// The side of the square that a pixel of an image becomes.
  public var scale = 2
  /// The font size of labels in pixels.
  public var textSize = 13.0

  /// A sheet of images that must all have the given extent, in 1…1024.
  public init(imageWidth: Int, imageHeight: Int, cells: [[[UInt8]?]]) {
    precondition(
      (1...1024).contains(imageWidth) && (1...1024).contains(imageHeight), "images of \(imageWidth)×\(imageHeight)")
    for case let image? in cells.joined() {
      precondition(
        image.count == imageWidth * imageHeight, "\(image.count) bytes for an image of \(imageWidth)×\(imageHeight)")
    }
    self.imageWidth = imageWidth
    self.imageHeight = imageHeight
    self.cells = cells
  }

  /// Draws the sheet on a canvas just large enough, which must be no more than 32768 pixels wide and high.
  public func render() -> Canvas {
    let style = TextStyle(size: textSize)
    let titleStyle = TextStyle(size: textSize + 3, bold: true)
    let gap = 6
    let margin = 14
    let lineHeight = Int((textSize * 1.4).rounded())
    let columns = cells.map(\.count).max() ?? 0
    let cellWidth = imageWidth * scale + gap
    let cellHeight = imageHeight * scale + gap

    let headings = columnLabels.prefix(columns).map { style.lines(of: $0, width: imageWidth * scale) }
    let headingHeight = (headings.map(\.count).max() ?? 0) * lineHeight
    let titleHeight = title.isEmpty ? 0 : titleStyle.capHeight + 16
    let labelWidth = rowLabels.prefix(cells.count).map(style.textWidth).max().map { $0 + 10 } ?? 0
    // A heading of one long word reaches beyond its column.
    let overhang = headings.joined().map { max(0, (style.textWidth($0) - imageWidth * scale + 1) / 2) }.max() ?? 0
    let left = margin + max(labelWidth, overhang)
    let top = margin + titleHeight + headingHeight
    let tableWidth = left + columns * cellWidth - gap + max(margin, overhang + 2)
    var canvas = Canvas(
      width: max(1, tableWidth, 2 * margin + titleStyle.textWidth(title)),
      height: max(1, top + cells.count * cellHeight - gap + margin))

    canvas.draw(title, at: Point(Double(margin), Double(margin + titleStyle.capHeight)), style: titleStyle)
    var headingStyle = style
    headingStyle.alignment = .center
    for (column, lines) in headings.enumerated() {
      let middle = Double(left + column * cellWidth) + Double(imageWidth * scale) / 2
      for (index, line) in lines.enumerated() {
        let baseline = top - 6 - (lines.count - 1 - index) * lineHeight
        canvas.draw(line, at: Point(middle, Double(baseline)), style: headingStyle)
      }
    }
    var labelStyle = style
    labelStyle.alignment = .right
    labelStyle.anchor = .middle
    for (row, images) in cells.enumerated() {
      let y = top + row * cellHeight
      if row < rowLabels.count {
        let middle = Double(y) + Double(imageHeight * scale) / 2
        canvas.draw(rowLabels[row], at: Point(Double(left - 10), middle), style: labelStyle)
      }
      for (column, image) in images.enumerated() {
        let x = left + column * cellWidth
        let frame = PixelRect(x: x, y: y, width: imageWidth * scale, height: imageHeight * scale).grown(by: 1)
        guard let image else { continue }
        canvas.outline(frame, Color(grey: 0xBB))
        canvas.blit(grey: image, imageWidth: imageWidth, imageHeight: imageHeight, x: x, y: y, scale: scale)
      }
    }
    return canvas
  }
}
