import Flow
import Foundation
import Kernels
import Testing

@testable import Datasets
@testable import ToolSupport
@testable import Tools

/// `Tools train`, `nuisance` and `reproduce` on a few digits and a network of a few filters.
@Suite(.serialized) struct TrainCommandTests {
  private func succeed(_ words: [String]) throws {
    let (code, _, error) = runTools(words)
    try #require(code == 0, "\(error)")
  }

  /// A run of two epochs on 150 digits: 3 batches of 48 and a rest of 6. The digits lie beside the run.
  private func train(_ objective: String, _ folder: String, threads: Int = 2, more: [String] = []) throws {
    let data = URL(fileURLWithPath: folder).deletingLastPathComponent().appendingPathComponent("digits").path
    if !FileManager.default.fileExists(atPath: data) { try DigitFolder.write(data, train: 160, test: 40) }
    try succeed(
      [
        "train", "--data", data, "--filters", "4", "--limit", "150",
        "--batch", "48", "--epochs", "2", "--threads", String(threads), "--seed", "3", "--output", folder,
      ] + Self.network[objective, default: []] + more)
  }

  /// What is trained, by the name of the case.
  private static let network = [
    "ce": ["--objective", "ce", "--stages", "2", "--steps", "1"],
    "ce with dropout": ["--objective", "ce", "--stages", "2", "--steps", "1", "--dropout", "0.3"],
    "ice": ["--objective", "ice", "--stages", "2", "--steps", "1"],
    "ce with gain": [
      "--stages", "2", "--steps", "1", "--gain-weight", "2", "--volume-preserving", "--logit-scale", "learned",
    ],
    "ice with all": [
      "--objective", "ice", "--stages", "2", "--steps", "1", "--gain-weight", "2", "--gain-share", "0.5",
      "--gain-noise",
      "0.2", "--nuisance-classifiers", "2", "--nuisance-reset", "0.5", "--nuisance-noise", "0.1", "--nuisance-scale",
      "whole", "--logit-scale", "learned", "--inverse-gain-weight", "0.5", "--likelihood", "mixture",
    ],
    "resnet": ["--network", "resnet", "--blocks", "1"],
  ]

  private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

  private func metrics(_ path: String) throws -> Metrics {
    var result = Metrics()
    guard case .object(let values) = try JSONDecoder().decode(MetricsValue.self, from: bytes(path)) else {
      return result
    }
    for (name, value) in values { result[name] = value }
    return result
  }

  @Test func everyWeightOfTheGameIsAnOption() throws {
    let words = [
      "--nuisance-weight", "0.25", "--likelihood-weight", "0.5", "--nuisance-steps", "7", "--nuisance-classifiers", "2",
      "--nuisance-reset", "0.5", "--nuisance-noise", "0.25", "--nuisance-scale", "whole", "--gain-weight", "3",
      "--gain-noise", "0.5", "--gain-share", "0.75", "--batch", "50", "--inverse-gain-weight", "4", "--likelihood",
      "mixture", "--logit-decay", "0.5",
    ]
    let options = try #require(
      try Options.parse(words, command: "x", options: TrainingConfiguration.options, arguments: []))
    var configuration = TrainingConfiguration(options)
    let settings = configuration.independence(.independence, images: 1000)
    #expect((settings.gainWeight, settings.gainDeviation, settings.gainShare) == (3, 0.5, 0.75))
    #expect((settings.nuisanceClassifiers, settings.nuisanceReset) == (2, 10))
    #expect((settings.inverseGainWeight, settings.likelihoodKnowsClass, settings.logitDecay) == (4, false, 0.5))
    #expect((settings.nuisanceNoise, settings.nuisanceScale) == (0.25, .whole))
    #expect((settings.nuisanceWeight, settings.likelihoodWeight, settings.nuisanceSteps) == (0.25, 0.5, 7))
    // A file of before it was an option.
    configuration.nuisanceSteps = nil
    #expect(
      configuration.independence(.independence, images: 1000).nuisanceSteps == IndependenceSettings().nuisanceSteps)
    // Cross-entropy knows the gain, and no game and no density.
    let plain = configuration.independence(.crossEntropy, images: 1000)
    #expect((plain.gainWeight, plain.nuisanceWeight, plain.likelihoodWeight) == (3, 0, 0))
    #expect(plain.nuisanceClassifiers == 0)
  }

  @Test(
    "A run that went on from a checkpoint ends with the bytes of one that was not interrupted",
    arguments: ["ce", "ce with dropout", "ice", "ce with gain", "ice with all", "resnet"])
  func resume(objective: String) throws {
    try withTemporaryFolder { folder in
      try train(objective, "\(folder)/whole")
      let files = FileManager.default
      try files.createDirectory(atPath: "\(folder)/broken", withIntermediateDirectories: true)
      // What a run leaves that is killed during its second epoch.
      try files.copyItem(
        atPath: "\(folder)/whole/state.previous.safetensors", toPath: "\(folder)/broken/state.safetensors")
      try succeed(["train", "--resume", "--output", "\(folder)/broken"])
      for name in ["model.safetensors", "state.safetensors"] {
        #expect(try bytes("\(folder)/broken/\(name)") == bytes("\(folder)/whole/\(name)"), "\(name)")
      }
      // A finished run goes on to nothing.
      try succeed(["train", "--resume", "--output", "\(folder)/whole"])
      #expect(try bytes("\(folder)/broken/model.safetensors") == bytes("\(folder)/whole/model.safetensors"))
    }
  }

  @Test(
    "The model's bytes do not depend on the number of threads",
    arguments: ["ce with dropout", "ice with all", "resnet"])
  func threads(objective: String) throws {
    try withTemporaryFolder { folder in
      for threads in 1...3 { try train(objective, "\(folder)/\(threads)", threads: threads) }
      let first = try bytes("\(folder)/1/model.safetensors")
      for threads in 2...3 { #expect(try bytes("\(folder)/\(threads)/model.safetensors") == first, "\(threads)") }
    }
  }

  @Test("Reversible memory trains the same network, up to rounding")
  func memory() throws {
    try withTemporaryFolder { folder in
      try train("ce", "\(folder)/stored")
      try train("ce", "\(folder)/reversible", more: ["--memory", "reversible"])
      let stored = try ModelFile.read(run: "\(folder)/stored").network.parameters()
      let reversible = try ModelFile.read(run: "\(folder)/reversible").network.parameters()
      #expect(stored.map(\.parameter) == reversible.map(\.parameter))
      // Adamax divides by the largest gradient: rounding of a gradient moves a step of 2e-3 by a small part of it. Eight
      // steps of the full rate would be 1.6e-2.
      for (one, other) in zip(stored, reversible) where one.parameter.kind == .trainable {
        let difference = zip(one.values, other.values).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
        #expect(difference < 4e-3, "\(one.parameter.name): \(difference)")
      }
    }
  }

  @Test func metricsOfARun() throws {
    try withTemporaryFolder { folder in
      let run = "\(folder)/run"
      try train("ice", run)
      let metrics = try metrics("\(run)/metrics.json")
      for path in [
        "seed", "configuration.objective", "epochs", "train.error", "test.error", "test.bits_per_dimension",
        "inverse.max_absolute_error", "images_per_second", "machine.isa", "command",
      ] {
        #expect(metrics[path] != .null, "\(path)")
      }
      if case .array(let epochs) = metrics["epochs"] { #expect(epochs.count == 2) }
      if case .number(let error) = metrics["inverse.max_absolute_error"] { #expect(error < 1e-4) }

      try succeed(["nuisance", run, "--reader", "all", "--epochs", "2", "--hidden", "4", "--draws", "1"])
      let nuisance = try self.metrics("\(run)/nuisance/metrics.json")
      for reader in ["P", "S", "C"] {
        for name in ["train_error", "test_error", "cross_entropy_nats", "information_lower_bound_nats"] {
          #expect(nuisance.number("readers.\(reader).\(name)") != nil, "\(reader) \(name)")
        }
      }
      // All images that the run had, and no more.
      #expect(nuisance["train_images"] == 150 && nuisance["draws"] == 1)
      try succeed(["nuisance", run, "--epochs", "1", "--hidden", "4"])
      let strong = try self.metrics("\(run)/nuisance/metrics.json")
      #expect(strong["draws"] == 2 && strong["readers.P"] == .null && strong.number("readers.S.test_error") != nil)
      // Samples need the prior that such a run has.
      try succeed(["samples", run])
    }
  }

  @Test func metricsOfAResNet() throws {
    try withTemporaryFolder { folder in
      let run = "\(folder)/run"
      try train("resnet", run)
      let metrics = try metrics("\(run)/metrics.json")
      for path in ["configuration.blocks", "epochs", "train.error", "test.error", "images_per_second", "parameters"] {
        #expect(metrics[path] != .null, "\(path)")
      }
      #expect(metrics["inverse"] == .null)
      let words = ["train", "--data", "\(folder)/digits", "--network", "resnet"]
      let ice = runTools(words + ["--objective", "ice", "--output", "\(folder)/ice"])
      #expect(ice.code == 64 && ice.error.contains("--objective ice"))
      let memory = runTools(words + ["--memory", "reversible", "--output", "\(folder)/memory"])
      #expect(memory.code == 64 && memory.error.contains("--memory reversible"))
    }
  }

  @Test("A run on shiftMNIST leaves its images in place, and tells the error without the shortcut")
  func shortcut() throws {
    try withTemporaryFolder { folder in
      try ShiftedDigits.write("\(folder)/shift", train: 160, test: 40)
      let words = [
        "train", "--data", "\(folder)/shift/binary", "--filters", "4", "--stages", "2", "--steps", "1", "--epochs", "1",
      ]
      let run = runTools(words + ["--output", "\(folder)/run"])
      #expect(run.code == 0 && run.error.contains("--shift is 0") && run.error.contains("without the shortcut"))
      let metrics = try metrics("\(folder)/run/metrics.json")
      #expect(metrics["shifted.error"] != .null)
      guard case .array(let epochs) = metrics["epochs"], case .object(let epoch) = epochs.first else {
        Issue.record("no epochs")
        return
      }
      #expect(epoch["shifted_error"] == metrics["shifted.error"])
      let told = runTools(words + ["--shift", "2", "--output", "\(folder)/told"])
      #expect(told.code == 0 && told.error.contains("warning: --shift 2"))
      let digits = try TensorFile(path: "\(folder)/run/model.safetensors").decode(
        TrainingConfiguration.self, "training")
      #expect(digits.shift == 0)
      let gain = runTools(words + ["--network", "resnet", "--gain-weight", "1", "--output", "\(folder)/no"])
      #expect(gain.code == 64)
      let whiten = runTools(words + ["--whiten", "--output", "\(folder)/no"])
      #expect(whiten.code == 64 && whiten.error.contains("--objective ice"))
    }
  }

  @Test func whatIsThereIsKept() throws {
    try withTemporaryFolder { folder in
      let run = "\(folder)/run"
      try train("ce", run)
      let before = try bytes("\(run)/model.safetensors")
      let again = runTools(["train", "--output", run])
      #expect(again.code == 64 && again.error.contains("--resume"))
      #expect(try bytes("\(run)/model.safetensors") == before)
      let nothing = runTools(["train", "--resume", "--output", "\(folder)/nothing"])
      #expect(nothing.code == 1 && nothing.error.contains("state.safetensors"))
      // A state that is cut short is refused, and stays.
      let state = "\(run)/state.safetensors"
      let cut = try bytes(state).dropLast(100)
      try cut.write(to: URL(fileURLWithPath: state))
      let broken = runTools(["train", "--resume", "--output", run])
      #expect(broken.code == 1 && broken.error.contains(state))
      #expect(try bytes(state) == cut && bytes("\(run)/model.safetensors") == before)
    }
  }
}
