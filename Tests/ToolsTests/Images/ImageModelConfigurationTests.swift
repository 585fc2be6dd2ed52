import Datasets
import Flow
import Kernels
import Testing

@testable import ToolSupport
@testable import Tools

@Suite struct ImageModelConfigurationTests {
  private func parse(_ words: [String], side: Int = 28, classes: Int = 10) throws -> ImageModelConfiguration {
    let options = try #require(
      try Options.parse(words, command: "x", options: ImageModelConfiguration.options, arguments: []))
    let images = LabelledImages(height: side, width: side, classes: classes, pixels: [], labels: [])
    return try ImageModelConfiguration(options, images: images, source: .folder("a b"))
  }

  @Test func theDefaultsAreThePapers() throws {
    let configuration = try parse([])
    var expected = ImageModelConfiguration(height: 28, width: 28, classes: 10, source: .folder("a b"))
    #expect(configuration == expected)
    #expect((configuration.paddedHeight, configuration.paddedWidth) == (32, 32))
    #expect((0..<3).map(configuration.multiplyAdds).reduce(0, +) / 1_000_000 == 121)
    #expect(configuration.makeNetwork().parameterCount() / 10_000 == 133)
    expected.objective = .independence
    expected.logitScale = .fixed(3)
    #expect(try parse(["--objective", "ice"]) == expected)
    expected.logitScale = .fixed(0.5)
    #expect(try parse(["--objective", "ice", "--logit-scale", "0.5"]) == expected)
    expected.logitScale = .learned
    expected.preservesVolume = true
    #expect(try parse(["--objective", "ice", "--logit-scale", "learned", "--volume-preserving"]) == expected)
  }

  private static let everything = [
    "--stages", "2", "--steps", "1", "--filters", "4", "--coupling", "affine", "--no-batch-norm", "--dropout",
    "0.25", "--convolution", "plain", "--code", "low-pass", "--no-factor-out", "--objective", "ice", "--logit-scale",
    "2.5", "--seed",
    "18446744073709551615",
  ]

  @Test("A network that preserves volume has no scales and no trained rotations, and no other couplings")
  func preservingVolume() throws {
    let words = ["--volume-preserving", "--stages", "2", "--steps", "2", "--filters", "4"]
    let network = try parse(words).makeNetwork()
    let names = network.parameters().map(\.parameter.name)
    #expect(names.contains { $0.hasSuffix("actnorm.bias") })
    #expect(!names.contains { $0.contains("logScale") || $0.contains(".convolution.") })
    let x = Activation(samples: 2, height: 28, width: 28, channels: 1, repeating: 0.25)
    // Rotations as rounded to Float have a determinant within 16 channels' roundings of 1.
    let logDet = network.initialised(on: x).layer.forward(x).logDet
    #expect((0..<2).allSatisfy { abs(logDet[$0]) < 1e-3 })
    for other in [["--coupling", "affine"], ["--convolution", "plain"]] {
      #expect(throws: UsageError.self) { try parse(words + other) }
    }
    var metadata = try parse(words).metadata
    metadata["volume_preserving"] = nil
    #expect(try !ImageModelConfiguration(metadata: metadata).preservesVolume, "files of before it was an option")
    metadata["volume_preserving"] = "true"
    metadata["coupling"] = "affine"
    #expect(throws: MetadataError.self) { try ImageModelConfiguration(metadata: metadata) }
    #expect(throws: UsageError.self) { try parse(["--logit-scale", "0"]) }
    #expect(throws: UsageError.self) { try parse(["--logit-scale", "much"]) }
  }

  @Test(arguments: [
    [], everything, ["--volume-preserving", "--logit-scale", "learned"],
    ["--network", "resnet", "--blocks", "2", "--filters", "8", "--seed", "7"],
  ])
  func metadataMakeTheSameConfiguration(words: [String]) throws {
    let configuration = try parse(words)
    #expect(try ImageModelConfiguration(metadata: configuration.metadata) == configuration)
    var digits = configuration
    digits.source = .digits(seed: configuration.seed)
    #expect(try ImageModelConfiguration(metadata: digits.metadata) == digits)
    #expect(digits.metadata != configuration.metadata)
  }

  @Test func aResNetHasItsOwnOptions() throws {
    let configuration = try parse(["--network", "resnet"])
    #expect((configuration.blocks, configuration.filters) == (3, 16))
    #expect((configuration.paddedHeight, configuration.paddedWidth) == (28, 28))
    #expect(configuration.metadata["stages"] == nil)
    let network = try parse(["--network", "resnet", "--blocks", "2", "--filters", "8"]).makeResidualNetwork()
    #expect(network.stages.map(\.count) == [2, 2, 2] && network.readOut.weight.columns == 32)
    // Fewer values than the network has, and not by much.
    #expect((1...2).contains(configuration.makeResidualNetwork().parameterCount() / configuration.fewestValues))
    // No code, so that two pixels may have ten classes.
    #expect(try parse(["--network", "resnet"], side: 1, classes: 10).classes == 10)
    for words in [
      ["--objective", "ice"], ["--stages", "2"], ["--no-factor-out"], ["--logit-scale", "2"], ["--coupling", "affine"],
    ] {
      let error = #expect(throws: UsageError.self) { try parse(["--network", "resnet"] + words) }
      #expect(error?.description.contains(words[0]) == true)
    }
    #expect(throws: UsageError.self) { try parse(["--blocks", "2"]) }
  }

  @Test func everyOptionReachesTheNetwork() throws {
    let network = try parse(Self.everything, side: 6).makeNetwork()
    #expect(network.stageShapes.map(\.channels) == [4, 16] && network.inputShape.height == 8)
    #expect(network.stages[0].layers.count == 1 && network.order == .lowPass && !network.factorsOut)
    let names = network.parameters().map(\.parameter)
    // Plain weights, biases in place of norms, and affine couplings, whose functions have twice the outputs.
    let last = "stages.1.blocks.0.coupling.function.convolutions.2.weight"
    #expect(names.contains { $0.name == "stages.0.blocks.0.convolution.weight" && $0.shape == [4, 4] })
    #expect(
      names.contains { $0.name.hasSuffix("convolutions.0.bias") } && !names.contains { $0.name.contains("norms") })
    #expect(names.first { $0.name == last }?.shape.first == 16)
    #expect(names.filter { $0.kind == .draw }.count == 2)
  }

  @Test func filesOfBeforeDropoutHaveNone() throws {
    var metadata = try parse(["--dropout", "0.25"]).metadata
    metadata["dropout"] = nil
    #expect(try ImageModelConfiguration(metadata: metadata).dropout == 0)
  }

  @Test func theMultiplyAddsAreTheConvolutions() throws {
    let configuration = try parse(["--coupling", "affine", "--steps", "3", "--filters", "5", "--stages", "2"], side: 8)
    // Every weight of a step is used once in every pixel; factors L and U stand for a square.
    for stage in 0..<2 {
      let weights = configuration.makeNetwork().parameters().filter {
        $0.parameter.name.hasPrefix("stages.\(stage).") && $0.parameter.name.hasSuffix("weight")
      }.reduce(0) { $0 + $1.values.count }
      let (side, channels) = (4 >> stage, 4 << stage)
      #expect(configuration.multiplyAdds(stage: stage) == side * side * (weights + 3 * channels * channels))
    }
  }

  @Test(
    arguments: [
      ("height", "0"), ("height", nil), ("width", "1025"), ("classes", "1"), ("classes", "257"), ("stages", "6"),
      ("stages", "-1"), ("steps", "1001"), ("filters", "99999999999999999999"), ("coupling", "Additive"),
      ("batch_norm", "yes"), ("convolution", ""), ("code", "x"), ("factor_out", nil), ("objective", nil),
      ("logit_scale", "0"), ("logit_scale", "nan"), ("logit_scale", "1e300"), ("seed", "-1"), ("data", ""),
      ("model", "vgg"), ("dropout", "1"), ("dropout", "-0.1"),
    ] as [(String, String?)])
  func metadataThatMakeNoSenseAreNamed(key: String, value: String?) throws {
    var metadata = try parse([]).metadata
    metadata[key] = value
    let error = #expect(throws: MetadataError.self) { try ImageModelConfiguration(metadata: metadata) }
    #expect(error?.key == key)
    #expect(error?.found == value.map { "\"\($0)\"" } ?? "nothing")
  }

  @Test func classesMustFitTheCode() throws {
    #expect(try parse(["--stages", "1"], side: 3, classes: 15).classes == 15)
    #expect(throws: UsageError.self) { try parse(["--stages", "1"], side: 3, classes: 16) }
    var metadata = try parse(["--stages", "1"], side: 3, classes: 15).metadata
    metadata["classes"] = "16"
    #expect(throws: MetadataError.self) { try ImageModelConfiguration(metadata: metadata) }
  }
}
