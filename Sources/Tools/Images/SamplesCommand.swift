import Datasets
import Foundation
import Kernels
import ToolSupport

/// `Tools samples`: images drawn from a model's prior.
struct SamplesCommand: Command {
  let name = "samples"
  let summary = "images that a model draws from its prior, class by class"
  let discussion = """
    Draws codes, z_s from a normal distribution around its class and z_n from the one that training learned, and shows the \
    images F⁻¹(z). Needs a model that was trained with a likelihood term, which leaves its prior in the run.

    Writes samples.png and metrics.json.
    """
  let example = "swift run Tools samples runs/mnist-ice --temperature 0.8"
  let arguments = ModelRun.arguments
  let options: [Option] =
    [
      .integer("columns", default: 10, in: 1...40, metavar: "N", help: "images of each class"),
      .number("temperature", default: 1, in: 0...10, metavar: "T", help: "deviations are T times the prior's"),
      .positive(
        "margin", default: 1, metavar: "M", help: "mean of z_s at the class; if not given, the model's logit scale"),
      .unsigned("seed", default: 0, metavar: "SEED", help: "seed of the draws"),
      ModelRun.outputOption("samples"),
    ] + ModelRun.options

  func run(_ options: Options, console: Console) throws {
    let run = try ModelRun(options, console: console)
    let model = try run.bijection(for: self)
    let configuration = model.configuration
    let prior = try ImagePrior(model, path: run.file(ModelFile.name))
    let folder = try run.outputFolder(name)
    let columns = options.integer("columns")
    let classes = (0..<configuration.classes).flatMap { [Int](repeating: $0, count: columns) }
    let margin = options.isGiven("margin") ? options.number("margin") : configuration.logitScale.classMean
    let z = prior.codes(
      classes: classes, of: configuration.classes, margin: margin, temperature: options.number("temperature"),
      random: RandomStream(seed: options.unsigned("seed"), name: "samples"))
    let x = model.decode(z)
    let kept = zip(model.classify(model.encode(x)), classes).reduce(0) { $0 + (Int($1.0) == $1.1 ? 1 : 0) }
    let outside = x.matrix().values.reduce(0) { $0 + ((0...1).contains($1) ? 0 : 1) }
    var metrics = run.metrics
    metrics["seed"] = .text(String(options.unsigned("seed")))
    metrics["samples.count"] = .integer(classes.count)
    metrics["samples.temperature"] = .number(options.number("temperature"))
    metrics["samples.margin"] = .number(margin)
    metrics["samples.predicted_as_drawn"] = .number(Double(kept) / Double(classes.count))
    metrics["samples.pixels_outside_0_1"] = .number(Double(outside) / Double(x.samples * x.valuesPerSample))
    metrics.recordMachine()

    let drawn = model.batch.images(x)
    var sheet = ContactSheet(
      imageWidth: configuration.width, imageHeight: configuration.height,
      cells: (0..<configuration.classes).map { Array(drawn[($0 * columns)..<(($0 + 1) * columns)]) })
    sheet.title = "Samples, temperature \(Decimals.shortest(options.number("temperature")))"
    sheet.rowLabels = (0..<configuration.classes).map { "class \($0)" }
    sheet.scale = sheet.readableScale
    try folder.write(Data(sheet.render().png), to: "samples.png")
    try folder.write(metrics.json(), to: "metrics.json")
    try console.output(
      """
      classified as the class that was drawn: \(kept) of \(classes.count)
      Look at \(folder.file("samples.png")).

      """)
  }
}
