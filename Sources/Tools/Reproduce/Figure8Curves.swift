import ToolSupport

/// How the error on D_Adv came about: against epochs, with the paper's errors as dashed lines, and against the error on the i.i.d. test.
struct Figure8Curves {
  private let figure: Figure8
  private let models: [Figure8.Model]

  init(_ figure: Figure8) {
    self.figure = figure
    models = Figure8.Model.allCases.filter { !figure.curve($0).isEmpty }
  }

  /// Both charts side by side.
  func draw() -> Canvas {
    var canvas = Canvas(width: 1100, height: 560)
    drawEpochs(PixelRect(x: 75, y: 50, width: 455, height: 390), on: &canvas)
    drawMatched(PixelRect(x: 625, y: 50, width: 445, height: 390), on: &canvas)
    let legend = Legend(models.map { .init(.fill($0.color), $0.title) }, columns: max(models.count, 1))
    legend.draw(on: &canvas, x: canvas.width / 2 - legend.size.width / 2, y: 505)
    return canvas
  }

  private func drawEpochs(_ frame: PixelRect, on canvas: inout Canvas) {
    let epochs = Double(models.map { figure.curve($0).count }.max() ?? 1)
    let plot = Plot(
      frame: frame, x: Axis(from: 0, to: epochs, label: "epochs"),
      y: Axis(from: 0, to: 100, label: "error on D_Adv in per cent"),
      title: "\(figure.variant.rawValue) shiftMNIST, as training goes on")
    plot.drawGrid(on: &canvas)
    func points(_ errors: [Figure8.EpochErrors]) -> [Point] {
      errors.enumerated().map { Point(Double($0 + 1), 100 * $1.shifted) }
    }
    for model in models {
      if let paper = Figure8.paper(figure.variant, model)?.shifted {
        plot.drawLine(
          [Point(0, paper), Point(epochs, paper)], stroke: Stroke(model.color, width: 1, dashes: [6, 5]), on: &canvas)
      }
      for run in figure.curves[model, default: []] {
        plot.drawLine(points(run), stroke: Stroke(model.color, width: 1), on: &canvas)
      }
      plot.drawLine(points(figure.curve(model)), stroke: Stroke(model.color, width: 3), on: &canvas)
    }
    plot.drawFrame(on: &canvas)
  }

  private func drawMatched(_ frame: PixelRect, on canvas: inout Canvas) {
    let all = models.flatMap { figure.curves[$0, default: []].joined() }
    // Errors of the first epochs are large and not what is compared.
    let widest = min(100 * (all.map(\.test).max() ?? 0.01), 3)
    let plot = Plot(
      frame: frame, x: Axis(from: 0, to: max(widest, 0.1), label: "error on the i.i.d. test in per cent"),
      y: Axis(from: 0, to: 100, label: "error on D_Adv in per cent"), title: "At the same error on D_train")
    plot.drawGrid(on: &canvas)
    for model in models {
      let marker = Marker(.circle, model.color, size: 7)
      for run in figure.curves[model, default: []] {
        for errors in run { plot.drawMarker(marker, at: Point(100 * errors.test, 100 * errors.shifted), on: &canvas) }
      }
    }
    plot.drawFrame(on: &canvas)
  }
}
