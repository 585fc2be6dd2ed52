import Foundation
import ToolSupport

/// Table 2 of the paper (appendix D.2) beside what two runs gave: errors in per cent of the logits and of a fresh classifier
/// on the nuisance.
struct Table2 {
  let metrics: Metrics
  /// How the models were trained, in a sentence.
  let remark: String

  private static let columns = [
    "SOTA logits", "LeNet logits", "CE logits", "iCE logits", "CE nuisance", "iCE nuisance",
  ]
  private static let paperTest = ["0.21", "1.70", "0.39", "0.38", "0.34", "27.70"]
  private static let paperTrain = ["–", "–", "0.00", "0.37", "0.00", "40.21"]

  private func percent(_ path: String) -> String {
    metrics.number(path).map { Decimals.fixed(100 * $0, places: 2) } ?? "–"
  }

  private var rows: [[String]] {
    func row(_ split: String) -> [String] {
      [
        "–", "–", percent("ce.logits.\(split).error"), percent("ice.logits.\(split).error"),
        percent("ce.nuisance.\(split)_error"), percent("ice.nuisance.\(split)_error"),
      ]
    }
    func augmented(_ split: String) -> [String] {
      [
        "–", "–", "–", "–", percent("ce.nuisance.augmented.\(split)_error"),
        percent("ice.nuisance.augmented.\(split)_error"),
      ]
    }
    return [
      ["paper, test"] + Self.paperTest, ["this run, test"] + row("test"), ["paper, train"] + Self.paperTrain,
      ["this run, train"] + row("train"), ["test images as training shows them"] + augmented("test"),
      ["training images as training shows them"] + augmented("train"),
    ]
  }

  /// For a terminal.
  var text: String {
    var table = TextTable(["% error"] + Self.columns)
    for row in rows { table.add(row) }
    return table.text + remark + "\n"
  }

  /// `report.html`.
  func report() -> Data {
    var report = Report(title: "Metamer: table 2")
    report.paragraph(
      "A bijective classifier keeps everything that it is shown: what its logits leave out is its nuisance. Trained with "
        + "cross-entropy (CE), a fresh classifier reads the class from the nuisance as well as from the logits. Independence "
        + "cross-entropy (iCE) drives the class out of the nuisance; the larger the last column's error, the better it "
        + "succeeded.")
    report.paragraph(remark)
    report.table(caption: "Errors in per cent.", header: [""] + Self.columns, rows: rows)
    report.paragraph(
      "The nuisance is read twice: from images as they are, and from images as training shows them, dequantised and "
        + "shifted at random, with as many draws as the nuisance's metrics say. The paper does not say which it used.")
    if case .text(let command) = metrics["command"] { report.preformatted(command) }
    return report.html()
  }
}
