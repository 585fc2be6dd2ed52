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
    image whose nuisance it then has. With --beside the ways through a second run's model, of the same pairs, stand beside.

    Writes interpolation.png and metrics.json.
    """
  let example = "swift run Tools interpolate runs/mnist --rows 10"
  let arguments = ModelRun.arguments
  let options: [Option] =
    [
      .integer("rows", default: 10, in: 1...40, metavar: "N", help: "pairs of images"),
      .integer("columns", default: 9, in: 2...40, metavar: "N", help: "steps, both ends included"),
      .unsigned("seed", default: 0, metavar: "SEED", help: "seed of the choice of images"),
      .text("beside", metavar: "RUN", help: "a second run on such images, to draw beside the first"),
      CodeWhitening.option, ModelRun.outputOption("interpolate"),
    ] + ModelRun.options

  func run(_ options: Options, console: Console) throws {
    let run = try ModelRun(options, console: console)
    let model = try run.bijection(for: self)
    let folder = try run.outputFolder(name)
    let images = try run.images(train: 0, test: .max).test
    let pairs = try run.pairs(of: images, count: options.integer("rows"), seed: options.unsigned("seed"))
    var metrics = run.metrics
    metrics["seed"] = .text(String(options.unsigned("seed")))
    var models = [(name: "", model: model)]
    if let path = options.textIfGiven("beside") {
      models = [(Self.name(run.path), model), (Self.name(path), try second(path, like: model))]
      metrics["beside"] = .text(path)
    }
    var tracks: [Track] = []
    for (index, (name, model)) in models.enumerated() {
      let source = model.batch.activation(images, pairs.sources)
      let donor = model.batch.activation(images, pairs.donors)
      let z = model.encode(source)
      var measures = MetamerMeasures()
      let steps = try steps(model, images, pairs, columns: options.integer("columns")) {
        measures.add($0, of: model, logitSource: z, source: source, donor: donor)
      }
      tracks.append(Track(name: name, decisions: model.classify(z), steps: steps))
      measures.record(in: &metrics, at: index == 0 ? "interpolation" : "interpolation_beside")
      try console.output((name.isEmpty ? "" : "\(name): ") + measures.summary)
    }
    metrics.recordMachine()
    try folder.write(Data(figure(images, pairs, tracks).render().png), to: "interpolation.png")
    try folder.write(metrics.json(), to: "metrics.json")
    try console.output("Look at \(folder.file("interpolation.png")).\n")
  }

  /// A run's folder without those around it.
  private static func name(_ run: String) -> String { URL(fileURLWithPath: run).lastPathComponent }

  /// The model of the second run, which must take the first one's images and have an inverse.
  private func second(_ path: String, like first: ImageModel) throws -> ImageModel {
    guard case .bijective(let model) = try ModelFile.read(run: path) else {
      throw FileError("use", path, reason: "it is a ResNet, which has no inverse, and `\(name)` needs one")
    }
    let (own, other) = (first.configuration, model.configuration)
    guard (own.height, own.width, own.classes) == (other.height, other.width, other.classes) else {
      throw FileError(
        "use", path,
        reason: "it takes \(other.height) × \(other.width) pixels of \(other.classes) classes, the first run "
          + "\(own.height) × \(own.width) of \(own.classes)")
    }
    return model
  }

  /// The ways of all pairs through one model, step by step, and what it says of the sources.
  struct Track {
    let name: String
    let decisions: [UInt8]
    let steps: [[[UInt8]]]
  }

  /// A row for each pair: its ways through every model, and the donor.
  func figure(_ images: LabelledImages, _ pairs: ImagePairs, _ tracks: [Track]) -> ContactSheet {
    var sheet = ContactSheet(
      imageWidth: images.width, imageHeight: images.height,
      cells: pairs.donors.indices.map { row in
        tracks.flatMap { $0.steps.map { $0[row] } } + [Array(images.image(pairs.donors[row]))]
      })
    sheet.title = "Every row keeps its logits, and the decision, while its nuisance becomes the last image's"
    sheet.rowLabels = (0..<pairs.count).map { row in
      "\(images.labels[pairs.sources[row]]) to \(images.labels[pairs.donors[row]]), decision "
        + tracks.map { String($0.decisions[row]) }.joined(separator: " and ")
    }
    sheet.columnLabels =
      tracks.flatMap { track in
        track.steps.indices.map { step in
          (track.name.isEmpty ? "" : "\(track.name), ")
            + "t = \(NumberText.fixed(Double(step) / Double(track.steps.count - 1), decimals: 2))"
        }
      } + ["nuisance from"]
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
