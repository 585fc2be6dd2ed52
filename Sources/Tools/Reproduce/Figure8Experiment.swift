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
    var options = ["experiment": "figure8", "variant": variant.rawValue, "data": data.path, "limit": String(limit)]
    for (model, words) in recipe.words { options[model.rawValue] = words.joined(separator: " ") }
    try runs.claim(options)
    var figure = Figure8(variant: variant, remark: recipe.remark, seeds: seeds)
    for seed in seeds {
      for model in Figure8.Model.allCases {
        let run = "seed-\(seed)/\(model.rawValue)"
        try runs.train(run, words(model, seed))
        if !runs.exists("\(run)/\(ShiftMeasurement.file)") {
          let measurement = ShiftMeasurement(
            hidden: recipe.probe.hidden, epochs: recipe.probe.epochs, seed: seed, console: runs.console)
          let training = limit > 0 ? splits.prefix(train: limit, test: nil) : splits
          let metrics = try measurement.run(
            ModelFile.read(run: runs.folder.file(run)), training, shifted: shifted)
          try runs.folder.write(metrics.json(), to: "\(run)/\(ShiftMeasurement.file)")
        }
        figure.add(
          model, training: try runs.metrics("\(run)/metrics.json"),
          shift: try runs.metrics("\(run)/\(ShiftMeasurement.file)"))
      }
    }
    let png = Figure8Chart(figure).draw().png
    try runs.folder.write(Data(png), to: "figure8.png")
    try runs.folder.write(figure.report(png: png), to: "report.html")
    try runs.write(figure.metrics, began: began)
    try runs.console.output(figure.text + "Written to \(runs.folder.file("report.html")).\n")
  }

  private func words(_ model: Figure8.Model, _ seed: UInt64) -> [String] {
    // A random shift would move the code's pixel, whose row is the class, to another class's row, or out of the frame.
    ["--data", data.path, "--seed", String(seed), "--limit", String(limit), "--shift", "0"]
      + recipe.words[model, default: []]
  }
}
