import Kernels
import ToolSupport

/// `Tools reproduce`: an experiment of the paper, from the data to the table beside the paper's.
struct ReproduceCommand: Command {
  /// What can be reproduced.
  enum Experiment: String, CaseIterable {
    case table2, figure8
  }

  private static let experiments = Experiment.allCases.map(\.rawValue).joined(separator: " or ")

  let name = "reproduce"
  let summary = "reproduce table 2 or figure 8 of the paper: models side by side"
  let discussion = """
    `reproduce table2` trains the bijective classifier with cross-entropy and with independence cross-entropy, trains a \
    fresh classifier on the nuisance of each, and writes the table of the paper's appendix D.2 beside the paper's figures.

    `reproduce figure8 --data DIR` trains five models on shiftMNIST, a folder that `Tools build-shiftmnist` makes, all for \
    as long: a ResNet and the bijective classifier with cross-entropy, the latter with independence cross-entropy as in the \
    paper's equation 6, with a bound on its gain in place of the likelihood, and a control that differs from that in its \
    nuisance term alone. It writes their errors on images with the shortcut and without, \
    with the spread over --seeds, and how much fresh classifiers read from the nuisance on either, beside the paper's \
    figures. Images are not shifted in training: a shift would move the pixel whose place is the class.

    The quick budget is a smaller network and a shorter schedule than the paper's, and the report says so; --budget paper \
    --epochs N is the paper's network for as long as there is time. Runs that were \
    interrupted go on where they were, and finished ones are not run again.
    """
  let example = "swift run Tools reproduce table2 --data mnist --output table2"
  let arguments = [Argument("EXPERIMENT", help: experiments)]
  let options: [Option] = [
    ImageSource.option,
    .choice("variant", default: Figure8.Variant.binary, metavar: "NAME", help: "which shiftMNIST --data is (figure8)"),
    .choice(
      "budget", default: Budget.Size.quick, metavar: "NAME", help: "a smaller network for minutes, or the paper's"),
    .integer(
      "epochs", default: 0, in: 0...10000, metavar: "N",
      help: "every model's passes over the images; 0 for the budget's"),
    .integer(
      "limit", default: 0, in: 0...100_000_000, metavar: "N", help: "train on the first N images only; 0 for all"),
    .unsigned("seed", default: 0, metavar: "SEED", help: "seed of everything"),
    .integer(
      "seeds", default: 1, in: 1...100, metavar: "N", help: "runs of every model, with seeds from --seed on (figure8)"),
    .threads,
    .text("output", metavar: "DIR", help: "folder for what the runs write; if not given, named for the experiment"),
  ]

  func run(_ options: Options, console: Console) throws {
    guard let experiment = Experiment(rawValue: options.text("EXPERIMENT")) else {
      throw UsageError.refused("expected \(Self.experiments), found \"\(options.text("EXPERIMENT"))\"")
    }
    if experiment == .table2, let name = ["variant", "seeds"].first(where: { options.isGiven($0) }) {
      throw UsageError.refused("--\(name) is for figure8")
    }
    if experiment == .figure8, ImageSource(options, seed: 0) == .digits(seed: 0) {
      throw UsageError.refused("figure8 needs --data DIR, a folder of shiftMNIST that `Tools build-shiftmnist` makes")
    }
    Parallel.threads = options.integer("threads")
    let runs = ExperimentRuns(
      folder: try OutputFolder(creating: options.textIfGiven("output") ?? experiment.rawValue),
      threads: options.integer("threads"), console: console)
    let budget = Budget(options)
    let seed = options.unsigned("seed")
    switch experiment {
    case .table2:
      try Table2Experiment(
        data: options.text("data"), budget: budget, limit: options.integer("limit"), seed: seed, runs: runs
      ).run()
    case .figure8:
      let variant = options.choice("variant", as: Figure8.Variant.self)
      try Figure8Experiment(
        variant: variant, data: ShiftMNISTFolder(options.text("data"), variant: variant),
        recipe: Figure8Recipe(variant, budget: budget), limit: options.integer("limit"),
        seeds: (0..<options.integer("seeds")).map { seed &+ UInt64($0) }, runs: runs
      ).run()
    }
  }
}
