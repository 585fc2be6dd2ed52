import ToolSupport

/// Bars in the manner of the paper's figure 6: what readers find of the class in z_s and in z_n beside H(y), in nats.
struct Theorem6Chart {
  /// A model on a distribution.
  struct Group {
    let name: String
    let entropy, semantics, nuisance: Double

    /// What a `Theorem6Measurement` wrote; `value` finds the number at a path.
    init(name: String, distribution: Theorem6.Distribution, _ value: (String) -> Double?) {
      func nats(_ path: String) -> Double { value("\(distribution.rawValue).\(path)") ?? .nan }
      self.name = name
      entropy = nats("entropy_nats")
      semantics = nats("z_s.information_lower_bound_nats")
      nuisance = nats("z_n.information_lower_bound_nats")
    }
  }

  let groups: [Group]
  let title: String

  private static let colors = [Color(grey: 0xB0), .blue, .vermilion]

  /// The chart.
  func draw() -> Canvas {
    var canvas = Canvas(width: max(640, 110 + 140 * groups.count), height: 470)
    let plot = Plot(
      frame: PixelRect(x: 75, y: 50, width: canvas.width - 105, height: 320),
      x: Axis(names: groups.map(\.name)),
      y: Axis(from: 0, to: 1.15 * (groups.map(\.entropy).filter(\.isFinite).max() ?? 1), label: "nats"), title: title)
    plot.drawGrid(on: &canvas)
    let series = [groups.map(\.entropy), groups.map(\.semantics), groups.map(\.nuisance)]
    plot.drawBars(
      zip(series, Self.colors).map { Plot.BarSeries(values: $0, color: $1) }, decimals: 2, on: &canvas)
    plot.drawFrame(on: &canvas)
    let names = ["H(y)", "I(y; z_s), from below", "I(y; z_n), from below"]
    let legend = Legend(zip(Self.colors, names).map { .init(.fill($0), $1) }, columns: names.count)
    legend.draw(on: &canvas, x: canvas.width / 2 - legend.size.width / 2, y: 415)
    return canvas
  }
}
