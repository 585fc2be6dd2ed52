import Foundation
import ToolSupport

/// `Tools reproduce figure8`: models that were trained where a shortcut tells the class, where it is gone.
struct Figure8Experiment {
  let variant: Figure8.Variant
  let data: ShiftMNISTFolder
  let recipe: Figure8Recipe
  /// Training images at most; 0 for all.
  let limit: Int
  let seeds: [UInt64]
  let runs: ExperimentRuns

  /// Trains and measures what is not done yet, and writes report, chart and metrics.
  func run() throws {
    let began = Progress.seconds()
    let (splits, shifted) = try data.load()
    // What is missing is better said before hours of training.
    let unshortcut = try data.loadUnshortcut(like: splits.train)
    _ = try data.wronglyCoded(unshortcut: unshortcut, shifted: shifted)
    var options = ["experiment": "figure8", "variant": variant.rawValue, "data": data.path, "limit": String(limit)]
    for (model, words) in recipe.words { options[model.rawValue] = words.joined(separator: " ") }
    try runs.claim(options)
    var figure = Figure8(variant: variant, remark: recipe.remark, seeds: seeds)
    for seed in seeds {
      for model in Figure8.Model.allCases {
        let run = "seed-\(seed)/\(model.rawValue)"
        try runs.train(run, words(model, seed))
        let trained = try ModelFile.read(run: runs.folder.file(run))
        if !runs.exists("\(run)/\(ShiftMeasurement.file)") {
          let metrics = try ShiftMeasurement().run(trained, splits, shifted: shifted)
          try runs.folder.write(metrics.json(), to: "\(run)/\(ShiftMeasurement.file)")
        }
        figure.add(
          model, training: try runs.metrics("\(run)/metrics.json"),
          shift: try runs.metrics("\(run)/\(ShiftMeasurement.file)"), theorem6: try theorem6(trained, run, seed))
      }
    }
    let png = Figure8Chart(figure).draw().png
    let curves = Figure8Curves(figure).draw().png
    let theorem6 = figure.theorem6Chart.draw().png
    try runs.folder.write(Data(png), to: "figure8.png")
    try runs.folder.write(Data(curves), to: "curves.png")
    try runs.folder.write(Data(theorem6), to: Theorem6Command.figure)
    try runs.folder.write(figure.report(png: png, curves: curves, theorem6: theorem6), to: "report.html")
    try runs.write(figure.metrics, began: began)
    try runs.console.output(figure.text + "Written to \(runs.folder.file("report.html")).\n")
  }

  /// What `Theorem6Measurement` finds in a bijection's run, or found there before.
  private func theorem6(_ trained: TrainedModel, _ run: String, _ seed: UInt64) throws -> Metrics? {
    guard case .bijective(let model) = trained else { return nil }
    let file = "\(run)/\(Theorem6Measurement.file)"
    if !runs.exists(file) {
      let training = try TensorFile(path: runs.folder.file("\(run)/\(ModelFile.name)"))
        .decode(TrainingConfiguration.self, "training")
      let reader = Reader(
        .strong, hidden: recipe.reader.hidden, epochs: recipe.reader.epochs, seed: seed, console: runs.console)
      let measurement = Theorem6Measurement(
        coder: ImageCoder(model), training: training, draws: Reader.defaultDraws, reader: reader, seed: seed,
        console: runs.console)
      let metrics = try measurement.run(measurement.images(of: data))
      try runs.folder.write(metrics.json(), to: file)
    }
    return try runs.metrics(file)
  }

  private func words(_ model: Figure8.Model, _ seed: UInt64) -> [String] {
    // A random shift would move the code's pixel, whose row is the class, to another class's row, or out of the frame.
    ["--data", data.path, "--seed", String(seed), "--limit", String(limit), "--shift", "0"]
      + recipe.words[model, default: []]
  }
}
