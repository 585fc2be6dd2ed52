import Datasets
import Flow
import Foundation
import Kernels
import ToolSupport

/// `Tools nuisance`: what fresh classifiers read from the nuisance of a run.
struct NuisanceCommand: Command {
  /// What `--reader` takes.
  enum Choice: String, CaseIterable {
    case paperLike = "P"
    case strong = "S"
    case convolutional = "C"
    case all

    /// The readers that are asked for.
    var kinds: [Reader.Kind] { Reader.Kind(rawValue: rawValue).map { [$0] } ?? Reader.Kind.allCases }
  }

  let name = "nuisance"
  let summary = "train fresh classifiers on what a run's logits leave out, and bound its information"
  let discussion = """
    Freezes the network of a run and trains readers, fresh classifiers, on z_n, all of the code but the logits. Their errors \
    say how much of the class the logits do not use; their cross-entropies bound the information I(y; z_n) from below. \
    Readers learn from all the images that the run was trained on, as training showed them (dequantised, shifted, noisy), \
    and are tested on test images as they are.

    P reads as the paper seems to: 512-512, dropout 0.1, Adamax, z_n as it is; its error in training, on augmented images, \
    is reported beside that of the test. S is strong: 1024-1024, standardised z_n, Adam with a falling rate. C is a small \
    ResNet on the images F⁻¹(mean z_s, z_n).

    Each epoch shows another draw of every image. K draws are encoded in advance and shown in turn. A draw takes one pass \
    of the network over the images, and 4 bytes for every number of every code (250 MB for MNIST). With --draws 0 the \
    images are encoded in every epoch, and once more for the moments of the codes.

    Writes RUN/nuisance/metrics.json.
    """
  let example = "swift run Tools nuisance quick-ce"
  let arguments = ModelRun.arguments
  let options: [Option] =
    [
      .choice("reader", default: Choice.strong, metavar: "NAME", help: "which reader, or all of them"),
      CodeWhitening.option,
    ]
    + Reader.options(
      epochs: "a reader's epochs; 0 for 20 with P, 12 with S and C",
      hidden: "units in each of two hidden layers, or C's filters; 0 for 512 with P, 1024 with S, 8 with C")
    + ModelRun.options

  func run(_ options: Options, console: Console) throws {
    let run = try ModelRun(options, console: console)
    let model = try run.bijection(for: self)
    let coder = ImageCoder(model)
    let training = try run.training()
    let splits = try run.images(train: training.limit ?? .max, test: .max)
    let folder = try OutputFolder(creating: run.file(run.resultName("nuisance")))

    let images = ImageBatches(splits.train, coder.configuration, augmentation: training.augmentation)
    // Epochs that neither training nor a whitening saw.
    let train = try CodeDraws(
      of: images, by: coder, firstEpoch: model.whitening?.origin.nextEpoch ?? training.epochs,
      draws: options.integer("draws"), name: "training images",
      console: console)
    let test = try CodeDraws(
      of: ImageBatches(splits.test, coder.configuration), by: coder, name: "test images", console: console)
    let moments = ColumnMoments(train)
    var metrics = run.metrics
    metrics["seed"] = .text(String(options.unsigned("seed")))
    metrics["draws"] = .integer(options.integer("draws"))
    metrics["train_images"] = .integer(splits.train.count)
    metrics["entropy_nats"] = .number(Reading.entropy(of: test.labels))
    var table = TextTable(["reader of z_n", "train, augmented", "test", "I(y; z_n) in nats ≥"])
    for kind in options.choice("reader", as: Choice.self).kinds {
      let reading = try Reader(kind, options, console: console).readNuisance(
        train, test: test, moments: moments, by: coder)
      reading.record(in: &metrics, at: "readers.\(kind.rawValue)")
      table.add([
        kind.title, reading.trainError.map(Self.percent) ?? "–", Self.percent(reading.error),
        Decimals.fixed(reading.information, places: 3),
      ])
    }
    metrics.recordMachine()
    try folder.write(metrics.json(), to: "metrics.json")
    try console.output(table.text + "Written to \(folder.file("metrics.json")).\n")
  }

  private static func percent(_ fraction: Double) -> String { Decimals.fixed(100 * fraction, places: 2) + " %" }
}

extension Reader {
  /// Draws that are encoded in advance unless told otherwise.
  static let defaultDraws = 2

  /// The options of every command that trains readers, with help that says what is the default where N is 0.
  static func options(epochs: String, hidden: String) -> [Option] {
    [
      .integer("epochs", default: 0, in: 0...1000, metavar: "N", help: epochs),
      .integer("hidden", default: 0, in: 0...8192, metavar: "N", help: hidden),
      .integer(
        "draws", default: defaultDraws, in: 0...100, metavar: "K",
        help: "draws of augmented images that are encoded in advance; 0 encodes as it trains"),
      .unsigned("seed", default: 0, metavar: "SEED", help: "seed of readers' weights and batches"),
    ]
  }

  /// The reader that these options ask for.
  init(_ kind: Kind, _ options: Options, console: Console) {
    func given(_ name: String) -> Int? { options.integer(name) > 0 ? options.integer(name) : nil }
    self.init(
      kind, hidden: given("hidden"), epochs: given("epochs"), seed: options.unsigned("seed"), console: console)
  }
}
