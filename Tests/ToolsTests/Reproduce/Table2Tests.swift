import Foundation
import Kernels
import Testing

@testable import Datasets
@testable import ToolSupport
@testable import Tools

/// `Tools reproduce table2` on a few digits.
@Suite(.serialized) struct Table2Tests {
  private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

  @Test("Both objectives from the data to the report, and again without work")
  func wholeExperiment() throws {
    try withTemporaryFolder { folder in
      let (data, output) = ("\(folder)/digits", "\(folder)/out")
      try DigitFolder.write(data, train: 160, test: 40)
      let words = ["reproduce", "table2", "--data", data, "--epochs", "1", "--limit", "150", "--output", output]
      let first = runTools(words)
      try #require(first.code == 0, "\(first.error)")
      for title in ["27.70", "iCE, whitened", "reader S", "1 for every model"] {
        #expect(first.output.contains(title), "\(title)")
      }
      let console = Transcript().console()
      let runs = ExperimentRuns(folder: try OutputFolder(creating: output), threads: 1, console: console)
      let metrics = try runs.metrics("metrics.json")
      for objective in ["ce", "ice"] {
        for path in [
          "logits.test.error", "nuisance.readers.P.train_error", "nuisance.readers.S.test_error",
          "nuisance_whitened.readers.C.test_error", "metamers.metamers.judge.nuisance_source_class",
          "metamers_whitened.metamers.judge.logit_source_class",
        ] {
          #expect(metrics.number("\(objective).\(path)") != nil, "\(objective).\(path)")
        }
        // Trained alike: the objective is all that differs.
        let training = try TensorFile(path: "\(output)/\(objective)/model.safetensors")
          .decode(TrainingConfiguration.self, "training")
        #expect((training.epochs, training.limit, training.shift) == (1, 150, 3))
        #expect((training.whitens == true) == (objective == "ice"))
      }
      #expect(try bytes("\(output)/ce/interpolate/interpolation.png").count > 1000)
      let report = try bytes("\(output)/report.html")
      #expect(report.count > 2000)

      // Again: nothing is trained, and the table is the one that it was.
      let state = try bytes("\(output)/ice/state.safetensors")
      try FileManager.default.removeItem(atPath: "\(output)/ce/metamers/metrics.json")
      let second = runTools(words)
      #expect(second.code == 0 && second.output.hasSuffix(first.output.suffix(400)))
      #expect(try bytes("\(output)/ice/state.safetensors") == state)
      #expect(!second.error.contains("epoch 1 of 1"))
    }
  }

  /// Every figure stands in the row and the column of its reader and model.
  @Test func figuresStandInTheirPlaces() throws {
    var metrics = Metrics()
    for (objective, base) in [("ce", 0.1), ("ice", 0.2)] {
      metrics["\(objective).logits.test.error"] = .number(base)
      metrics["\(objective).logits.train.error"] = .number(base + 0.01)
      for (index, reader) in Reader.Kind.allCases.enumerated() {
        let path = "\(objective).nuisance.readers.\(reader.rawValue)"
        metrics["\(path).test_error"] = .number(base + 0.02 + 0.01 * Double(index))
        metrics["\(path).train_error"] = .number(base + 0.05)
        metrics["\(path).information_lower_bound_nats"] = .number(base + Double(index))
      }
    }
    let lines = Table2(metrics: metrics, remark: "Invented.").text.split(separator: "\n").map(String.init)
    func numbers(_ name: String) throws -> [String] {
      let line = try #require(lines.first { $0.hasPrefix(name) })
      return line.dropFirst(name.count).split(separator: " ").map(String.init)
    }
    #expect(try numbers("this run, test, reader P") == ["–", "–", "10.00", "20.00", "12.00", "22.00", "–", "–"])
    #expect(try numbers("test, reader S") == ["–", "–", "–", "–", "13.00", "23.00", "–", "–"])
    #expect(try numbers("test, reader C") == ["–", "–", "–", "–", "14.00", "24.00", "–", "–"])
    #expect(try numbers("this run, train, reader P") == ["–", "–", "11.00", "21.00", "15.00", "25.00", "–", "–"])
    #expect(try numbers("paper, test") == ["0.21", "1.70", "0.39", "0.38", "0.34", "27.70", "–", "–"])
    #expect(try numbers("CE, I(y; z_n) ≥") == ["0.100", "1.100", "2.100"])
    #expect(try numbers("iCE, I(y; z_n) ≥") == ["0.200", "1.200", "2.200"])
    #expect(lines.last == "Invented.")
  }
}
