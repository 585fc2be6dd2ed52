import Datasets
import Foundation
import Kernels
import ToolSupport

/// `Tools evaluate`: a trained model's errors.
struct EvaluateCommand: Command {
  let name = "evaluate"
  let summary = "errors of a trained model, its round trip and its speed"
  let discussion = """
    Classifies the training and the test images, takes every test image there and back through the network if it has an \
    inverse, and writes evaluation.json into the run's folder. The round-trip error is in pixels of [0, 1].
    """
  let example = "swift run Tools evaluate runs/mnist --data mnist"
  let arguments = ModelRun.arguments
  let options: [Option] =
    [
      .integer(
        "train", default: 1_000_000, in: 0...Int.max, metavar: "N", help: "training images at most; 0: leave them out"),
      .integer("test", default: 1_000_000, in: 1...Int.max, metavar: "N", help: "test images at most"),
    ] + ModelRun.options

  /// The file that is written.
  static let file = "evaluation.json"

  func run(_ options: Options, console: Console) throws {
    let run = try ModelRun(options, console: console)
    let folder = try OutputFolder(creating: run.path)
    let images = try run.images(train: options.integer("train"), test: options.integer("test"))
    let train = images.train.count > 0 ? try evaluate(run.model, images.train, "training images", console) : nil
    let test = try evaluate(run.model, images.test, "test images", console)
    let roundTrip = try roundTripError(run.model, images.test, console)

    var metrics = run.metrics
    if let train {
      metrics["train.images"] = .integer(images.train.count)
      metrics["train.error"] = .number(train.error)
    }
    metrics["test.images"] = .integer(images.test.count)
    metrics["test.error"] = .number(test.error)
    metrics["test.images_per_second"] = .number(test.imagesPerSecond)
    if let roundTrip { metrics["test.max_round_trip_error"] = .number(roundTrip) }
    metrics.recordMachine()
    try folder.write(metrics.json(), to: Self.file)
    let trainLine = train.map { "train error  \(Self.percent($0.error)) of \(images.train.count) images\n" } ?? ""
    let roundTripLine =
      roundTrip.map { error in
        let text = NumberText.scientific(error, decimals: 2)
        return "round trip   off by at most \(text) in [0, 1], over all test images\n"
      } ?? ""
    try console.output(
      trainLine + """
        test error   \(Self.percent(test.error)) of \(images.test.count) images, \
        \(Decimals.fixed(test.imagesPerSecond, places: 0)) images a second
        \(roundTripLine)Written to \(folder.file(Self.file)).

        """)
  }

  private static func percent(_ fraction: Double) -> String { "\(Decimals.fixed(100 * fraction, places: 2)) %" }

  /// The fraction of images that are classified wrongly, and how many a second; making the batches is not timed.
  private func evaluate(
    _ model: TrainedModel, _ images: LabelledImages, _ label: String, _ console: Console
  ) throws -> (error: Double, imagesPerSecond: Double) {
    var (wrong, seconds) = (0, 0.0)
    try inBatches(of: images, label, console) { indices in
      let x = model.batch.activation(images, indices)
      let start = Progress.seconds()
      let classes = model.classify(x)
      seconds += Progress.seconds() - start
      wrong += zip(classes, indices).reduce(0) { $0 + ($1.0 == images.labels[$1.1] ? 0 : 1) }
    }
    return (Double(wrong) / Double(images.count), Double(images.count) / max(seconds, 1e-9))
  }

  /// The largest |F⁻¹(F(x)) − x| over all images and pixels, NaN if any is; nil without an inverse.
  private func roundTripError(
    _ model: TrainedModel, _ images: LabelledImages, _ console: Console
  ) throws -> Double? {
    guard case .bijective = model else { return nil }
    var largest = 0.0
    try inBatches(of: images, "there and back", console) { indices in
      guard let error = model.roundTripError(model.batch.activation(images, indices)) else { return }
      if !(error <= largest) { largest = largest.isNaN ? largest : error }
    }
    return largest
  }

  private func inBatches(
    of images: LabelledImages, _ label: String, _ console: Console, _ body: ([Int]) -> Void
  ) throws {
    let progress = Progress(label, total: images.count, unit: "images", console: console)
    for start in stride(from: 0, to: images.count, by: ModelRun.batch) {
      try Interrupt.check()
      let end = min(start + ModelRun.batch, images.count)
      body(Array(start..<end))
      progress.update(done: end)
    }
    progress.finish()
  }
}
