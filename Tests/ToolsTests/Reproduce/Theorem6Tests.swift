import Foundation
import Kernels
import Testing

@testable import Datasets
@testable import ToolSupport
@testable import Tools

/// `Tools theorem6` on tiny networks, and what it says of numbers.
@Suite(.serialized) struct Theorem6Tests {
  private func succeed(_ words: [String]) throws -> String {
    let (code, output, error) = runTools(words)
    try #require(code == 0, "\(error)")
    return output
  }

  private func train(_ data: String, _ run: String) throws {
    _ = try succeed([
      "train", "--data", data, "--stages", "2", "--steps", "1", "--filters", "4", "--batch", "48", "--epochs", "1",
      "--shift", "0", "--limit", "150", "--seed", "3", "--output", run,
    ])
  }

  @Test("Every number is there, and the same for any number of threads", arguments: ["binary", "texture"])
  func command(variant: String) throws {
    try withTemporaryFolder { folder in
      let run = "\(folder)/run"
      try ShiftedDigits.write(folder, variant: variant, train: 170, test: 61)
      try train("\(folder)/\(variant)", run)
      let words = ["theorem6", run, "--hidden", "8", "--epochs", "2", "--draws", "1", "--threads"]
      let output = try succeed(words + ["2"])
      let metrics = try Metrics(contentsOf: "\(run)/theorem6.json")
      for distribution in Theorem6.Distribution.allCases.map(\.rawValue) {
        let paths =
          ["entropy_nats", "argmax_error", "recentred_argmax_error"]
          + ["z_s", "z_s.discriminant", "z_s.network", "z_n", "z"].flatMap {
            ["\($0).test_error", "\($0).information_lower_bound_nats"]
          }
        for path in paths { #expect(metrics.number("\(distribution).\(path)") != nil, "\(distribution).\(path)") }
        let bounds = ["discriminant", "network"].map {
          metrics.number("\(distribution).z_s.\($0).information_lower_bound_nats") ?? .nan
        }
        #expect(metrics.number("\(distribution).z_s.information_lower_bound_nats") == max(bounds[0], bounds[1]))
      }
      // As many training images as the run had; of a texture that is another class's, those that there are.
      #expect(metrics["d_train.train_images"] == 150 && metrics["d_adv.train_images"] == 150)
      let wrong = try #require(metrics.number("wrong_code.train_images"))
      #expect(variant == "binary" ? wrong == 150 : (100..<150).contains(wrong))
      #expect(metrics.number("wrong_code.argmax_is_code") != nil && metrics["d_adv.argmax_is_code"] == .null)
      for sentence in try #require(Theorem6Bounds(metrics.number)).sentences { #expect(output.contains(sentence)) }
      #expect(try Data(contentsOf: URL(fileURLWithPath: "\(run)/theorem6.png")).count > 500)

      _ = try succeed(words + ["1"])
      var again = try Metrics(contentsOf: "\(run)/theorem6.json")
      again["machine"] = metrics["machine"]
      #expect(again == metrics)

      // The decision's own errors are those of `shifted`.
      let shifted = try succeed(["shifted", run])
      let shift = try Metrics(contentsOf: "\(run)/shift.json")
      #expect(shift.number("iid.error") == metrics.number("d_train.argmax_error"))
      #expect(shift.number("shifted.error") == metrics.number("d_adv.argmax_error") && shifted.contains("D_Adv"))
    }
  }

  @Test func whatIsMissingIsNamed() throws {
    try withTemporaryFolder { folder in
      let (run, data) = ("\(folder)/run", "\(folder)/binary")
      try ShiftedDigits.write(folder, train: 160, test: 21)
      try train(data, run)
      let manifest = "\(data)/manifest.json"
      let text = try String(contentsOfFile: manifest, encoding: .utf8)
      func error() -> String {
        let outcome = runTools(["theorem6", run])
        #expect(outcome.code == 1)
        return outcome.error
      }
      for (key, value, other) in [
        ("code_column", "0", "-1"), ("code_row_step", "2", "0"), ("seed", "\"6\"", "6"), ("variant", "\"binary\"", "7"),
      ] {
        let broken = text.replacing("\"\(key)\" : \(value)", with: "\"\(key)\" : \(other)")
        #expect(broken != text)
        try Data(broken.utf8).write(to: URL(fileURLWithPath: manifest))
        let sentence = error()
        #expect(sentence.contains("cannot use \(manifest)") && sentence.contains(key), "\(sentence)")
      }
      let outside = text.replacing("\"code_first_row\" : 4", with: "\"code_first_row\" : 40")
      try Data(outside.utf8).write(to: URL(fileURLWithPath: manifest))
      #expect(error().contains("cannot use \(manifest): the code of label 9 is row 58"))
      try FileManager.default.removeItem(atPath: manifest)
      #expect(error() == "Tools: cannot read \(manifest): no such file or folder.\n")
      // A folder of before images without the shortcut were written.
      try FileManager.default.removeItem(atPath: "\(data)/unshortcut-images-idx3-ubyte.gz")
      #expect(
        error() == "Tools: cannot read the folder \(data): it holds no unshortcut-images-idx3-ubyte, plain or .gz "
          + "(`Tools build-shiftmnist` writes it).\n")
      #expect(runTools(["shifted", run]).code == 0)
      #expect(!FileManager.default.fileExists(atPath: "\(run)/theorem6.json"))
    }
  }

  @Test func otherRunsAreRefused() throws {
    try SmallModel.withRun(SmallModel.make()) { folder in
      for command in ["theorem6", "shifted"] {
        let digits = runTools([command, folder])
        #expect(digits.code == 1 && digits.error.contains("built-in digits, which have no shifted test"))
      }
    }
    try SmallModel.withRun(SmallModel.residual) { folder in
      let residual = runTools(["theorem6", folder])
      #expect(residual.code == 1 && residual.error.contains("has no inverse, and `theorem6` needs one"))
    }
  }

  /// z_s 2.3 and z_n `nuisance` nats on D_train, z_s `semantics` and z_n `shifted` on D_Adv, of 2.3.
  private func metrics(nuisance: Double, semantics: Double, shifted: Double) -> Metrics {
    var metrics = Metrics()
    let bounds = ["d_train": (2.3, nuisance), "d_adv": (semantics, shifted), "wrong_code": (0.5, 0.25)]
    for (distribution, (semantics, nuisance)) in bounds {
      metrics["\(distribution).entropy_nats"] = .number(2.3)
      metrics["\(distribution).argmax_error"] = .number(0.125)
      for (part, nats) in [("z_s", semantics), ("z_n", nuisance), ("z", 2.25)] {
        metrics["\(distribution).\(part).information_lower_bound_nats"] = .number(nats)
        metrics["\(distribution).\(part).test_error"] = .number(0.0625)
      }
    }
    return metrics
  }

  @Test(
    "Assumptions and conclusion against the bounds",
    arguments: [
      (0.04, 2.27, 0.01, [true, true, true]), (0.05, 2.25, 0.06, [false, false, false]),
      (1, 2.3, 1, [false, true, true]),
    ] as [(Double, Double, Double, [Bool])])
  func sentences(nuisance: Double, semantics: Double, shifted: Double, expected: [Bool]) throws {
    let metrics = metrics(nuisance: nuisance, semantics: semantics, shifted: shifted)
    let bounds = try #require(Theorem6Bounds(metrics.number))
    #expect(bounds.image == 2.3 && bounds.shiftedImage == max(2.25, semantics))
    #expect([bounds.nuisanceIsFree, bounds.isInOrder, bounds.conclusionHolds] == expected)
    let sentences = bounds.sentences
    #expect(sentences[0].contains(expected[0] ? "does not refute" : "this fails"))
    #expect(sentences[1].contains("not in that order") == !expected[1])
    #expect(sentences[2].contains(expected[2] ? "holds as far as" : "is not borne out"))
    var record = Metrics()
    bounds.record(in: &record, at: "x")
    #expect(record["x.conclusion_holds"] == .bool(expected[2]))
  }

  @Test func tableAndChart() throws {
    let theorem = Theorem6(metrics: metrics(nuisance: 1.125, semantics: 1.5, shifted: 0.375))
    for text in ["1.125", "0.375", "12.50", "6.25", "wrong code"] { #expect(theorem.text.contains(text)) }
    #expect(Theorem6Bounds(Metrics().number) == nil)
    #expect(!Theorem6(metrics: Metrics()).text.contains("assumes"))
    let canvas = theorem.chart.draw()
    func height(_ color: Color, _ columns: Range<Int>) -> Int {
      columns.map { x in (50..<370).filter { canvas.color(x: x, y: $0) == color }.count }.max() ?? 0
    }
    // Groups are a third of the frame wide each; H(y) is 1/1.15 of its 320 pixels high.
    let group = (canvas.width - 105) / 3
    for (index, nats) in [1.125, 0.375, 0.25].enumerated() {
      let columns = (75 + index * group)..<(75 + (index + 1) * group)
      #expect(abs(height(.vermilion, columns) - Int(320 / 1.15 * nats / 2.3)) <= 2)
      #expect(abs(height(Color(grey: 0xB0), columns) - Int(320 / 1.15)) <= 2)
    }
  }
}
