import Foundation
import Kernels
import TestSupport
import Testing

@testable import Datasets
@testable import Flow
@testable import ToolSupport
@testable import Tools

@Suite(.serialized) struct WhitenCommandTests {
  private func succeed(_ words: [String]) throws -> String {
    let (code, output, error) = runTools(words)
    try #require(code == 0, "\(error)")
    return output
  }

  /// Every other pixel of digits, 14 × 14 of them, so that a code has 256 numbers and not 1024; in three classes, so that a network
  /// that was not trained finds codes of all of them.
  private static func digits(_ count: Int, _ split: Digits.Split) -> LabelledImages {
    let large = Digits(seed: 5).samples(0..<count, of: split)
    let pixels = (0..<count).flatMap { index in
      let image = Array(large.image(index))
      return (0..<14).flatMap { y in (0..<14).map { x in image[2 * y * 28 + 2 * x] } }
    }
    return LabelledImages(height: 14, width: 14, classes: 3, pixels: pixels, labels: large.labels.map { $0 % 3 })
  }

  private static let train = digits(420, .train)

  /// Two stages of two steps with 4 filters.
  private static func model(deviation: Float = 0.05) -> ImageModel {
    var configuration = ImageModelConfiguration(height: 14, width: 14, classes: 3, source: .digits(seed: 5))
    configuration.stages = 2
    configuration.steps = 2
    configuration.filters = 4
    let x = configuration.batch.activation(train, Array(0..<64))
    let classifier = perturbed(configuration.makeClassifier(), seed: 6, deviation: deviation).initialised(on: x)
    return ImageModel(configuration: configuration, classifier: classifier)
  }

  /// A run on 400 of these digits, which lie beside it, as if trained for three epochs.
  private func withRun(_ body: (_ run: String, _ data: [String]) throws -> Void) throws {
    try withTemporaryFolder { folder in
      try FileManager.default.createDirectory(atPath: "\(folder)/digits", withIntermediateDirectories: false)
      try DigitFolder.write(Self.train, "train", to: "\(folder)/digits")
      try DigitFolder.write(Self.digits(60, .test), "t10k", to: "\(folder)/digits")
      let words = ["--epochs", "3", "--limit", "400", "--shift", "1"]
      let options = try #require(
        try Options.parse(words, command: "x", options: TrainingConfiguration.options, arguments: []))
      try ModelFile.write(
        .bijective(Self.model()), metadata: ["training": TrainingConfiguration(options).jsonText],
        to: OutputFolder(creating: "\(folder)/run"))
      try body("\(folder)/run", ["--data", "\(folder)/digits"])
    }
  }

  private func metrics(_ path: String) throws -> Metrics {
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    var result = Metrics()
    if case .object(let values) = try JSONDecoder().decode(MetricsValue.self, from: data) {
      for (name, value) in values { result[name] = value }
    }
    return result
  }

  private func number(_ metrics: Metrics, _ path: String) throws -> Double {
    switch metrics[path] {
    case .number(let value): return value
    case .integer(let value): return Double(value)
    default: throw TestFailure(path)
    }
  }

  private struct TestFailure: Error {
    let path: String
    init(_ path: String) { self.path = path }
  }

  @Test func theLayerIsFittedAndUsed() throws {
    try withRun { run, data in
      let output = try succeed(["whiten", run, "--shrinkage", "0.5", "--draws", "2"] + data)
      #expect(output.contains("mean log-determinant"))
      let whitening = try CodeWhitening(run: run, Self.model())
      #expect(whitening.origin.shrinkage == 0.5 && whitening.origin.images == 400 && whitening.origin.draws == 2)
      #expect(whitening.origin.firstEpoch == 3 && whitening.origin.nextEpoch == 5)
      let fitted = try metrics(run + "/whitening.json")
      #expect(try number(fitted, "test.max_round_trip_error") < 1e-3)
      #expect(try number(fitted, "test.max_round_trip_error") > 0)

      // It is what its parts make it: the codes of draws 3 and 4, and the network before the layer.
      let model = Self.model()
      let training = try TensorFile(path: run + "/model.safetensors").decode(TrainingConfiguration.self, "training")
      let batches = ImageBatches(Self.train.prefix(400), model.configuration, augmentation: training.augmentation)
      var statistics = ClassStatistics(classes: 3, dimensions: 253)
      for epoch in 3..<5 {
        let z = model.encode(batches.batch(Array(0..<400), epoch: epoch))
        statistics.observe(model.readOut.nuisance(z), classes: model.classify(z).map { Int($0) })
      }
      let expected = try ClassWhitening(statistics, shrinkage: 0.5)
      let x = batches.batch(Array(0..<20), epoch: 9)
      let z = model.encode(x)
      let whitened = model.whitened(by: whitening)
      #expect(sameBits(whitened.encode(x).matrix().values, expected.forward(z).y.matrix().values))
      #expect(whitened.decode(whitened.encode(x)).largestDifference(from: x) < 1e-3)

      // Metamers through the layer: a's logits and key, b's whitened nuisance.
      let donor = model.encode(batches.batch(Array(20..<40), epoch: 9))
      let own = model.readOut.metamericCode(logitSource: z, nuisanceSource: expected.forward(donor).y)
      let metamers = whitened.metamers(
        logitSource: whitened.encode(x), nuisanceSource: expected.forward(donor).y)
      #expect(sameBits(metamers.matrix().values, model.decode(expected.inverse(own).x).matrix().values))

      _ = try succeed(["metamers", run, "--whitened", "--pairs", "20", "--columns", "3"] + data)
      let made = try metrics(run + "/metamers-whitened/metrics.json")
      #expect(try number(made, "metamers.predictions_unchanged") == 1)
      #expect(try number(made, "whitening.shrinkage") == 0.5)
      _ = try succeed(["interpolate", run, "--whitened", "--rows", "2", "--columns", "2"] + data)
      _ = try succeed(
        ["nuisance", run, "--whitened", "--epochs", "1", "--hidden", "4", "--draws", "1"] + data)
      let names = try FileManager.default.contentsOfDirectory(atPath: run).sorted()
      #expect(
        names == [
          "interpolate-whitened", "metamers-whitened", "model.safetensors", "nuisance-whitened", "whitening.json",
          "whitening.safetensors",
        ])
    }
  }

  @Test func threadsDoNotMatter() throws {
    try withRun { run, data in
      let bytes = try [1, 2].map { threads in
        _ = try succeed(
          ["whiten", run, "--shrinkage", "0.5", "--draws", "1", "--threads", String(threads)] + data)
        return try Data(contentsOf: URL(fileURLWithPath: run + "/whitening.safetensors"))
      }
      #expect(bytes[0] == bytes[1])
    }
  }

  @Test func aRunWithoutItsWhiteningIsRefused() throws {
    try withRun { run, data in
      let without = runTools(["metamers", run, "--whitened"] + data)
      #expect(without.code == 1)
      #expect(
        without.error == "Tools: cannot read the whitening of \(run): it holds no whitening.safetensors, which "
          + "`Tools whiten` makes.\n")
      _ = try succeed(["whiten", run, "--shrinkage", "0.5", "--draws", "1"] + data)
      // A model that was trained further.
      try ModelFile.write(
        .bijective(Self.model(deviation: 0.06)), metadata: ["epoch": "4"], to: OutputFolder(creating: run))
      let other = runTools(["interpolate", run, "--whitened"] + data)
      #expect(
        other.error == "Tools: cannot use \(run)/whitening.safetensors: it was fitted to another model.safetensors "
          + "than the run now holds.\n")
      #expect(!FileManager.default.fileExists(atPath: run + "/interpolate-whitened"))
    }
  }

  @Test func tooFewCodesAreRefused() throws {
    try withRun { run, data in
      let result = runTools(["whiten", run, "--shrinkage", "0", "--draws", "1"] + data)
      #expect(result.code == 1)
      #expect(result.error.contains("\nTools: cannot whiten the codes of \(run): the covariance of class 0 is not "))
      #expect(!FileManager.default.fileExists(atPath: run + "/whitening.safetensors"))
    }
  }

  @Test func aResNetHasNone() throws {
    try SmallModel.withRun(SmallModel.residual) { run in
      let result = runTools(["metamers", run, "--whitened"])
      #expect(result.error.contains("it is a ResNet, which has no inverse, and `metamers` needs one"))
    }
  }
}
