import Datasets
import Flow
import Kernels
import ToolSupport

/// `Tools whiten`: the class-conditional whitening of a run's nuisance.
struct WhitenCommand: Command {
  let name = "whiten"
  let summary = "fit an invertible last layer that takes each class's mean and covariance out of the nuisance"
  let discussion = """
    Encodes the training images as training showed them, in draws that training did not see, and fits the layer \
    z_n' = L⁻¹(z_n − μ), where μ and L·Lᵀ are mean and covariance of the class that the logits give. The logits stay, so that \
    the layer has an inverse: metamers, interpolate and nuisance with --whitened use the code behind it.

    Writes RUN/\(CodeWhitening.file) and RUN/\(Self.metricsFile), with what the layer comes to on the test images.
    """
  let example = "swift run Tools whiten runs/mnist --draws 2"
  let arguments = ModelRun.arguments
  let options: [Option] =
    [
      .number(
        "shrinkage", default: WhiteningSettings().shrinkage, in: 0...1, metavar: "S",
        help: "how much smaller correlations are taken to be than they were found"),
      .integer("draws", default: 2, in: 1...100, metavar: "K", help: "draws of every training image"),
    ] + ModelRun.options

  /// The file of the figures.
  static let metricsFile = "whitening.json"

  func run(_ options: Options, console: Console) throws {
    let run = try ModelRun(options, console: console)
    let model = try run.bijection(for: self)
    let folder = try OutputFolder(creating: run.path)
    let training = try run.training()
    let splits = try run.images(train: training.limit ?? .max, test: .max)
    let draws = options.integer("draws")
    let shrinkage = options.number("shrinkage")
    let batches = ImageBatches(splits.train, model.configuration, augmentation: training.augmentation)
    let statistics = try statistics(model, batches, epochs: training.epochs..<(training.epochs + draws), console)
    let layer: ClassWhitening
    do {
      layer = try ClassWhitening(statistics, shrinkage: shrinkage, logitMap: model.classifier.logitMap)
    } catch {
      throw FileError("whiten the codes of", run.path, reason: "\(error)")
    }
    let whitening = CodeWhitening(
      layer: layer,
      origin: CodeWhitening.Origin(
        shrinkage: shrinkage, firstEpoch: training.epochs, draws: draws, images: splits.train.count,
        model: try CodeWhitening.digest(of: run.file(ModelFile.name))))
    let fewest = (0..<statistics.classes).map { statistics.weight(of: $0) }.min() ?? 0
    let measures = try measure(model.whitened(by: whitening), layer, splits.test, console)

    var metrics = run.metrics
    whitening.record(in: &metrics)
    metrics["whitening.codes_of_the_rarest_class"] = .number(fewest)
    metrics["test.max_round_trip_error_of_the_layer"] = .number(measures.layerError)
    metrics["test.max_round_trip_error"] = .number(measures.imageError)
    metrics["test.mean_log_determinant"] = .number(measures.logDeterminant)
    metrics["command"] = .text(run.command)
    metrics.recordMachine()
    try folder.write(whitening.encode(command: run.command), to: CodeWhitening.file)
    try folder.write(metrics.json(), to: Self.metricsFile)
    try console.output(
      """
      codes of the rarest class: \(Decimals.fixed(fewest, places: 0)) of \(layer.dimensions) dimensions
      mean log-determinant of the layer on test codes: \(Decimals.fixed(measures.logDeterminant, places: 1)) nats
      round trip of test codes through the layer: off by at most \
      \(NumberText.scientific(measures.layerError, decimals: 2)); of test images through network and layer: \
      \(NumberText.scientific(measures.imageError, decimals: 2))
      Written to \(folder.file(CodeWhitening.file)).

      """)
  }

  /// Statistics of the nuisance, under the keys of its own logits.
  private func statistics(
    _ model: ImageModel, _ batches: ImageBatches, epochs: Range<Int>, _ console: Console
  ) throws -> ClassStatistics {
    let classes = model.configuration.classes
    var statistics = ClassStatistics(classes: classes, dimensions: model.configuration.dimensions - classes)
    let count = batches.labels.count
    let progress = Progress("codes", total: count * epochs.count, unit: "images", console: console)
    for (draw, epoch) in epochs.enumerated() {
      try forEachBatch(of: count, size: ModelRun.batch) { range in
        try Interrupt.check()
        let z = model.encode(batches.batch(Array(range), epoch: epoch))
        statistics.observe(
          model.readOut.nuisance(z),
          classes: ClassWhitening.keys(z, classes: classes, logitMap: model.classifier.logitMap))
        progress.update(done: draw * count + range.upperBound)
      }
    }
    progress.finish()
    return statistics
  }

  private struct Measures {
    var layerError = 0.0
    var imageError = 0.0
    var logDeterminant = 0.0
  }

  /// What the layer comes to on test images as they are; errors are NaN if any is.
  private func measure(
    _ model: ImageModel, _ layer: ClassWhitening, _ images: LabelledImages, _ console: Console
  ) throws -> Measures {
    var measures = Measures()
    let progress = Progress("there and back", total: images.count, unit: "images", console: console)
    try forEachBatch(of: images.count, size: ModelRun.batch) { range in
      try Interrupt.check()
      let x = model.batch.activation(images, Array(range))
      let whitened = model.encode(x)
      let (z, logDet) = layer.inverse(whitened)
      let layerError = layer.inverse(layer.forward(z).y).x.largestDifference(from: z)
      let imageError = model.decode(whitened).largestDifference(from: x)
      if !(layerError <= measures.layerError) { measures.layerError = layerError }
      if !(imageError <= measures.imageError) { measures.imageError = imageError }
      measures.logDeterminant -= logDet.total / Double(images.count)
      progress.update(done: range.upperBound)
    }
    progress.finish()
    return measures
  }
}
