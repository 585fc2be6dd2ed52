import ToolSupport

/// `Tools reproduce table2`: both objectives, trained alike, and what fresh classifiers read from what they leave out.
struct Table2Experiment {
  let data: String
  let budget: Budget
  let limit: Int
  let seed: UInt64
  let runs: ExperimentRuns

  /// Trains and measures what is not done yet, and writes report and metrics.
  func run() throws {
    let began = Progress.seconds()
    try runs.claim(["ce", "ice"].reduce(into: ["experiment": "table2"]) { $0[$1] = words($1).joined(separator: " ") })
    var metrics = Metrics()
    for objective in ["ce", "ice"] {
      try runs.train(objective, words(objective))
      let file = "\(objective)/nuisance/metrics.json"
      // A folder of before there were three readers has another kind of file.
      if try !runs.exists(file) || runs.metrics(file)["readers"] == .null {
        try runs.command(NuisanceCommand(), [runs.folder.file(objective), "--reader", "all"])
      }
      metrics[objective] = .object([
        "logits": try runs.metrics("\(objective)/metrics.json").value,
        "nuisance": try runs.metrics(file).value,
      ])
    }
    metrics["seed"] = .text(String(seed))
    metrics["budget"] = .text(budget.size.rawValue)
    let table = Table2(
      metrics: metrics, remark: budget.remark(quickEpochs: "cross-entropy 8, independence cross-entropy 18"))
    try runs.folder.write(table.report(), to: "report.html")
    try runs.write(metrics, began: began)
    try runs.console.output(table.text + "Written to \(runs.folder.file("report.html")).\n")
  }

  private func words(_ objective: String) -> [String] {
    [
      "--objective", objective, "--data", data, "--limit", String(limit), "--seed", String(seed),
    ] + budget.bijection(quickEpochs: objective == "ce" ? 8 : 18)
      + (objective == "ice" ? budget.nuisanceWeight : [])
  }
}
