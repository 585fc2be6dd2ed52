import Foundation
import ToolSupport

/// `report.html` of the spheres experiment, from what was measured.
struct SpheresReport {
  let metrics: Metrics
  let figure: [UInt8]
  let commandLine: String

  /// The file's bytes.
  func html() -> Data {
    var report = Report(title: "Metamer: adversarial spheres")
    report.paragraph(
      "A bijective classifier tells two spheres apart, and its logits are then held fixed while everything else that it "
        + "knows of a point is exchanged. The points that result have the same logits and lie elsewhere: the classifier is "
        + "invariant to what makes the class. A second classifier, trained on the part that the logits leave out, judges the "
        + "same points.")
    report.figure(
      png: figure,
      caption:
        "Decisions of both classifiers on two planes through the origin (figure 4 of the paper, as this run draws it).")
    report.heading("Classifiers")
    report.table(
      caption: "Accuracy in per cent; the paper gives 100 for all four.", header: ["", "train", "validation"],
      rows: [
        ["logits, zₛ", percent("classifier.train_accuracy"), percent("classifier.validation_accuracy")],
        [
          "nuisance, zₙ", percent("nuisance_classifier.train_accuracy"),
          percent("nuisance_classifier.validation_accuracy"),
        ],
      ])
    report.heading("Attack")
    report.table(
      caption: "Logits of one hold-out point, nuisance of one from the other sphere, decoded and encoded again.",
      header: ["", "inner to outer and back"],
      rows: [
        ["pairs", value("attack.pairs")],
        ["predictions unchanged, %", percent("attack.predictions_unchanged")],
        ["largest logit difference", value("attack.max_logit_difference")],
        ["nearer to the other sphere, %", percent("attack.oracle_flipped")],
        ["nuisance classifier agrees with the nearer radius, %", percent("attack.nuisance_predictions_follow_oracle")],
        ["round trip, largest error", value("inverse.max_absolute_error")],
      ])
    report.table(
      caption: "The nuisance moved along the line to the other point's until the point lies on the other sphere.",
      header: ["", "inner to outer", "outer to inner"],
      rows: [
        ["reached, %", percent("attack.on_sphere.reached"), percent("attack.on_sphere.outer_to_inner.reached")],
        [
          "predictions unchanged, %", percent("attack.on_sphere.predictions_unchanged"),
          percent("attack.on_sphere.outer_to_inner.predictions_unchanged"),
        ],
        [
          "largest logit difference", value("attack.on_sphere.max_logit_difference"),
          value("attack.on_sphere.outer_to_inner.max_logit_difference"),
        ],
        [
          "nuisance classifier sees the move, %", percent("attack.on_sphere.nuisance_predictions_follow_oracle"),
          percent("attack.on_sphere.outer_to_inner.nuisance_predictions_follow_oracle"),
        ],
      ])
    report.table(
      caption: "Length of a bare swap's result, quantiles.", header: ["", "0 %", "5 %", "50 %", "95 %", "100 %"],
      rows: [
        quantiles("inner_to_outer", "logits inner, nuisance outer"),
        quantiles("outer_to_inner", "logits outer, nuisance inner"),
      ])
    report.heading("Run")
    report.preformatted(commandLine + "\n")
    report.preformatted(String(decoding: metrics.json(), as: UTF8.self))
    return report.html()
  }

  private func value(_ path: String) -> String { Self.text(metrics[path]) }

  private func percent(_ path: String) -> String {
    switch metrics[path] {
    case .number(let fraction): Decimals.fixed(100 * fraction, places: 4)
    default: "n/a"
    }
  }

  private func quantiles(_ name: String, _ label: String) -> [String] {
    guard case .array(let values) = metrics["attack.\(name).norm_quantiles_0_5_50_95_100"] else {
      return [label] + Array(repeating: "n/a", count: 5)
    }
    return [label] + values.map(Self.text)
  }

  private static func text(_ value: MetricsValue) -> String {
    switch value {
    case .integer(let number): String(number)
    case .number(let number):
      number != 0 && abs(number) < 0.001
        ? NumberText.scientific(number, decimals: 2) : Decimals.fixed(number, places: 4)
    default: "n/a"
    }
  }
}
