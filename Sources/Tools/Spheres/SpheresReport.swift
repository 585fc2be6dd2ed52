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
    report.table(
      caption:
        "On the line at fixed logits from a point's nuisance (0) to that of a point of the other sphere (1): where "
        + "something happens, in quantiles. The nuisance classifier sees a move onto the other sphere where it changes "
        + "its mind before the sphere is met.",
      header: ["", "pairs, %", "5 %", "50 %", "95 %"],
      rows: [("inner to outer", "inner_to_outer"), ("outer to inner", "outer_to_inner")].flatMap { label, name in
        [
          place(name, "\(label): the other radius becomes nearer", "oracle_change", "oracle_changes"),
          place(name, "\(label): the other sphere is met", "other_sphere", "meets_other_sphere"),
          place(
            name, "\(label): the nuisance classifier changes its mind", "nuisance_classifier_change",
            "nuisance_classifier_changes"),
          place(
            name, "\(label): the point's length there", "length_at_nuisance_classifier_change",
            "nuisance_classifier_changes"),
          place(name, "\(label): ‖zₙ‖ of the point", "own_nuisance_length", nil),
          place(name, "\(label): ‖zₙ‖ of the other", "donor_nuisance_length", nil),
          place(
            name, "\(label): ‖zₙ‖ on the other sphere", "nuisance_length_on_other_sphere", "meets_other_sphere"),
        ]
      })
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

  /// A row on lines: the fraction of pairs at `fraction`, all of them where it is nil, and the quantiles called `name`.
  private func place(_ direction: String, _ label: String, _ name: String, _ fraction: String?) -> [String] {
    let path = "attack.line.\(direction)"
    let pairs = fraction.map { percent("\(path).\($0)") } ?? Decimals.fixed(100, places: 4)
    guard case .array(let values) = metrics["\(path).\(name)_quantiles_5_50_95"] else {
      return [label, pairs, "n/a", "n/a", "n/a"]
    }
    return [label, pairs] + values.map(Self.text)
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
