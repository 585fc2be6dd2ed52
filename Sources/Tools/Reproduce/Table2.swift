import Foundation
import ToolSupport

/// Table 2 of the paper (appendix D.2) beside what two runs gave: errors in per cent of the logits and of readers of the
/// nuisance.
struct Table2 {
  let metrics: Metrics
  /// How the models were trained, in a sentence.
  let remark: String

  /// The runs, by the name of their folders.
  static let objectives = ["ce", "ice"]

  private static let columns = [
    "SOTA logits", "LeNet logits", "CE logits", "iCE logits", "CE nuisance", "iCE nuisance", "CE, whitened",
    "iCE, whitened",
  ]
  private static let paperTest = ["0.21", "1.70", "0.39", "0.38", "0.34", "27.70", "–", "–"]
  private static let paperTrain = ["–", "–", "0.00", "0.37", "0.00", "40.21", "–", "–"]

  private func percent(_ path: String) -> String {
    metrics.number(path).map { Decimals.fixed(100 * $0, places: 2) } ?? "–"
  }

  private var rows: [[String]] {
    func row(_ split: String) -> [String] {
      ["–", "–"] + Self.objectives.map { percent("\($0).logits.\(split).error") }
        + Self.codes.map { percent("\($0).readers.P.\(split)_error") }
    }
    func reader(_ kind: Reader.Kind) -> [String] {
      ["–", "–", "–", "–"] + Self.codes.map { percent("\($0).readers.\(kind.rawValue).test_error") }
    }
    return [
      ["paper, test"] + Self.paperTest, ["this run, test, reader P"] + row("test"),
      ["test, reader S"] + reader(.strong), ["test, reader C"] + reader(.convolutional),
      ["paper, train"] + Self.paperTrain, ["this run, train, reader P"] + row("train"),
    ]
  }

  /// Where the readers of each code stand: the nuisances as they are, and behind the whitening.
  private static let codes = ["ce.nuisance", "ice.nuisance", "ce.nuisance_whitened", "ice.nuisance_whitened"]

  private static let metamerHeader = [
    "metamers", "logits kept to", "outside [−0.1, 1.1], %", "donor's class, %", "logits' class, %",
    "decision as bytes, %",
  ]

  /// What became of metamers, and what the judge sees in them.
  private var metamerRows: [[String]] {
    [
      ("CE", "ce.metamers"), ("iCE", "ice.metamers"), ("CE, whitened", "ce.metamers_whitened"),
      ("iCE, whitened", "ice.metamers_whitened"),
    ].map { title, path in
      let values = "\(path).metamers"
      return [
        title,
        metrics.number("\(values).max_logit_difference").map { NumberText.scientific($0, decimals: 1) } ?? "–",
        percent("\(values).pixels_a_tenth_outside_0_1"), percent("\(values).judge.nuisance_source_class"),
        percent("\(values).judge.logit_source_class"), percent("\(values).as_bytes.predictions_unchanged"),
      ]
    }
  }

  private static let boundHeader = ["nats", "P", "S", "C"]

  /// The bounds that the readers give, in nats.
  private var boundRows: [[String]] {
    zip(["CE", "iCE", "CE, whitened", "iCE, whitened"], Self.codes).map { title, code in
      ["\(title), I(y; z_n) ≥"]
        + Reader.Kind.allCases.map { kind in
          metrics.number("\(code).readers.\(kind.rawValue).information_lower_bound_nats").map {
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
    var metamers = TextTable(Self.metamerHeader)
    for row in metamerRows { metamers.add(row) }
    return "\(table.text)\n\(bounds.text)\n\(metamers.text)\(remark)\n"
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
    report.table(caption: "1000 metamers of each model.", header: Self.metamerHeader, rows: metamerRows)
    report.paragraph(
      "A metamer has the logits of one image and the nuisance of another, the donor. The judge, a ResNet that was trained apart "
        + "(its own test error: \(percent("judge.test_error")) %), says whose class the image shows. Whitened codes have each class's "
        + "mean and covariance taken out of the nuisance by an invertible last layer, whose class is the one that the logits "
        + "give; metamers are made through it.")
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
