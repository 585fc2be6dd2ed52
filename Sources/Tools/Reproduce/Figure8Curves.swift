import ToolSupport

/// The error on D_Adv after every epoch of training: of all models, with the paper's errors as dashed lines.
struct Figure8Curves {
  private let figure: Figure8

  init(_ figure: Figure8) { self.figure = figure }

  /// The chart.
  func draw() -> Canvas {
    var canvas = Canvas(width: 1000, height: 560)
    let models = Figure8.Model.allCases.filter { !figure.curve($0).isEmpty }
    let epochs = models.map { figure.curve($0).count }.max() ?? 1
    let plot = Plot(
      frame: PixelRect(x: 75, y: 50, width: 895, height: 390),
      x: Axis(from: 0, to: Double(max(epochs, 1)), label: "epochs"),
      y: Axis(from: 0, to: 100, label: "error on D_Adv in per cent"),
      title: "The error without the shortcut as training goes on, \(figure.variant.rawValue) shiftMNIST")
    plot.drawGrid(on: &canvas)
    for model in models {
      if let paper = Figure8.paper(figure.variant, model)?.shifted {
        plot.drawLine(
          [Point(0, paper), Point(Double(epochs), paper)],
          stroke: Stroke(model.color, width: 1, dashes: [6, 5]), on: &canvas)
      }
      for run in figure.curves[model, default: []] {
        plot.drawLine(points(run), stroke: Stroke(model.color, width: 1), on: &canvas)
      }
      plot.drawLine(points(figure.curve(model)), stroke: Stroke(model.color, width: 3), on: &canvas)
    }
    plot.drawFrame(on: &canvas)
    let legend = Legend(models.map { .init(.fill($0.color), $0.title) }, columns: max(models.count, 1))
    legend.draw(on: &canvas, x: canvas.width / 2 - legend.size.width / 2, y: 505)
    return canvas
  }

  private func points(_ errors: [Double]) -> [Point] {
    errors.enumerated().map { Point(Double($0 + 1), 100 * $1) }
  }
}
