import Foundation
import ToolSupport

/// What several runs of the spheres experiment came to that differ in their seeds alone.
struct SpheresSeeds {
  /// The runs' metrics by seed, in order.
  let runs: [(seed: UInt64, metrics: Metrics)]

  /// A figure of a run: its path in metrics, and for quantiles which one.
  private struct Figure {
    let path: String
    let label: String
    var median = false

    func value(in metrics: Metrics) -> Double? {
      guard median else { return metrics.number(path) }
      guard case .array(let values) = metrics[path + "_quantiles_5_50_95"], values.count == 3 else { return nil }
      if case .number(let value) = values[1] { return value }
      return nil
    }
  }

  private static let figures = [
    Figure(path: "classifier.validation_accuracy", label: "zₛ, validation accuracy"),
    Figure(path: "nuisance_classifier.validation_accuracy", label: "zₙ, validation accuracy"),
    Figure(path: "attack.predictions_unchanged", label: "bare swaps that keep the decision"),
    Figure(
      path: "attack.inner_to_outer.nuisance_predictions_follow_oracle",
      label: "inner to outer, bare swaps: zₙ follows the oracle"),
    Figure(
      path: "attack.outer_to_inner.nuisance_predictions_follow_oracle",
      label: "outer to inner, bare swaps: zₙ follows the oracle"),
    Figure(path: "attack.on_sphere.reached", label: "inner to outer, other sphere met"),
    Figure(
      path: "attack.on_sphere.nuisance_predictions_follow_oracle",
      label: "inner to outer, on the sphere: zₙ follows the oracle"),
    Figure(path: "attack.on_sphere.outer_to_inner.reached", label: "outer to inner, other sphere met"),
    Figure(
      path: "attack.on_sphere.outer_to_inner.nuisance_predictions_follow_oracle",
      label: "outer to inner, on the sphere: zₙ follows the oracle"),
    Figure(
      path: "attack.line.inner_to_outer.other_sphere", label: "inner to outer, place of the sphere (median)",
      median: true),
    Figure(
      path: "attack.line.inner_to_outer.nuisance_classifier_change",
      label: "inner to outer, place where zₙ changes its mind (median)", median: true),
    Figure(
      path: "attack.line.inner_to_outer.length_at_nuisance_classifier_change",
      label: "inner to outer, length there (median)", median: true),
  ]

  private func values(_ figure: Figure) -> [Double?] { runs.map { figure.value(in: $0.metrics) } }

  /// The mean of what there is; nil for nothing.
  private func mean(_ values: [Double?]) -> Double? {
    let found = values.compactMap { $0 }
    return found.isEmpty ? nil : found.reduce(0, +) / Double(found.count)
  }

  /// Seeds, and of each figure the values in the order of the seeds and their mean.
  var metrics: Metrics {
    var metrics = Metrics()
    metrics["seeds"] = .array(runs.map { .text(String($0.seed)) })
    for figure in Self.figures {
      let values = values(figure)
      let path = figure.path + (figure.median ? "_median" : "")
      metrics["\(path).values"] = .array(values.map { value in value.map { .number($0) } ?? .null })
      metrics["\(path).mean"] = mean(values).map { .number($0) } ?? .null
    }
    if let first = runs.first { metrics["configuration"] = first.metrics["configuration"] }
    metrics.recordMachine()
    return metrics
  }

  /// `report.html` of all runs, with the figure of the first.
  func report(figure: [UInt8], commandLine: String) -> Data {
    var report = Report(title: "Metamer: adversarial spheres, \(runs.count) seeds")
    report.table(
      caption:
        "Fractions, places on the line at fixed logits (0: the point itself, 1: the other's nuisance), and lengths.",
      header: [""] + runs.map { "seed \($0.seed)" } + ["mean"],
      rows: Self.figures.map { figure in
        let values = values(figure)
        return [figure.label]
          + (values + [mean(values)]).map { value in
            value.map { Decimals.fixed($0, places: 4) } ?? "n/a"
          }
      })
    report.figure(png: figure, caption: "Figure 4 of the first seed; the others' are in their folders.")
    report.heading("Run")
    report.preformatted(commandLine + "\n")
    report.preformatted(String(decoding: metrics.json(), as: UTF8.self))
    return report.html()
  }
}
