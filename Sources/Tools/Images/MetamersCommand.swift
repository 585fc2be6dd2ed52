import Datasets
import Foundation
import Kernels
import ToolSupport

/// `Tools metamers`: figure 5 of the paper.
struct MetamersCommand: Command {
  let name = "metamers"
  let summary = "images with one image's logits and another's nuisance: figure 5 of the paper"
  let discussion = """
    Takes pairs of test images of different classes and makes metamers of them: x = F⁻¹(z_s, z̃_n), the logits of the one \
    with all that the logits leave out of the other. Where they look like the other, the classifier ignores what we see.

    Writes metamers.png and metrics.json.
    """
  let example = "swift run Tools metamers runs/mnist"
  let arguments = ModelRun.arguments
  let options: [Option] =
    [
      .integer("pairs", default: 1000, in: 1...1_000_000, metavar: "N", help: "pairs that the numbers are about"),
      .integer("columns", default: 10, in: 1...40, metavar: "N", help: "pairs in the figure, the first ones"),
      .unsigned("seed", default: 0, metavar: "SEED", help: "seed of the choice of images"),
      ImageJudge.option, CodeWhitening.option, ModelRun.outputOption("metamers"),
    ] + ModelRun.options

  func run(_ options: Options, console: Console) throws {
    let run = try ModelRun(options, console: console)
    let model = try run.bijection(for: self)
    let folder = try run.outputFolder(name)
    let images = try run.images(train: 0, test: .max).test
    let columns = options.integer("columns")
    let pairs = try run.pairs(
      of: images, count: max(options.integer("pairs"), columns), seed: options.unsigned("seed"))
    let judge = try options.textIfGiven(ImageJudge.option.name).map { try ImageJudge($0, like: model.configuration) }
    var measures = MetamerMeasures()
    let progress = Progress("metamers", total: pairs.count, unit: "pairs", console: console)
    for start in stride(from: 0, to: pairs.count, by: ModelRun.batch) {
      try Interrupt.check()
      let range = start..<min(start + ModelRun.batch, pairs.count)
      let source = model.batch.activation(images, Array(pairs.sources[range]))
      let donor = model.batch.activation(images, Array(pairs.donors[range]))
      let z = model.encode(source)
      let metamers = model.metamers(logitSource: z, nuisanceSource: model.encode(donor))
      measures.add(metamers, of: model, logitSource: z, source: source, donor: donor)
      if let judge {
        measures.add(
          verdicts: judge.classify(model.batch.images(metamers)),
          sourceLabels: pairs.sources[range].map { images.labels[$0] },
          donorLabels: pairs.donors[range].map { images.labels[$0] })
      }
      progress.update(done: range.upperBound)
    }
    progress.finish()
    var metrics = run.metrics
    metrics["seed"] = .text(String(options.unsigned("seed")))
    measures.record(in: &metrics, at: "metamers")
    if let judge { metrics["metamers.judge.run"] = .text(judge.path) }
    metrics.recordMachine()
    try folder.write(Data(figure(model, images, pairs, columns).png), to: "metamers.png")
    try folder.write(metrics.json(), to: "metrics.json")
    try console.output(measures.summary + "Look at \(folder.file("metamers.png")).\n")
  }

  /// Three rows: the sources of the logits, the metamers, the sources of the nuisance.
  private func figure(_ model: ImageModel, _ images: LabelledImages, _ pairs: ImagePairs, _ columns: Int) -> Canvas {
    let (sources, donors) = (Array(pairs.sources[..<columns]), Array(pairs.donors[..<columns]))
    let z = model.encode(images, sources)
    let metamers = model.metamers(logitSource: z, nuisanceSource: model.encode(images, donors))
    let (first, last) = (sources.map { Array(images.image($0)) }, donors.map { Array(images.image($0)) })
    let rows = [first, model.batch.images(metamers), last]
    var sheet = ContactSheet(imageWidth: images.width, imageHeight: images.height, cells: rows)
    sheet.title = "Metamers: every image of the middle row has the logits, and the decision, of the one above it"
    sheet.rowLabels = ["logits from", "metamer", "nuisance from"]
    sheet.columnLabels = zip(model.classify(z), model.confidence(z)).map {
      "decision \($0.0), p\u{A0}=\u{A0}\(NumberText.fixed($0.1, decimals: 2))"
    }
    sheet.scale = sheet.readableScale
    return sheet.render()
  }
}
