import Foundation
import ToolSupport

/// Figures of every kind on invented data, drawn by the tests and, when asked, written out to be looked at. Every title
/// says that the data is invented, so that none can pass for a result.
enum ExampleFigures {
  static let all: [(name: String, draw: @Sendable () -> Canvas)] = [
    ("decision-planes", decisionPlanes), ("training-curves", trainingCurves), ("error-bars", errorBars),
    ("contact-sheet", contactSheet),
  ]

  static func decisionPlanes() -> Canvas {
    var canvas = Canvas(width: 1600, height: 900)
    canvas.draw(
      "Example, invented data: decisions on planes through two spheres", at: Point(800, 42),
      style: TextStyle(size: 24, bold: true, alignment: .center))
    let solid = Stroke(.blue, width: 3)
    let dashed = Stroke(.vermilion, width: 3, dashes: [12, 6])
    let inner = Stroke(.ink, width: 1.5)
    let outer = Stroke(.ink, width: 1.5, dashes: [1.5, 4.5])
    let classColors = [Color.sky.lightened(by: 0.72), Color.orange.lightened(by: 0.72)]
    let titles = [
      "(a) Plane through two random data points x₁ and x₂", "(b) Plane through a data point x and its metamer",
    ]
    for panel in 0..<2 {
      let frame = PixelRect(x: 95 + 780 * panel, y: 105, width: 690, height: 560)
      let plot = Plot(
        frame: frame, x: Axis(from: -14.8, to: 14.8, label: "first direction of the plane"),
        y: Axis(from: -12, to: 12, label: "second direction, orthogonal to the first"), title: titles[panel])
      let grid = PlaneGrid(columns: 150, rows: 150, x: plot.x.range, y: plot.y.range)
      let shift = Double(panel)
      let first = PlaneField(grid: grid) { point in
        let angle = atan2(point.y, point.x)
        return Float((point * point).sum().squareRoot() - 5.5 - 0.8 * sin(3 * angle) - 2 * shift * cos(angle))
      }
      let second = PlaneField(grid: grid) { point in
        Float(point.x * point.x / (30 + 70 * shift) + point.y * point.y / 42 - 1 + 0.02 * point.x * (1 - shift))
      }
      plot.drawRegions(of: first, level: 0, below: classColors[0], above: classColors[1], on: &canvas)
      plot.drawCircle(center: Point(0, 0), radius: 1, stroke: inner, on: &canvas)
      plot.drawCircle(center: Point(0, 0), radius: 10, stroke: outer, on: &canvas)
      plot.drawContour(of: first, level: 0, stroke: solid, on: &canvas)
      plot.drawContour(of: second, level: 0, stroke: dashed, on: &canvas)
      let names = panel == 0 ? ["x₁", "x₂", "x₃"] : ["x", "metamer", "origin of zₙ"]
      plot.drawMarker(Marker(.circle, .ink, size: 11), at: Point(0.6, -0.8), label: names[0], on: &canvas)
      plot.drawMarker(
        Marker(.diamond, .green, size: 12), at: Point(-6, 8), label: names[1], side: .above, on: &canvas)
      plot.drawMarker(Marker(.triangle, .purple, size: 13), at: Point(8, -6), label: names[2], on: &canvas)
      plot.drawFrame(on: &canvas)
    }
    let legend = Legend(
      [
        .init(.fill(classColors[0]), "inner class, by classifier A"), .init(.line(solid), "boundary of A (on zₛ)"),
        .init(.line(inner), "inner sphere, R₁ = 1"), .init(.marker(Marker(.circle, .ink)), "data point"),
        .init(.fill(classColors[1]), "outer class, by classifier A"),
        .init(.line(dashed), "boundary of B (on zₙ)"), .init(.line(outer), "outer sphere, R₂ = 10"),
        .init(.marker(Marker(.diamond, .green)), "metamer: same logits"),
      ], columns: 4, textSize: 15)
    legend.draw(on: &canvas, x: 800 - legend.size.width / 2, y: 735)
    let captionStyle = TextStyle(size: 15, color: .mutedInk)
    let caption =
      "Each panel is a plane cut through the input space. A point may move freely inside its coloured region without a "
      + "change of decision: where a boundary strays from between the spheres, the classifier ignores what matters."
    for (index, line) in captionStyle.lines(of: caption, width: 1400).enumerated() {
      canvas.draw(line, at: Point(100, 842 + 24 * Double(index)), style: captionStyle)
    }
    return canvas
  }

  static func trainingCurves() -> Canvas {
    var canvas = Canvas(width: 900, height: 520)
    let steps = Array(stride(from: 0.0, through: 20000, by: 100))
    let train = steps.map { 2.3 * exp(-$0 / 3000) + 0.04 + 0.03 * sin($0 / 170) }
    var test = steps.map { 2.3 * exp(-$0 / 3200) + 0.16 + 0.00001 * $0 + 0.02 * cos($0 / 210) }
    test[120] = .nan
    let plot = Plot(
      frame: PixelRect(x: 85, y: 50, width: 785, height: 400),
      x: Axis(from: 0, to: 20000, label: "training step"),
      y: Axis(covering: train + test, label: "cross-entropy (nats)"),
      title: "Example, invented data: loss while training")
    plot.drawGrid(on: &canvas)
    let styles = [Stroke(.blue), Stroke(.vermilion, dashes: [8, 4])]
    for (values, stroke) in zip([train, test], styles) {
      plot.drawLine(zip(steps, values).map { Point($0, $1) }, stroke: stroke, on: &canvas)
    }
    plot.drawFrame(on: &canvas)
    let legend = Legend([.init(.line(styles[0]), "training"), .init(.line(styles[1]), "i.i.d. test")])
    legend.draw(on: &canvas, x: plot.frame.maxX - legend.size.width - 12, y: plot.frame.y + 12)
    return canvas
  }

  static func errorBars() -> Canvas {
    var canvas = Canvas(width: 900, height: 520)
    let plot = Plot(
      frame: PixelRect(x: 75, y: 50, width: 795, height: 360),
      x: Axis(names: ["i.i.d. test", "binary shift", "texture shift", "not run"]),
      y: Axis(from: 0, to: 100, label: "test error (%)"), title: "Example, invented data: error under a shift")
    plot.drawGrid(on: &canvas)
    plot.drawBars(
      [
        .init(values: [0.6, 73.1, 87.8, .nan], color: .blue),
        .init(values: [0.9, 57.1, 70.9, .infinity], color: .orange),
        .init(values: [0.7, 34.7, 46.0, 12], color: .green),
      ], on: &canvas)
    plot.drawFrame(on: &canvas)
    let legend = Legend(
      [
        .init(.fill(.blue), "ResNet, cross-entropy"), .init(.fill(.orange), "fi-RevNet, cross-entropy"),
        .init(.fill(.green), "fi-RevNet, independence"),
      ], columns: 3)
    legend.draw(on: &canvas, x: 450 - legend.size.width / 2, y: 462)
    return canvas
  }

  static func contactSheet() -> Canvas {
    let cells: [[[UInt8]?]] = (0..<4).map { row in
      (0..<10).map { column in
        if row == 3 && column == 9 { return nil }
        return (0..<784).map { index in
          let place = Point(Double(index % 28) - 13.5, Double(index / 28) - 13.5)
          let ring = (place * place).sum().squareRoot() - Double(4 + column % 5)
          return UInt8(max(0, 255 - abs(ring) * 70)) / 2 + (row > 1 && (index / 4).isMultiple(of: row) ? 60 : 0)
        }
      }
    }
    var sheet = ContactSheet(imageWidth: 28, imageHeight: 28, cells: cells)
    sheet.title = "Example, invented data: a table of images"
    sheet.rowLabels = ["source of logits z₁", "nuisance zₙ from", "metamer", "difference × 4"]
    sheet.columnLabels = (0..<10).map { "label \($0)" }
    return sheet.render()
  }

  /// The canvas as a binary PPM file, which every image viewer opens.
  static func ppm(_ canvas: Canvas) -> Data {
    Data("P6 \(canvas.width) \(canvas.height) 255\n".utf8) + Data(canvas.pixels)
  }
}
