import Datasets
import Flow
import Kernels
import ToolSupport

/// Figure 4 of the paper: what the logit classifier and the nuisance classifier decide on two planes through the origin,
/// one spanned by two random points, one by a point and its metamer.
struct Figure4 {
  let classifier: BijectiveClassifier<DenseFiRevNet>
  let nuisanceClassifier: RectifierNetwork
  let spheres: Spheres
  /// A point of each sphere.
  let first: [Float]
  let second: [Float]
  /// The first point's metamer, and in words what it is.
  let metamer: [Float]
  let metamerText: String

  /// The picture, 1600 × 940.
  func draw() -> Canvas {
    var canvas = Canvas(width: 1600, height: 940)
    canvas.draw(
      "What a classifier of two spheres ignores: decisions on planes through the origin", at: Point(800, 44),
      style: TextStyle(size: 24, bold: true, alignment: .center))
    drawPanel(
      x: 95, second, title: "Plane of two data points, x₁ (inner) and x₂ (outer)", labels: ("x₁", "x₂"),
      marker: Self.pointMarker, on: &canvas)
    drawPanel(
      x: 875, metamer, title: "Plane of x₁ and its metamer", labels: ("x₁", "metamer"), marker: Self.metamerMarker,
      on: &canvas)
    let legend = Legend(
      [
        .init(.fill(Self.innerColor), "logit classifier says inner"),
        .init(.line(Self.logitStroke), "its boundary (zₛ)"),
        .init(.line(Self.innerStroke), "inner sphere, R₁ = \(Decimals.shortest(spheres.innerRadius))"),
        .init(.marker(Self.pointMarker), "data point"),
        .init(.fill(Self.outerColor), "logit classifier says outer"),
        .init(.line(Self.nuisanceStroke), "nuisance classifier's boundary (zₙ)"),
        .init(.line(Self.outerStroke), "outer sphere, R₂ = \(Decimals.shortest(spheres.outerRadius))"),
        .init(.marker(Self.metamerMarker), metamerText),
      ], columns: 4, textSize: 15)
    legend.draw(on: &canvas, x: 800 - legend.size.width / 2, y: 760)
    let style = TextStyle(size: 15, color: .mutedInk)
    let caption =
      "A point that moves inside one coloured region keeps the logit classifier's decision. On the right the metamer has "
      + "x₁'s very logits and lies in x₁'s region, yet not on x₁'s sphere. The dashed line bounds what a classifier calls "
      + "inner that sees only what the logits leave out."
    for (index, line) in style.lines(of: caption, width: 1400).enumerated() {
      canvas.draw(line, at: Point(100, 868 + 24 * Double(index)), style: style)
    }
    return canvas
  }

  private static let innerColor = Color.sky.lightened(by: 0.72)
  private static let outerColor = Color.orange.lightened(by: 0.72)
  private static let logitStroke = Stroke(.blue, width: 3)
  private static let nuisanceStroke = Stroke(.vermilion, width: 3, dashes: [12, 6])
  private static let innerStroke = Stroke(.ink, width: 1.5)
  private static let outerStroke = Stroke(.ink, width: 1.5, dashes: [1.5, 4.5])
  private static let pointMarker = Marker(.circle, .ink, size: 11)
  private static let metamerMarker = Marker(.diamond, .green, size: 13)

  private func drawPanel(
    x: Int, _ other: [Float], title: String, labels: (String, String), marker: Marker, on canvas: inout Canvas
  ) {
    let (e1, e2) = Self.basis(first, other)
    let place = { (point: [Float]) in Point(Self.dot(point, e1), Self.dot(point, e2)) }
    let reach = 1.2 * max(spheres.outerRadius, abs(place(other).x), abs(place(other).y))
    let plot = Plot(
      frame: PixelRect(x: x, y: 105, width: 690, height: 590),
      x: Axis(from: -reach * 690 / 590, to: reach * 690 / 590, label: "along x₁"),
      y: Axis(from: -reach, to: reach, label: "across, towards the other point"), title: title)
    let grid = PlaneGrid(columns: 260, rows: 222, x: plot.x.range, y: plot.y.range)
    let fields = decisions(grid, e1, e2)
    plot.drawRegions(of: fields.logits, level: 0, below: Self.innerColor, above: Self.outerColor, on: &canvas)
    plot.drawCircle(center: Point(0, 0), radius: spheres.innerRadius, stroke: Self.innerStroke, on: &canvas)
    plot.drawCircle(center: Point(0, 0), radius: spheres.outerRadius, stroke: Self.outerStroke, on: &canvas)
    plot.drawContour(of: fields.logits, level: 0, stroke: Self.logitStroke, on: &canvas)
    plot.drawContour(of: fields.nuisance, level: 0, stroke: Self.nuisanceStroke, on: &canvas)
    plot.drawMarker(Self.pointMarker, at: place(first), label: labels.0, on: &canvas)
    plot.drawMarker(marker, at: place(other), label: labels.1, side: .above, on: &canvas)
    plot.drawFrame(on: &canvas)
  }

  /// The outer class's logit minus the inner's, of both classifiers, at every node.
  private func decisions(_ grid: PlaneGrid, _ e1: [Double], _ e2: [Double]) -> (
    logits: PlaneField, nuisance: PlaneField
  ) {
    let nodes = grid.nodes
    var logits: [Float] = []
    var nuisance: [Float] = []
    forEachBatch(of: nodes.count, size: 2000) { range in
      var points = Matrix(rows: range.count, columns: first.count)
      for (row, node) in nodes[range].enumerated() {
        for column in first.indices { points[row, column] = Float(node.x * e1[column] + node.y * e2[column]) }
      }
      let z = classifier.network.forward(Activation(rowsOf: points)).y
      let own = classifier.logits(ofCode: z)
      let other = nuisanceClassifier.logits(classifier.readOut.nuisance(z))
      for row in 0..<range.count {
        logits.append(own[row, 1] - own[row, 0])
        nuisance.append(other[row, 1] - other[row, 0])
      }
    }
    return (PlaneField(grid: grid, values: logits), PlaneField(grid: grid, values: nuisance))
  }

  /// An orthonormal basis of the plane of two vectors, the first along the first. Where they are parallel the second is
  /// any direction across.
  private static func basis(_ a: [Float], _ b: [Float]) -> ([Double], [Double]) {
    func normalised(_ v: [Double]) -> [Double] {
      let length = v.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return v.map { $0 / length }
    }
    let e1 = normalised(a.map(Double.init))
    func across(_ v: [Double]) -> [Double] {
      let along = zip(v, e1).reduce(0) { $0 + $1.0 * $1.1 }
      return zip(v, e1).map { $0 - along * $1 }
    }
    let rest = across(b.map(Double.init))
    let length = rest.reduce(0) { $0 + $1 * $1 }.squareRoot()
    if length > 1e-6 { return (e1, normalised(rest)) }
    let smallest = e1.indices.min { abs(e1[$0]) < abs(e1[$1]) } ?? 0
    return (e1, normalised(across(e1.indices.map { $0 == smallest ? 1 : 0 })))
  }

  private static func dot(_ a: [Float], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + Double($1.0) * $1.1 } }
}
