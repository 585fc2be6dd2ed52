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
}
