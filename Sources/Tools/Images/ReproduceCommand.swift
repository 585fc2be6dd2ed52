import Datasets
import Flow
import Foundation
import Kernels
import ToolSupport

/// `Tools reproduce table2`: both objectives, trained alike, and what fresh classifiers read from what they leave out.
struct ReproduceCommand: Command {
  /// How much is spent.
  enum Budget: String, CaseIterable {
    /// A smaller network and schedule: minutes.
    case quick
    /// The paper's network, 100 epochs: days on two cores.
    case paper
  }

  /// What can be reproduced.
  static let experiment = "table2"

  let name = "reproduce"
  let summary = "reproduce a table of the paper: both objectives side by side"
  let discussion = """
    `reproduce table2` trains the bijective classifier with cross-entropy and with independence cross-entropy, trains a \
    fresh classifier on the nuisance of each, and writes the table of the paper's appendix D.2 beside the paper's figures.

    The quick budget is a smaller network and a shorter schedule than the paper's, and the report says so. Runs that were \
    interrupted go on where they were, and finished ones are not run again.
    """
  let example = "swift run Tools reproduce table2 --data mnist --output table2"
  let arguments = [Argument("EXPERIMENT", help: "\(experiment)")]
  let options: [Option] = [
    ImageSource.option,
    .choice("budget", default: Budget.quick, metavar: "NAME", help: "a smaller network for minutes, or the paper's"),
    .integer(
      "limit", default: 0, in: 0...100_000_000, metavar: "N", help: "train on the first N images only; 0 for all"),
    .unsigned("seed", default: 0, metavar: "SEED", help: "seed of everything"),
    .integer("threads", default: Parallel.threads, in: 1...256, metavar: "N", help: "threads; no result depends on it"),
    .text("output", default: "table2", metavar: "DIR", help: "folder for what the runs write"),
  ]

  func run(_ options: Options, console: Console) throws {
    guard options.text("EXPERIMENT") == Self.experiment else {
      throw UsageError.refused("expected \(Self.experiment), found \"\(options.text("EXPERIMENT"))\"")
    }
    Parallel.threads = options.integer("threads")
    let folder = try OutputFolder(creating: options.text("output"))
    let budget = options.choice("budget", as: Budget.self)
    let began = Progress.seconds()
    var metrics = Metrics()
    for objective in ["ce", "ice"] {
      let run = folder.file(objective)
      try train(objective, run, budget, options, console)
      if !FileManager.default.fileExists(atPath: "\(run)/nuisance/metrics.json") {
        try command(NuisanceCommand(), [run, "--draws", budget == .quick ? "1" : "2"], options, console)
      }
      metrics[objective] = .object([
        "logits": try read(folder, "\(objective)/metrics.json"),
        "nuisance": try read(folder, "\(objective)/nuisance/metrics.json"),
      ])
    }
    metrics["seed"] = .text(String(options.unsigned("seed")))
    metrics["budget"] = .text(budget.rawValue)
    metrics["command"] = .text((["swift run Tools"] + CommandLine.arguments.dropFirst()).joined(separator: " "))
    metrics["seconds"] = .number(Progress.seconds() - began)
    metrics.recordMachine()
    let table = Table2(metrics: metrics, isQuick: budget == .quick)
    try folder.write(table.report(), to: "report.html")
    try folder.write(metrics.json(), to: "metrics.json")
    try console.output(table.text + "Written to \(folder.file("report.html")).\n")
  }

  /// Trains one objective, or goes on with it, or finds it done.
  private func train(
    _ objective: String, _ run: String, _ budget: Budget, _ options: Options, _ console: Console
  ) throws {
    guard !FileManager.default.fileExists(atPath: "\(run)/metrics.json") else { return }
    var words = ["--output", run]
    if FileManager.default.fileExists(atPath: "\(run)/\(ImageTraining.stateFile)") {
      words.append("--resume")
    } else {
      words += [
        "--objective", objective, "--data", options.text("data"), "--limit", String(options.integer("limit")), "--seed",
        String(options.unsigned("seed")),
      ]
      switch budget {
      case .quick:
        words += ["--steps", "4", "--filters", "64", "--epochs", objective == "ce" ? "8" : "14"]
        words += objective == "ice" ? ["--nuisance-weight", "0.5"] : []
      case .paper: words += ["--epochs", "100", "--schedule", "steps", "--learning-rate", "0.001"]
      }
    }
    try command(TrainCommand(), words, options, console)
  }

  /// Runs another command with a command line of its own.
  private func command(_ command: any Command, _ words: [String], _ options: Options, _ console: Console) throws {
    let words = words + ["--threads", String(options.integer("threads"))]
    let parsed = try Options.parse(
      words, command: command.name, options: command.options, arguments: command.arguments)
    if let parsed { try command.run(parsed, console: console) }
  }

  private func read(_ folder: OutputFolder, _ name: String) throws -> MetricsValue {
    let path = folder.file(name)
    let data = try ImageFiles.read(path, limit: 1 << 24)
    guard let value = try? JSONDecoder().decode(MetricsValue.self, from: data) else {
      throw FileError("read", path, reason: "it is no JSON of metrics")
    }
    return value
  }
}
