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
    for objective in ["ce", "ice"] {
      try runs.train(objective, words(objective))
      if !runs.exists("\(objective)/nuisance/metrics.json") {
        try runs.command(NuisanceCommand(), [runs.folder.file(objective), "--reader", "all"])
      }
      metrics[objective] = .object([
        "logits": try runs.metrics("\(objective)/metrics.json").value,
        "nuisance": try runs.metrics("\(objective)/nuisance/metrics.json").value,
      ])
    }
    metrics["seed"] = .text(String(seed))
    metrics["budget"] = .text(budget.size.rawValue)
    let table = Table2(
      metrics: metrics, remark: budget.remark(quickEpochs: Self.quickEpochs))
    try runs.folder.write(table.report(), to: "report.html")
    try runs.write(metrics, began: began)
    try runs.console.output(table.text + "Written to \(runs.folder.file("report.html")).\n")
  }

  private func words(_ objective: String) -> [String] {
    [
      "--objective", objective, "--data", data, "--limit", String(limit), "--seed", String(seed),
    ] + budget.bijection(quickEpochs: Self.quickEpochs)
      + (objective == "ice" ? budget.nuisanceWeight : [])
  }
}
