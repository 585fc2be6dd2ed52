import ToolSupport

extension Figure8.Model {
  /// Its colour in every chart.
  var color: Color {
    switch self {
    case .resNet: .blue
    case .crossEntropy: .orange
    case .independence: .green
    case .bounded: .vermilion
    case .control: .purple
    }
  }
}

/// The errors of figure 8 as bars: those of all models on D_train, the i.i.d. test and D_Adv, and the paper's on D_Adv.
struct Figure8Chart {
  private let figure: Figure8

  init(_ figure: Figure8) { self.figure = figure }

  /// The chart.
  func draw() -> Canvas {
    var canvas = Canvas(width: 1000, height: 540)
    let plot = Plot(
      frame: PixelRect(x: 75, y: 50, width: 895, height: 370),
      x: Axis(names: ["D_train", "i.i.d. test", "D_Adv", "D_Adv, paper"]),
      y: Axis(from: 0, to: 100, label: "error in per cent"),
      title: "Figure 8, \(figure.variant.rawValue) shiftMNIST")
    plot.drawGrid(on: &canvas)
    plot.drawBars(Figure8.Model.allCases.map(series), on: &canvas)
    plot.drawFrame(on: &canvas)
    let legend = Legend(
      Figure8.Model.allCases.map { .init(.fill($0.color), $0.title) }, columns: Figure8.Model.allCases.count)
    legend.draw(on: &canvas, x: canvas.width / 2 - legend.size.width / 2, y: 480)
    return canvas
  }

  private func series(_ model: Figure8.Model) -> Plot.BarSeries {
    let own = [Figure8.Quantity.trainError, .testError, .shiftedError].map { quantity in
      figure.spread(model, quantity).map { 100 * $0.mean } ?? .nan
    }
    return Plot.BarSeries(
      values: own + [Figure8.paper(figure.variant, model)?.shifted ?? .nan], color: model.color)
  }
}
