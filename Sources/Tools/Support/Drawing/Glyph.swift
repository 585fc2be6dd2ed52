/// The shape of one character as pen strokes, in the units of ``GlyphTable``, placed on whole pixels when drawn.
///
/// Path commands, all with absolute coordinates: `M x y` lifts the pen and moves; `L x y` draws a line; `H x y` and
/// `V x y` draw a quarter of an ellipse that leaves horizontally or vertically and arrives the other way;
/// `Q cx cy x y` and `C ax ay bx by x y` draw quadratic and cubic Bézier curves; `D x y` makes a dot.
struct Glyph: Sendable {
  /// The kind of a glyph's side: how much room it wants beside it, in units.
  enum Side: String, Sendable {
    case straight = "s"
    case round = "r"
    case diagonal = "d"

    var room: Double {
      switch self {
      case .straight: 2.3
      case .round: 1.85
      case .diagonal: 1.15
      }
    }
  }

  let width: Double
  let left, right: Side
  /// Polylines of the pen; a single point is a dot.
  let strokes: [[Point]]
  /// The places of vertical and horizontal stems, increasing: these land on whole pixels.
  let stemColumns, stemRows: [Double]

  /// Reads one line of the table, from behind its character. A malformed line is a programmer error.
  init(line: Substring) {
    let words = line.split(separator: " ")
    guard words.count > 3, let width = Double(words[0]), let left = Side(rawValue: String(words[1])),
      let right = Side(rawValue: String(words[2]))
    else { preconditionFailure("glyph line '\(line)'") }
    self.width = width
    self.left = left
    self.right = right
    var path = GlyphPath()
    var index = 3
    while index < words.count {
      guard let command = GlyphPath.Command(rawValue: String(words[index])) else {
        preconditionFailure("glyph command '\(words[index])' in '\(line)'")
      }
      let numbers = words[(index + 1)...].prefix(2 * command.pointCount).compactMap { Double($0) }
      precondition(numbers.count == 2 * command.pointCount, "glyph coordinates in '\(line)'")
      path.add(command, stride(from: 0, to: numbers.count, by: 2).map { Point(numbers[$0], numbers[$0 + 1]) })
      index += 1 + numbers.count
    }
    strokes = path.strokes
    stemColumns = Set(path.stemColumns + [0, width]).sorted()
    // Baseline and heights of letters are shared, so that all letters of a line agree.
    stemRows = Set(path.stemRows + [-4, 0, 10, 14]).sorted()
  }

  /// The pen's points in pixels relative to the glyph's origin, y up, with stems moved to whole pixels.
  func placed(scale: Double) -> [[Point]] {
    strokes.map { stroke in
      stroke.map { Point(Self.fit($0.x, stemColumns, scale), Self.fit($0.y, stemRows, scale)) }
    }
  }

  /// Scales a coordinate such that the stems fall on whole pixels and what lies between is stretched evenly.
  private static func fit(_ value: Double, _ stems: [Double], _ scale: Double) -> Double {
    guard let first = stems.first, let last = stems.last else { return value * scale }
    if value <= first { return (first * scale).rounded() + (value - first) * scale }
    if value >= last { return (last * scale).rounded() + (value - last) * scale }
    let above = stems.firstIndex { $0 > value } ?? stems.count - 1
    let low = stems[above - 1]
    let high = stems[above]
    let lowPixel = (low * scale).rounded()
    let highPixel = (high * scale).rounded()
    return lowPixel + (value - low) / (high - low) * (highPixel - lowPixel)
  }
}

/// Collects the strokes of a glyph's path and where its stems are.
private struct GlyphPath {
  enum Command: String {
    case move = "M"
    case line = "L"
    case horizontalArc = "H"
    case verticalArc = "V"
    case quadratic = "Q"
    case cubic = "C"
    case dot = "D"

    var pointCount: Int {
      switch self {
      case .move, .line, .horizontalArc, .verticalArc, .dot: 1
      case .quadratic: 2
      case .cubic: 3
      }
    }
  }

  var strokes: [[Point]] = []
  var stemColumns: [Double] = []
  var stemRows: [Double] = []

  mutating func add(_ command: Command, _ points: [Point]) {
    let start = strokes.last?.last ?? Point(0, 0)
    let end = points[points.count - 1]
    // Beyond a circle's 0.552: slightly square curves stay open at small sizes.
    let bulge = 0.58
    switch command {
    case .move, .dot:
      strokes.append([end])
    case .line:
      if start.x == end.x { stemColumns.append(end.x) }
      if start.y == end.y { stemRows.append(end.y) }
      strokes[strokes.count - 1].append(end)
    case .horizontalArc:
      stemRows.append(start.y)
      stemColumns.append(end.x)
      let first = Point(start.x + bulge * (end.x - start.x), start.y)
      curve(start, first, Point(end.x, end.y + bulge * (start.y - end.y)), end)
    case .verticalArc:
      stemColumns.append(start.x)
      stemRows.append(end.y)
      let first = Point(start.x, start.y + bulge * (end.y - start.y))
      curve(start, first, Point(end.x + bulge * (start.x - end.x), end.y), end)
    case .quadratic:
      curve(start, start + (points[0] - start) * (2.0 / 3), end + (points[0] - end) * (2.0 / 3), end)
    case .cubic:
      curve(start, points[0], points[1], end)
    }
  }

  /// Appends a cubic Bézier curve as eight lines: at 24 pixels they stray from it by less than a twentieth of a pixel.
  private mutating func curve(_ a: Point, _ b: Point, _ c: Point, _ d: Point) {
    for step in 1...8 {
      let t = Double(step) / 8
      let u = 1 - t
      let start: Point = a * (u * u * u) + b * (3 * u * u * t)
      let end: Point = c * (3 * u * t * t) + d * (t * t * t)
      strokes[strokes.count - 1].append(start + end)
    }
  }
}
