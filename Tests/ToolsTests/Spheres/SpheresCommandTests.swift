import Foundation
import Kernels
import Testing

@testable import Datasets
@testable import ToolSupport
@testable import Tools

@Suite(.serialized) struct SpheresCommandTests {
  private func run(_ words: [String]) -> (code: Int32, output: String, error: String) {
    let transcript = Transcript()
    let code = Tools.run(
      arguments: ["spheres"] + words, commands: [SpheresCommand()], console: transcript.console())
    return (code, transcript.output, transcript.error)
  }

  private let small = [
    "--dimension", "20", "--samples", "4000", "--holdout", "400", "--epochs", "4", "--nuisance-epochs", "2",
    "--learning-rate", "0.003", "--hidden", "32", "--nuisance-hidden", "32", "--batch", "100", "--seed", "11",
  ]

  /// metrics.json without what may differ between runs: times and machine.
  private func metrics(_ folder: String) throws -> [String: Any] {
    let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/metrics.json"))
    var object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    object["machine"] = nil
    object["seconds"] = nil
    for name in ["classifier", "nuisance_classifier"] {
      var part = try #require(object[name] as? [String: Any])
      part["seconds_per_epoch"] = nil
      object[name] = part
    }
    return object
  }

  @Test func aSmallRunLearnsAttacksAndLeavesItsFiles() throws {
    try withTemporaryFolder { folder in
      let before = Parallel.threads
      defer { Parallel.threads = before }
      var seen: [Data] = []
      for threads in ["1", "2", "3"] {
        let output = "\(folder)/\(threads)"
        let (code, _, error) = run(small + ["--threads", threads, "--output", output])
        try #require(code == 0, "\(error)")
        let object = try metrics(output)
        seen.append(try JSONSerialization.data(withJSONObject: object, options: .sortedKeys))
        let attack = try #require(object["attack"] as? [String: Any])
        #expect(attack["predictions_unchanged"] as? Double == 1)
        #expect(attack["pairs"] as? Int == 400)
        let line = try #require((attack["line"] as? [String: Any])?["inner_to_outer"] as? [String: Any])
        let onSphere = try #require(attack["on_sphere"] as? [String: Any])
        try #require(onSphere["reached"] as? Double == 1 && line["meets_other_sphere"] as? Double == 1)
        // Both say for how many pairs the nuisance classifier sees the other sphere, one by points, one by places.
        #expect(
          line["nuisance_classifier_changes_first"] as? Double
            == onSphere["nuisance_predictions_follow_oracle"] as? Double)
        let oracle = try #require(line["oracle_change_quantiles_5_50_95"] as? [Double])
        let sphere = try #require(line["other_sphere_quantiles_5_50_95"] as? [Double])
        #expect(zip(oracle, sphere).allSatisfy { 0 < $0 && $0 < $1 && $1 <= 1 })
        let classifier = try #require(object["classifier"] as? [String: Any])
        #expect(try #require(classifier["validation_accuracy"] as? Double) > 0.95)
        let names = try FileManager.default.contentsOfDirectory(atPath: output).sorted()
        #expect(
          names == [
            "classifier.safetensors", "figure4.png", "metrics.json", "nuisance.safetensors", "report.html",
          ])
      }
      #expect(seen[0] == seen[1] && seen[1] == seen[2], "the same bytes for 1, 2 and 3 threads")
      for file in ["classifier.safetensors", "figure4.png"] {
        let bytes = try ["1", "2", "3"].map { try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)/\(file)")) }
        #expect(bytes[0] == bytes[1] && bytes[1] == bytes[2], "\(file)")
      }
    }
  }

  /// With these weights the nuisance classifier makes no error from its second epoch on.
  @Test func theNuisanceClassifierIsTrainedAsLongAsAsked() throws {
    try withTemporaryFolder { folder in
      var words = small
      words[try #require(words.firstIndex(of: "2"))] = "6"
      let (code, _, error) = run(words + ["--output", folder])
      try #require(code == 0, "\(error)")
      let nuisance = try #require(try metrics(folder)["nuisance_classifier"] as? [String: Any])
      #expect(nuisance["train_accuracy"] as? Double == 1 && nuisance["validation_accuracy"] as? Double == 1)
      #expect((nuisance["loss"] as? [Double])?.count == 6)
    }
  }

  @Test func noiseReachesTheNuisanceClassifierAlone() throws {
    try withTemporaryFolder { folder in
      for (name, words) in [("plain", []), ("noisy", ["--nuisance-noise", "0.5"])] {
        let (code, _, error) = run(small + words + ["--output", "\(folder)/\(name)"])
        try #require(code == 0, "\(error)")
      }
      let loss = try ["plain", "noisy"].map { name in
        try #require(try metrics("\(folder)/\(name)")["classifier"] as? [String: Any])["loss"] as? [Double]
      }
      #expect(loss[0] == loss[1])
      let nuisance = try ["plain", "noisy"].map { name in
        try #require(try metrics("\(folder)/\(name)")["nuisance_classifier"] as? [String: Any])["loss"] as? [Double]
      }
      #expect(nuisance[0] != nuisance[1])
    }
  }

  @Test("A larger scale of the logits leaves metamers shorter")
  func theScaleReachesTheClassifier() throws {
    try withTemporaryFolder { folder in
      var lengths: [Double] = []
      for scale in ["1", "100"] {
        let (code, _, error) = run(small + ["--logit-scale", scale, "--output", "\(folder)/\(scale)"])
        try #require(code == 0, "\(error)")
        let attack = try #require(try metrics("\(folder)/\(scale)")["attack"] as? [String: Any])
        #expect(attack["predictions_unchanged"] as? Double == 1)
        let outward = try #require(attack["inner_to_outer"] as? [String: Any])
        lengths.append(try #require(outward["norm_quantiles_0_5_50_95_100"] as? [Double])[2])
      }
      #expect(lengths[1] < lengths[0] / 2)
    }
  }

  @Test func severalSeedsAreRunsOfTheirOwnSideBySide() throws {
    try withTemporaryFolder { folder in
      try #require(run(small + ["--seeds", "2", "--output", "\(folder)/both"]).code == 0)
      let names = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/both").sorted()
      #expect(names == ["metrics.json", "report.html", "seed-11", "seed-12"])
      var alone = small
      alone[try #require(alone.firstIndex(of: "11"))] = "12"
      try #require(run(alone + ["--output", "\(folder)/alone"]).code == 0)
      let (second, same) = (try metrics("\(folder)/both/seed-12"), try metrics("\(folder)/alone"))
      #expect(NSDictionary(dictionary: second) == NSDictionary(dictionary: same))
      let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/both/metrics.json"))
      let all = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
      #expect(all["seeds"] as? [String] == ["11", "12"])
      func line(_ object: [String: Any]) throws -> [String: Any] {
        try #require(
          ((object["attack"] as? [String: Any])?["line"] as? [String: Any])?["inner_to_outer"] as? [String: Any])
      }
      let medians = try ["seed-11", "seed-12"].map { name in
        try #require(try line(metrics("\(folder)/both/\(name)"))["other_sphere_quantiles_5_50_95"] as? [Double])[1]
      }
      let found = try #require(try line(all)["other_sphere_median"] as? [String: Any])
      #expect(found["values"] as? [Double] == medians)
      // JSONSerialization reads decimals to some units in the last place.
      let mean = try #require(found["mean"] as? Double)
      #expect(abs(mean - (medians[0] + medians[1]) / 2) <= 8 * mean.ulp)
    }
  }

  @Test func theExportIsTheTrainingSet() throws {
    try withTemporaryFolder { folder in
      let (code, _, error) = run(["--dimension", "7", "--samples", "50", "--holdout", "4", "--export", folder])
      try #require(code == 0, "\(error)")
      let points = try NPY.decode([UInt8](Data(contentsOf: URL(fileURLWithPath: folder + "/x_train.npy"))))
      let classes = try NPY.decode([UInt8](Data(contentsOf: URL(fileURLWithPath: folder + "/y_train.npy"))))
      let expected = Spheres(dimension: 7, innerRadius: 1, outerRadius: 10)
        .samples(count: 50, from: RandomStream(seed: 0, name: "spheres training"))
      #expect(points.shape == [50, 7] && points.floats == expected.points.values)
      #expect(classes.payload == expected.classes)
    }
  }

  @Test(arguments: [
    (["--samples", "0"], "--samples"), (["--epochs", "-1"], "--epochs"), (["--inner-radius", "10"], "--inner-radius"),
    (["--inner-radius", "0"], "--inner-radius"), (["--batch"], "--batch"), (["--bogus"], "--bogus"),
    (["--learning-rate", "fast"], "--learning-rate"), (["--memory", "none"], "--memory"), (["extra"], "extra"),
    (["--threads", "0"], "--threads"), (["--misaligned", "--export", "x"], "--misaligned"),
    (["--misaligned", "--samples", "100"], "--samples is for training"),
    (["--misaligned", "--seeds", "2"], "--seeds is for training"), (["--seeds", "0"], "--seeds"),
    (["--seeds", "2", "--export", "x"], "--seeds is for runs"), (["--logit-scale", "0"], "--logit-scale"),
    (["--nuisance-noise", "-1"], "--nuisance-noise"),
  ])
  func usageErrorsAreOneSentence(words: [String], named: String) {
    let (code, output, error) = run(words)
    #expect(code == 64)
    #expect(output.isEmpty)
    #expect(error.contains(named))
    #expect(error.split(separator: "\n").count == 1)
  }

  @Test func anUnwritableFolderIsAnError() throws {
    try withTemporaryFolder { folder in
      let file = folder + "/file"
      try Data([1]).write(to: URL(fileURLWithPath: file))
      let (code, _, error) = run(["--output", file + "/inside"])
      #expect(code == 1)
      #expect(error.contains(file))
      #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == Data([1]))
    }
  }

  @Test func divergenceNamesStepPartAndCheckpoint() throws {
    try withTemporaryFolder { folder in
      // A rate of 10³⁰ throws the weights out of range at once.
      let (code, _, error) = run(small + ["--learning-rate=1e30", "--output", folder])
      // --learning-rate is given twice: the second is refused.
      #expect(code == 64)
      #expect(error.contains("twice"))
      var words = small
      words[try #require(words.firstIndex(of: "0.003"))] = "1e30"
      let diverged = run(words + ["--output", folder])
      #expect(diverged.code == 1)
      #expect(diverged.error.contains("step"))
      #expect(diverged.error.contains("not finite"))
      #expect(diverged.error.contains("no checkpoint"))
      #expect(!FileManager.default.fileExists(atPath: folder + "/metrics.json"))
    }
  }
}
