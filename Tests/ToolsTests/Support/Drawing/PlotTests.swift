import Testing
import ToolSupport

@Suite struct PlotTests {
  private static let plot = Plot(
    frame: PixelRect(x: 20, y: 10, width: 100, height: 80), x: Axis(from: 0, to: 10), y: Axis(from: -4, to: 4))

  @Test func dataAndPixelsMapBothWays() {
    #expect(Self.plot.pixel(Point(0, -4)) == Point(20, 90))
    #expect(Self.plot.pixel(Point(10, 4)) == Point(120, 10))
    #expect(Self.plot.pixel(Point(5, 0)) == Point(70, 50))
    #expect(Self.plot.data(Point(70, 50)) == Point(5, 0))
    #expect(Self.plot.data(Self.plot.pixel(Point(2.5, 1))) == Point(2.5, 1))
  }

  @Test func contourOfXFallsOnItsColumn() {
    var canvas = Canvas(width: 140, height: 110)
    let grid = PlaneGrid(columns: 11, rows: 9, x: 0...10, y: -4...4)
    // 3.25 is pixel 20 + 32.5: the middle of column 52, so a line of one pixel fills it and nothing else.
    let field = PlaneField(grid: grid) { Float($0.x) }
    Self.plot.drawContour(of: field, level: 3.25, stroke: Stroke(.black, width: 1), on: &canvas)
    #expect(canvas.inkBounds == PixelRect(x: 52, y: 10, width: 1, height: 80))
    #expect(canvas.inkArea == 80)
  }

  @Test func regionsMeetAtTheContour() {
    var canvas = Canvas(width: 140, height: 110)
    let grid = PlaneGrid(columns: 4, rows: 3, x: 0...10, y: -4...4)
    let field = PlaneField(grid: grid) { Float($0.x) }
    Self.plot.drawRegions(of: field, level: 3.3, below: .sky, above: .orange, on: &canvas)
    #expect(canvas.color(x: 52, y: 50) == .sky)
    #expect(canvas.color(x: 53, y: 50) == .orange)
    #expect(canvas.color(x: 20, y: 10) == .sky)
    #expect(canvas.color(x: 119, y: 89) == .orange)
    #expect(canvas.inkBounds == Self.plot.frame)
  }

  @Test func classesColorTheirCells() {
    var canvas = Canvas(width: 140, height: 110)
    let grid = PlaneGrid(columns: 2, rows: 2, x: 0...10, y: -4...4)
    Self.plot.drawClasses([0, 1, -1, 2], grid: grid, colors: [.blue, .green], on: &canvas)
    #expect(canvas.color(x: 20, y: 89) == .blue)
    #expect(canvas.color(x: 69, y: 50) == .blue)
    #expect(canvas.color(x: 70, y: 50) == .green)
    // Classes without a colour: the upper half stays white.
    #expect(canvas.color(x: 20, y: 49) == .white)
    #expect(canvas.color(x: 119, y: 10) == .white)
  }

  @Test func circleTouchesItsExtremes() throws {
    var canvas = Canvas(width: 140, height: 110)
    Self.plot.drawCircle(center: Point(5, 0), radius: 2, stroke: Stroke(.black, width: 1), on: &canvas)
    // Ten pixels a unit on both axes: radius 20 around (70, 50), and half a pixel of pen and as much of its blur.
    let bounds = try #require(canvas.inkBounds)
    #expect(bounds == PixelRect(x: 49, y: 29, width: 42, height: 42))
    #expect(abs(canvas.inkArea - 2 * .pi * 20) < 2)
  }

  @Test func nothingButLabelsLeavesTheFrame() throws {
    var canvas = Canvas(width: 140, height: 110)
    let points = awkwardNumbers.flatMap { x in awkwardNumbers.map { Point(x, $0) } }
    Self.plot.drawLine(points, stroke: Stroke(.black, width: 5), on: &canvas)
    Self.plot.drawCircle(center: Point(.nan, 0), radius: 1e300, stroke: Stroke(.black), on: &canvas)
    let bounds = try #require(canvas.inkBounds)
    #expect(Self.plot.frame.intersection(bounds) == bounds)
  }

  @Test func markersOutsideTheAxesAreLeftOut() {
    var canvas = Canvas(width: 140, height: 110)
    for x in [-1, 11, Double.nan, .infinity] {
      Self.plot.drawMarker(Marker(.circle, .black), at: Point(x, 0), label: "out", on: &canvas)
      Self.plot.drawMarker(Marker(.circle, .black), at: Point(5, x), label: "out", on: &canvas)
    }
    // Of the y values, −1 is inside.
    var expected = Canvas(width: 140, height: 110)
    Self.plot.drawMarker(Marker(.circle, .black), at: Point(5, -1), label: "out", on: &expected)
    #expect(canvas.pixels == expected.pixels)
    #expect(expected.inkBounds != nil)
  }

  @Test(arguments: [Plot.LabelSide.left, .right, .above, .below])
  func labelsStandOnTheirSide(side: Plot.LabelSide) throws {
    var canvas = Canvas(width: 140, height: 110)
    Self.plot.drawMarker(Marker(.circle, .white), at: Point(5, 0), label: "HI", side: side, on: &canvas)
    let bounds = try #require(canvas.inkBounds)
    switch side {
    case .left: #expect(bounds.maxX <= 65)
    case .right: #expect(bounds.x >= 75)
    case .above: #expect(bounds.maxY <= 45)
    case .below: #expect(bounds.y >= 55)
    }
  }

  @Test func barsHaveTheirHeights() {
    var canvas = Canvas(width: 240, height: 140)
    let plot = Plot(
      frame: PixelRect(x: 20, y: 20, width: 200, height: 100), x: Axis(names: ["a", "b"]), y: Axis(from: 0, to: 10))
    plot.drawBars(
      [.init(values: [3, .nan, 5], color: .blue), .init(values: [8, 1e300], color: .green)], on: &canvas)
    func height(_ color: Color, columns: Range<Int>) -> Int {
      (0..<140).filter { y in columns.contains { canvas.color(x: $0, y: y) == color } }.count
    }
    #expect(height(.blue, columns: 20..<120) == 30)
    #expect(height(.green, columns: 20..<120) == 80)
    #expect(height(.blue, columns: 120..<220) == 0)
    #expect(height(.green, columns: 120..<220) == 100)
    // A group is 100 pixels wide; two bars share 80 of them, less a pixel on both sides of each.
    #expect((0..<240).filter { canvas.color(x: $0, y: 115) == .blue } == Array(31..<69))
    #expect((0..<120).filter { canvas.color(x: $0, y: 115) == .green } == Array(71..<109))
  }

  @Test func frameHasTicksOutsideItsBorder() {
    var canvas = Canvas(width: 140, height: 110)
    Self.plot.drawFrame(on: &canvas)
    #expect(canvas.color(x: 20, y: 50) == .ink)
    #expect(canvas.color(x: 119, y: 50) == .ink)
    #expect(canvas.color(x: 70, y: 89) == .ink)
    #expect(canvas.color(x: 70, y: 50) == .white)
    // The ticks of 4 on x (steps of two) and 0 on y.
    #expect(canvas.color(x: 60, y: 94) == .ink)
    #expect(canvas.color(x: 15, y: 50) == .ink)
  }

  @Test func legendFillsItsBox() throws {
    let entries: [Legend.Entry] = [
      .init(.fill(.blue), "a fill"), .init(.line(Stroke(.green, width: 3, dashes: [4, 4])), "a dashed line, long"),
      .init(.marker(Marker(.cross, .vermilion)), "a marker"),
    ]
    for columns in 1...4 {
      let legend = Legend(entries, columns: columns)
      var canvas = Canvas(width: 700, height: 200)
      legend.draw(on: &canvas, x: 7, y: 9)
      let expected = PixelRect(x: 7, y: 9, width: legend.size.width, height: legend.size.height)
      #expect(canvas.inkBounds == expected)
      let inner = expected.grown(by: -1)
      // Nothing touches the border from inside.
      for x in inner.x..<inner.maxX { #expect(canvas.color(x: x, y: inner.y) == .white) }
      for y in inner.y..<inner.maxY { #expect(canvas.color(x: inner.maxX - 1, y: y) == .white) }
      for color in [Color.blue, .green, .vermilion] {
        #expect((0..<200).contains { y in (0..<700).contains { canvas.color(x: $0, y: y) == color } })
      }
    }
    let empty = Legend([], columns: 2)
    var canvas = Canvas(width: 60, height: 60)
    empty.draw(on: &canvas, x: 0, y: 0)
  }
}
