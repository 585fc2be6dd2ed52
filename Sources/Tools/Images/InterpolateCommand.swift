import Datasets
import Foundation
import Kernels
import ToolSupport

/// `Tools interpolate`: figure 7 of the paper.
struct InterpolateCommand: Command {
  let name = "interpolate"
  let summary = "from an image to its metamer at the same logits: figure 7 of the paper"
  let discussion = """
    Takes pairs of test images of different classes and holds the logits z_s of the one while its nuisance z_n becomes the \
    other's in equal steps. A row of the figure is a pair: the image itself at t = 0, its metamer at t = 1, and last the \
    image whose nuisance it then has.

    Writes interpolation.png and metrics.json.
    """
  let example = "swift run Tools interpolate runs/mnist --rows 10"
  let arguments = ModelRun.arguments
  let options: [Option] =
    [
      .integer("rows", default: 10, in: 1...40, metavar: "N", help: "pairs of images"),
      .integer("columns", default: 9, in: 2...40, metavar: "N", help: "steps, both ends included"),
      .unsigned("seed", default: 0, metavar: "SEED", help: "seed of the choice of images"),
      CodeWhitening.option, ModelRun.outputOption("interpolate"),
    ] + ModelRun.options

  func run(_ options: Options, console: Console) throws {
    let run = try ModelRun(options, console: console)
    let model = try run.bijection(for: self)
    let folder = try run.outputFolder(name)
    let images = try run.images(train: 0, test: .max).test
    let pairs = try run.pairs(of: images, count: options.integer("rows"), seed: options.unsigned("seed"))
    let source = model.batch.activation(images, pairs.sources)
    let donor = model.batch.activation(images, pairs.donors)
    let z = model.encode(source)
    var measures = MetamerMeasures()
    let steps = try steps(model, images, pairs, columns: options.integer("columns")) {
      measures.add($0, of: model, logitSource: z, source: source, donor: donor)
    }
    var metrics = run.metrics
    metrics["seed"] = .text(String(options.unsigned("seed")))
    measures.record(in: &metrics, at: "interpolation")
    metrics.recordMachine()

    let sheet = figure(model, images, pairs, steps)
    try folder.write(Data(sheet.render().png), to: "interpolation.png")
    try folder.write(metrics.json(), to: "metrics.json")
    try console.output(measures.summary + "Look at \(folder.file("interpolation.png")).\n")
  }

  /// A row for each pair: its steps, given step by step, and the donor.
  func figure(
    _ model: ImageModel, _ images: LabelledImages, _ pairs: ImagePairs, _ steps: [[[UInt8]]]
  ) -> ContactSheet {
    var sheet = ContactSheet(
      imageWidth: images.width, imageHeight: images.height,
      cells: pairs.donors.indices.map { row in
        steps.map { $0[row] } + [Array(images.image(pairs.donors[row]))]
      })
    sheet.title = "Every row keeps its logits, and the decision, while its nuisance becomes the last image's"
    let decisions = model.classify(model.encode(images, pairs.sources))
    sheet.rowLabels = (0..<pairs.count).map { row in
      "\(images.labels[pairs.sources[row]]) to \(images.labels[pairs.donors[row]]), decision \(decisions[row])"
    }
    sheet.columnLabels =
      steps.indices.map { "t = \(NumberText.fixed(Double($0) / Double(steps.count - 1), decimals: 2))" }
      + ["nuisance from"]
    sheet.scale = sheet.readableScale
    return sheet
  }

  /// The images of a pair's way, step by step, with the logits of the sources; `visit` is given every step.
  func steps(
    _ model: ImageModel, _ images: LabelledImages, _ pairs: ImagePairs, columns: Int,
    visit: (Activation) -> Void = { _ in }
  ) throws -> [[[UInt8]]] {
    let (z, target) = (model.encode(images, pairs.sources), model.encode(images, pairs.donors))
    return try (0..<columns).map { column in
      try Interrupt.check()
      let t = [Float](repeating: Float(column) / Float(columns - 1), count: pairs.count)
      let points = model.metamers(logitSource: z, towards: target, at: t)
      visit(points)
      return model.batch.images(points)
    }
  }
}
