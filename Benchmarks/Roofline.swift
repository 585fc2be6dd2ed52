import Foundation
import ToolSupport

/// The products of a run in the roofline of its machine (Williams, Waterman, Patterson 2009): operations a second over operations for
/// every byte of operands and results, each counted once, below what multiply-adds on registers and reading from memory allow. What the
/// caches hold between calls can stand above the slope, and what is transformed before it is multiplied above the roof: operations are
/// those of a direct sum.
struct Roofline {
  private struct Series {
    let name: String
    let color: Color
    let points: [Point]
  }

  private let threads: Int
  private let peak: Double
  private let memoryRate: Double
  private let series: [Series]

  /// Of the measurements with the most threads; nil if none is a product.
  init?(_ run: Run) {
    guard let threads = run.measurements.map(\.threads).max(), let peak = run.peaks.values[threads],
      let memoryRate = run.memoryRates[threads]
    else { return nil }
    self.init(run.measurements, threads: threads, peak: peak, memoryRate: memoryRate)
  }

  /// Of the measurements with some threads, below roofs in operations and bytes a second; nil if none is a product.
  init?(_ measurements: [Measurement], threads: Int, peak: Double, memoryRate: Double) {
    (self.threads, self.peak, self.memoryRate) = (threads, peak / 1e9, memoryRate / 1e9)
    let kinds: [(String, Color)] = [("matmul", .blue), ("dense", .orange), ("convolution", .green)]
    series = kinds.compactMap { kind, color in
      let points = measurements.filter { $0.threads == threads && $0.name.hasPrefix(kind) }.compactMap(Self.point)
      return points.isEmpty ? nil : Series(name: kind, color: color, points: points)
    }
    if series.isEmpty { return nil }
  }

  private static func point(_ measurement: Measurement) -> Point? {
    guard case .operations(let count, let bytes) = measurement.work, bytes > 0, let rate = measurement.gflops else {
      return nil
    }
    return Point(count / bytes, rate)
  }

  private var title: String { "Roofline, \(threads) thread\(threads == 1 ? "" : "s")" }
  private static let xRange = (0.25, 512.0)
  private var yRange: (Double, Double) {
    let best = series.flatMap(\.points).reduce(0) { max($0, $1.y) }
    return (peak / 128, max(peak * 1.5, best * 1.2))
  }
  private static let xLabel = "floating-point operations for each byte of operands and results"
  private static let yLabel = "GFLOP/s"

  /// The roof, from left to right.
  private var roof: [Point] {
    let (left, right) = Self.xRange
    return [Point(left, left * memoryRate), Point(peak / memoryRate, peak), Point(right, peak)]
  }

  private var roofLabel: String {
    "\(Decimals.fixed(peak, places: 0)) GFLOP/s, \(Decimals.fixed(memoryRate, places: 0)) GB/s from memory"
  }

  /// The picture, both axes by powers of two.
  func draw() -> Canvas {
    var canvas = Canvas(width: 900, height: 600)
    let plot = Plot(
      frame: PixelRect(x: 80, y: 50, width: 790, height: 430),
      x: axis(Self.xRange, label: Self.xLabel), y: axis(yRange, label: Self.yLabel), title: title)
    plot.drawGrid(on: &canvas)
    plot.drawLine(roof.map(logarithm), stroke: Stroke(.ink, width: 2), on: &canvas)
    for series in series {
      for point in series.points {
        plot.drawMarker(Marker(.circle, series.color, size: 8, outlineWidth: 1), at: logarithm(point), on: &canvas)
      }
    }
    plot.drawFrame(on: &canvas)
    let entries =
      [Legend.Entry(.line(Stroke(.ink, width: 2)), roofLabel)]
      + series.map { Legend.Entry(.marker(Marker(.circle, $0.color)), $0.name) }
    let legend = Legend(entries, columns: entries.count, textSize: 12)
    legend.draw(on: &canvas, x: canvas.width / 2 - legend.size.width / 2, y: 545)
    return canvas
  }

  private func logarithm(_ point: Point) -> Point { Point(log2(point.x), log2(point.y)) }

  private func axis(_ range: (Double, Double), label: String) -> Axis {
    let (low, high) = (log2(range.0), log2(range.1))
    let ticks = stride(from: low.rounded(.up), through: high, by: 1).map { exponent in
      Axis.Tick(value: exponent, label: Self.number(exp2(exponent)))
    }
    return Axis(from: low, to: high, label: label, ticks: ticks)
  }

  private static func number(_ value: Double) -> String {
    value >= 1 ? Decimals.fixed(value, places: 0) : Decimals.fixed(value, places: 2)
  }

  /// The same as an SVG file.
  var svg: Data {
    let (left, top, width, height) = (80.0, 40.0, 790.0, 430.0)
    func place(_ point: Point) -> (x: Double, y: Double) {
      let (x, y) = (log2(point.x / Self.xRange.0), log2(point.y / yRange.0))
      return (
        left + width * x / log2(Self.xRange.1 / Self.xRange.0), top + height * (1 - y / log2(yRange.1 / yRange.0))
      )
    }
    func text(_ words: String, _ x: Double, _ y: Double, anchor: String = "middle", more: String = "") -> String {
      "<text x=\"\(Self.digits(x))\" y=\"\(Self.digits(y))\" text-anchor=\"\(anchor)\"\(more)>\(words)</text>"
    }
    var lines = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 900 570\" font-family=\"sans-serif\" font-size=\"12\">",
      "<rect width=\"900\" height=\"570\" fill=\"#ffffff\"/>",
      "<rect x=\"\(Self.digits(left))\" y=\"\(Self.digits(top))\" width=\"\(Self.digits(width))\" height=\"\(Self.digits(height))\" fill=\"none\" stroke=\"#222222\"/>",
      text(title, left + width / 2, 24, more: " font-size=\"16\" font-weight=\"bold\""),
      text(Self.xLabel, left + width / 2, top + height + 42),
      text(Self.yLabel, 24, top + height / 2, more: " transform=\"rotate(-90 24 \(Self.digits(top + height / 2)))\""),
    ]
    for exponent in stride(from: log2(Self.xRange.0).rounded(.up), through: log2(Self.xRange.1), by: 1) {
      lines.append(text(Self.number(exp2(exponent)), place(Point(exp2(exponent), yRange.0)).x, top + height + 18))
    }
    for exponent in stride(from: log2(yRange.0).rounded(.up), through: log2(yRange.1), by: 1) {
      lines.append(
        text(Self.number(exp2(exponent)), left - 8, place(Point(Self.xRange.0, exp2(exponent))).y + 4, anchor: "end"))
    }
    let corners = roof.map(place).map { "\(Self.digits($0.x)),\(Self.digits($0.y))" }.joined(separator: " ")
    lines.append("<polyline points=\"\(corners)\" fill=\"none\" stroke=\"#222222\" stroke-width=\"2\"/>")
    lines.append(text(roofLabel, left + width - 10, place(Point(1, peak)).y - 8, anchor: "end"))
    for (index, series) in series.enumerated() {
      let color = Self.hex(series.color)
      for point in series.points {
        let (x, y) = place(point)
        lines.append("<circle cx=\"\(Self.digits(x))\" cy=\"\(Self.digits(y))\" r=\"4\" fill=\"\(color)\"/>")
      }
      let x = left + 20 + 120 * Double(index)
      lines.append("<circle cx=\"\(Self.digits(x))\" cy=\"545\" r=\"5\" fill=\"\(color)\"/>")
      lines.append(text(series.name, x + 12, 549, anchor: "start"))
    }
    lines.append("</svg>\n")
    return Data(lines.joined(separator: "\n").utf8)
  }

  private static func digits(_ value: Double) -> String { Decimals.fixed(value, places: 1) }

  private static func hex(_ color: Color) -> String {
    "#"
      + [color.red, color.green, color.blue].map { value in
        let digits = String(value, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
      }.joined()
  }
}
