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
  let arguments = ModelRun.arguments
  let options: [Option] =
    [
      .integer("epochs", default: 12, in: 1...1000, metavar: "N", help: "passes over the codes"),
      .integer("hidden", default: 1024, in: 1...8192, metavar: "N", help: "units in each of two hidden layers"),
      .integer(
        "draws", default: 2, in: 0...20, metavar: "N", help: "draws of every image as training showed it; 0 for none"),
      .unsigned("seed", default: 0, metavar: "SEED", help: "seed of weights and batches"), CodeWhitening.option,
    ] + ModelRun.options

  func run(_ options: Options, console: Console) throws {
    let run = try ModelRun(options, console: console)
    let model = try run.bijection(for: self)
    let splits = try run.images(train: .max, test: .max)
    let folder = try OutputFolder(creating: run.file(run.resultName("nuisance")))
    let metrics = try measure(run, model, splits, options, console)
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
  private func measure(
    _ run: ModelRun, _ model: ImageModel, _ splits: ImageSplits, _ options: Options, _ console: Console
  ) throws -> Metrics {
    var metrics = run.metrics
    let seed = options.unsigned("seed")
    let probe = NuisanceProbe(
      hidden: options.integer("hidden"), epochs: options.integer("epochs"), seed: seed, console: console)
    metrics["seed"] = .text(String(seed))
    let training = try run.training()
    let clean = try outcome(
      model, training, splits, probe, augmentation: .none, draws: 1, "as they are", console)
    clean.record(in: &metrics, at: "")
    if options.integer("draws") > 0 {
      let augmented = try outcome(
        model, training, splits, probe, augmentation: training.augmentation, draws: options.integer("draws"),
        "as in training", console)
      augmented.record(in: &metrics, at: "augmented")
    }
    metrics.recordMachine()
    return metrics
  }

  private func outcome(
    _ model: ImageModel, _ training: TrainingConfiguration, _ splits: ImageSplits, _ probe: NuisanceProbe,
    augmentation: ImageBatches.Augmentation, draws: Int, _ label: String, _ console: Console
  ) throws -> NuisanceProbe.Outcome {
    let images = training.limit.map { splits.train.prefix($0) } ?? splits.train
    let train = ImageBatches(images, model.configuration, augmentation: augmentation)
    let test = ImageBatches(splits.test, model.configuration, augmentation: augmentation)
    // Epochs that neither training nor a whitening saw.
    let first = model.whitening?.origin.nextEpoch ?? training.epochs
    var codes = Matrix(rows: 0, columns: model.configuration.dimensions)
    for draw in 0..<draws {
      let part = try model.codes(
        of: train, epoch: first + draw, label: "codes of training images \(label), draw \(draw + 1)", console: console)
      codes = Matrix(rows: codes.rows + part.rows, columns: part.columns, values: codes.values + part.values)
    }
    var held = try model.codes(of: test, epoch: first, label: "codes of test images \(label)", console: console)
    let labels = [[UInt8]](repeating: train.labels, count: draws).flatMap { $0 }
    return try probe.run(
      train: &codes, labels, test: &held, test.labels, classes: model.configuration.classes,
      label: "nuisance classifier, images \(label)")
  }
}
