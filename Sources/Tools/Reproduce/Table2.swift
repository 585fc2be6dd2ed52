import Foundation
import ToolSupport

/// Table 2 of the paper (appendix D.2) beside what two runs gave: errors in per cent of the logits and of readers of the
/// nuisance.
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
      let objectives = ["ce", "ice"]
      return ["–", "–"] + objectives.map { percent("\($0).logits.\(split).error") }
        + objectives.map { percent("\($0).nuisance.readers.P.\(split)_error") }
    }
    func reader(_ kind: Reader.Kind) -> [String] {
      ["–", "–", "–", "–"] + ["ce", "ice"].map { percent("\($0).nuisance.readers.\(kind.rawValue).test_error") }
    }
    return [
      ["paper, test"] + Self.paperTest, ["this run, test, reader P"] + row("test"),
      ["test, reader S"] + reader(.strong), ["test, reader C"] + reader(.convolutional),
      ["paper, train"] + Self.paperTrain, ["this run, train, reader P"] + row("train"),
    ]
  }

  private static let boundHeader = ["nats", "P", "S", "C"]

  /// The bounds that the readers give, in nats.
  private var boundRows: [[String]] {
    [("CE, I(y; z_n) ≥", "ce"), ("iCE, I(y; z_n) ≥", "ice")].map { title, objective in
      [title]
        + Reader.Kind.allCases.map { kind in
          metrics.number("\(objective).nuisance.readers.\(kind.rawValue).information_lower_bound_nats").map {
            Decimals.fixed($0, places: 3)
          } ?? "–"
        }
    }
  }

  /// For a terminal.
  var text: String {
    var table = TextTable(["% error"] + Self.columns)
    for row in rows { table.add(row) }
    var bounds = TextTable(Self.boundHeader)
    for row in boundRows { bounds.add(row) }
    return "\(table.text)\n\(bounds.text)\(remark)\n"
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
    report.table(caption: "Bounds on information about the class.", header: Self.boundHeader, rows: boundRows)
    report.paragraph(
      "The nuisance is read by three fresh classifiers, which learn from all training images as training shows them, "
        + "dequantised and shifted at random, and are tested on images as they are. P reads as the paper seems to have "
        + "done: 512-512 units, dropout, z_n as it is; its error in training is that of its last epoch, with dropout, on "
        + "images as training shows them, as the paper's code prints it. S has 1024-1024 units and standardised z_n. C is a "
        + "small ResNet on images of the nuisance alone, F⁻¹(mean z_s, z_n). Their cross-entropies bound the information "
        + "from below.")
    if case .text(let command) = metrics["command"] { report.preformatted(command) }
    return report.html()
  }
}
