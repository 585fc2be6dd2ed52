import ToolSupport

/// `Tools reproduce table2`: both objectives, trained alike, and what fresh classifiers read from what they leave out.
struct Table2Experiment {
  let data: String
  let budget: Budget
  let limit: Int
  let seed: UInt64
  let runs: ExperimentRuns

  /// Both models' passes over the images with the quick budget.
  private static let quickEpochs = 12

  /// Trains and measures what is not done yet, and writes report and metrics.
  func run() throws {
    let began = Progress.seconds()
    try runs.claim(["ce", "ice"].reduce(into: ["experiment": "table2"]) { $0[$1] = words($1).joined(separator: " ") })
    var metrics = Metrics()
    try runs.train(Self.judge, judgeWords)
    for objective in Table2.objectives {
      try runs.train(objective, words(objective))
      try measure(objective, "nuisance", NuisanceCommand(), ["--reader", "all"])
      try measure(objective, "metamers", MetamersCommand(), ["--judge", runs.folder.file(Self.judge)])
      if !runs.exists("\(objective)/\(WhitenCommand.metricsFile)") {
        try runs.command(WhitenCommand(), [runs.folder.file(objective)])
      }
      try measure(objective, "nuisance-whitened", NuisanceCommand(), ["--reader", "all", "--whitened"])
      try measure(
        objective, "metamers-whitened", MetamersCommand(), ["--judge", runs.folder.file(Self.judge), "--whitened"])
      var parts = ["logits": try runs.metrics("\(objective)/metrics.json").value]
      for name in ["nuisance", "metamers", "nuisance-whitened", "metamers-whitened"] {
        parts[name.replacing("-", with: "_")] = try runs.metrics("\(objective)/\(name)/metrics.json").value
      }
      metrics[objective] = .object(parts)
    }
    if !runs.exists("ce/interpolate/metrics.json") {
      try runs.command(InterpolateCommand(), [runs.folder.file("ce"), "--beside", runs.folder.file("ice")])
    }
    metrics["judge.test_error"] = try runs.metrics("\(Self.judge)/metrics.json")["test.error"]
    metrics["seed"] = .text(String(seed))
    metrics["budget"] = .text(budget.size.rawValue)
    let table = Table2(
      metrics: metrics, remark: budget.remark(quickEpochs: Self.quickEpochs))
    try runs.folder.write(table.report(), to: "report.html")
    try runs.write(metrics, began: began)
    try runs.console.output(table.text + "Written to \(runs.folder.file("report.html")).\n")
  }

  /// The folder of a ResNet that says what is to be seen in metamers.
  private static let judge = "judge"

  /// As the budget's models, with a seed of its own: it must not share their mistakes.
  private var judgeWords: [String] {
    ["--network", "resnet", "--data", data, "--limit", String(limit), "--seed", String(seed &+ 100), "--epochs", "6"]
  }

  /// Runs a command on a run, unless its results are there.
  private func measure(_ run: String, _ result: String, _ command: any Command, _ words: [String]) throws {
    let file = "\(run)/\(result)/metrics.json"
    // A folder of before there were three readers has another kind of file.
    let isOld = try command is NuisanceCommand && runs.exists(file) && runs.metrics(file)["readers"] == .null
    if !runs.exists(file) || isOld {
      try runs.command(command, [runs.folder.file(run)] + words)
    }
  }

  private func words(_ objective: String) -> [String] {
    [
      "--objective", objective, "--data", data, "--limit", String(limit), "--seed", String(seed),
    ] + budget.bijection(quickEpochs: Self.quickEpochs)
      + (objective == "ice" ? budget.nuisanceWeight + ["--whiten"] : [])
  }
}
