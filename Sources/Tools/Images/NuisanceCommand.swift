import Datasets
import Flow
import Kernels
import ToolSupport

/// `Tools nuisance`: what a fresh classifier reads from the nuisance of a run.
struct NuisanceCommand: Command {
  let name = "nuisance"
  let summary = "train a fresh classifier on what a run's logits leave out, and bound its information"
  let discussion = """
    Freezes the network of a run, encodes the data set, and trains a fresh classifier on z_n, all of the code but the \
    logits. Its error says how much of the class the logits do not use; its cross-entropy bounds the information I(y; z_n) \
    from below. Once on images as they are, and once as training showed them, dequantised, shifted and noisy, with \
    several draws of each.

    Writes RUN/nuisance/metrics.json.
    """
  let example = "swift run Tools nuisance quick-ce"
  let arguments = [ImageRun.argument]
  let options: [Option] = [
    ImageSource.option,
    .integer("epochs", default: 12, in: 1...1000, metavar: "N", help: "passes over the codes"),
    .integer("hidden", default: 1024, in: 1...8192, metavar: "N", help: "units in each of two hidden layers"),
    .integer(
      "draws", default: 2, in: 0...20, metavar: "N", help: "draws of every image as training showed it; 0 for none"),
    .unsigned("seed", default: 0, metavar: "SEED", help: "seed of weights and batches"),
    .integer("threads", default: Parallel.threads, in: 1...256, metavar: "N", help: "threads; no result depends on it"),
  ]

  func run(_ options: Options, console: Console) throws {
    Parallel.threads = options.integer("threads")
    let run = try ImageRun(folder: options.text("RUN"))
    let source = run.source(options)
    console.error("data: \(source.summary)\n")
    let splits = try run.load(source)
    let folder = try OutputFolder(creating: "\(run.folder)/nuisance")
    let metrics = try measure(run, splits, options, console)
    try folder.write(metrics.json(), to: "metrics.json")
    func percent(_ path: String) -> String {
      if case .number(let value) = metrics[path] { return Decimals.fixed(100 * value, places: 2) + " %" }
      return "n/a"
    }
    try console.output(
      "fresh nuisance classifier: error \(percent("train_error")) train, \(percent("test_error")) test; as training "
        + "showed the images \(percent("augmented.train_error")) and \(percent("augmented.test_error")). Written to "
        + "\(folder.file("metrics.json")).\n")
  }

  /// Both probes.
  func measure(_ run: ImageRun, _ splits: ImageSplits, _ options: Options, _ console: Console) throws -> Metrics {
    var metrics = Metrics()
    let seed = options.unsigned("seed")
    let probe = NuisanceProbe(
      hidden: options.integer("hidden"), epochs: options.integer("epochs"), seed: seed, console: console)
    metrics["seed"] = .text(String(seed))
    let clean = try outcome(run, splits, probe, augmentation: .none, draws: 1, "as they are", console)
    record(clean, "", &metrics)
    if options.integer("draws") > 0 {
      let augmented = try outcome(
        run, splits, probe, augmentation: run.training.augmentation, draws: options.integer("draws"), "as in training",
        console)
      record(augmented, "augmented.", &metrics)
    }
    metrics["data"] = .text(run.source(options).summary)
    metrics.recordMachine()
    return metrics
  }

  private func outcome(
    _ run: ImageRun, _ splits: ImageSplits, _ probe: NuisanceProbe, augmentation: ImageBatches.Augmentation, draws: Int,
    _ label: String, _ console: Console
  ) throws -> NuisanceProbe.Outcome {
    let images = run.training.limit.map { splits.train.prefix($0) } ?? splits.train
    let train = ImageBatches(images, run.configuration, augmentation: augmentation)
    let test = ImageBatches(splits.test, run.configuration, augmentation: augmentation)
    // Epochs that training did not see.
    let first = run.training.epochs
    var codes = Matrix(rows: 0, columns: run.configuration.dimensions)
    for draw in 0..<draws {
      let part = try run.encode(
        train, epoch: first + draw, label: "codes of training images \(label), draw \(draw + 1)", console: console)
      codes = Matrix(rows: codes.rows + part.rows, columns: part.columns, values: codes.values + part.values)
    }
    var held = try run.encode(test, epoch: first, label: "codes of test images \(label)", console: console)
    let labels = [[UInt8]](repeating: train.labels, count: draws).flatMap { $0 }
    return try probe.run(
      train: &codes, labels, test: &held, test.labels, classes: run.configuration.classes,
      label: "nuisance classifier, images \(label)")
  }

  private func record(_ outcome: NuisanceProbe.Outcome, _ prefix: String, _ metrics: inout Metrics) {
    metrics["\(prefix)train_error"] = .number(outcome.trainError)
    metrics["\(prefix)test_error"] = .number(outcome.testError)
    metrics["\(prefix)information_lower_bound_nats"] = .number(outcome.information)
    metrics["\(prefix)train_information_lower_bound_nats"] = .number(outcome.trainInformation)
  }
}
