import Datasets
import Flow
import Kernels
import ToolSupport

/// The network of a run.
typealias ImageNetwork = ConvolutionalFiRevNet<FlowStep<EitherCoupling<ConvolutionNetwork>>>

/// What the model of a run on images is: everything that its network is rebuilt from, and what it was trained for.
struct ImageModelConfiguration: Equatable, Sendable {
  /// The kinds of network.
  enum Architecture: String, CaseIterable, Sendable {
    /// The bijective one.
    case fiRevNet = "fi-revnet"
    /// `ResidualNetwork`, which has no inverse.
    case resNet = "resnet"
  }

  /// What training minimises.
  enum Objective: String, CaseIterable, Sendable {
    /// Cross-entropy of the logits.
    case crossEntropy = "ce"
    /// Independence cross-entropy.
    case independence = "ice"

    /// With a likelihood term z_s has a prior of unit variance, whose classes this keeps apart.
    static let independenceScale = 3.0

    /// What z_s is multiplied by, unless told otherwise.
    var logitScale: LogitScale { .fixed(self == .crossEntropy ? 1 : Self.independenceScale) }
  }

  /// What the parameters of 1×1 convolutions are.
  enum Convolution: String, CaseIterable, Sendable {
    case factored = "lu"
    case plain
  }

  /// Which values of the last stage are the logits.
  enum Code: String, CaseIterable, Sendable {
    case centralPixel = "central-pixel"
    case lowPass = "low-pass"
  }

  var architecture = Architecture.fiRevNet
  /// The size of the images, before the frame of black pixels.
  let height, width: Int
  let classes: Int
  var stages = 3
  var steps = 16
  var filters = 128
  /// Basic blocks of each stage of a ResNet, which has neither steps nor anything of what follows up to `factorsOut`.
  var blocks = 3
  var coupling = CouplingKind.additive
  var hasBatchNorm = true
  /// How likely a coupling function's value is dropped in training.
  var dropout = 0.0
  var convolution = Convolution.factored
  var code = Code.centralPixel
  var factorsOut = true
  var objective = Objective.crossEntropy
  var logitScale = LogitScale.fixed(1)
  /// Whether every step preserves volume: no scales in actnorms, rotations that are not trained, additive couplings.
  var preservesVolume = false
  var seed: UInt64 = 0
  var source: ImageSource

  static let sides = 1...1024
  static let stageRange = 1...5
  static let stepRange = 1...1000
  static let filterRange = 1...4096
  static let blockRange = 1...100
  static let dropoutRange = 0...0.9
  /// Filters of a ResNet's first stage: those of ResNet-20.
  static let residualFilters = 16
  /// The options that only a bijection has.
  private static let bijectiveOptions = [
    "stages", "steps", "coupling", "no-batch-norm", "dropout", "convolution", "code", "no-factor-out", "logit-scale",
    "volume-preserving",
  ]

  static let options: [Option] = [
    .choice("network", default: Architecture.fiRevNet, metavar: "KIND", help: "kind of network"),
    .integer("stages", default: 3, in: stageRange, metavar: "N", help: "stages, each at half the resolution"),
    .integer("steps", default: 16, in: stepRange, metavar: "N", help: "flow steps of a stage"),
    .integer(
      "filters", default: 128, in: filterRange, metavar: "N",
      help: "filters of a coupling function's layer, or of a ResNet's first stage; if not given, 16 for a ResNet"),
    .integer("blocks", default: 3, in: blockRange, metavar: "N", help: "basic blocks of a ResNet's stage"),
    .choice("coupling", default: CouplingKind.additive, metavar: "KIND", help: "what a coupling does to one half"),
    .flag("no-batch-norm", help: "coupling functions with biases instead of batch norm"),
    .number(
      "dropout", default: 0, in: dropoutRange, metavar: "P",
      help: "how likely what a coupling function's last layer reads is dropped in training"),
    .choice(
      "convolution", default: Convolution.factored, metavar: "FORM",
      help: "parameters of 1×1 convolutions: triangular factors, or the weight itself"),
    .choice(
      "code", default: Code.centralPixel, metavar: "ORDER",
      help: "what is read as logits: the central pixel of the last stage, or its lowest frequencies"),
    .flag("no-factor-out", help: "keep all channels to the last stage"),
    .choice(
      "objective", default: Objective.crossEntropy, metavar: "NAME",
      help: "cross-entropy, or independence cross-entropy"),
    .text(
      "logit-scale", metavar: "M",
      help: "the logits are M times z_s, or learned: a batch norm of z_s; if not given, 1, or 3 for --objective ice"),
    .flag(
      "volume-preserving",
      help: "steps that preserve volume: actnorms without scales and rotations that are not trained"),
    .unsigned("seed", default: 0, metavar: "SEED", help: "seed of built-in digits, initial weights and batches"),
  ]

  /// A configuration with the defaults, for images of a size.
  init(height: Int, width: Int, classes: Int, source: ImageSource) {
    self.height = height
    self.width = width
    self.classes = classes
    self.source = source
  }

  /// The configuration that options ask for, on images like `images`.
  ///
  /// - Throws: `UsageError` where a code would have no room for the classes, or where an option is for another network.
  init(_ options: Options, images: LabelledImages, source: ImageSource) throws {
    self.init(height: images.height, width: images.width, classes: images.classes, source: source)
    architecture = options.choice("network", as: Architecture.self)
    objective = options.choice("objective", as: Objective.self)
    seed = options.unsigned("seed")
    if architecture == .resNet {
      if objective == .independence {
        throw UsageError.refused("--objective ice needs a code, which --network resnet does not have")
      }
      if let name = Self.bijectiveOptions.first(where: { options.isGiven($0) }) {
        throw UsageError.refused("--\(name) is for --network fi-revnet, not for resnet")
      }
      filters = options.isGiven("filters") ? options.integer("filters") : Self.residualFilters
      blocks = options.integer("blocks")
      try check()
      return
    }
    if options.isGiven("blocks") { throw UsageError.refused("--blocks is for --network resnet, not for fi-revnet") }
    stages = options.integer("stages")
    steps = options.integer("steps")
    filters = options.integer("filters")
    coupling = options.choice("coupling", as: CouplingKind.self)
    hasBatchNorm = !options.flag("no-batch-norm")
    dropout = options.number("dropout")
    convolution = options.choice("convolution", as: Convolution.self)
    code = options.choice("code", as: Code.self)
    factorsOut = !options.flag("no-factor-out")
    if let text = options.textIfGiven("logit-scale") {
      guard let scale = LogitScale(text) else {
        throw UsageError.malformed(option: "logit-scale", expected: LogitScale.expectation, found: text)
      }
      logitScale = scale
    } else {
      logitScale = objective.logitScale
    }
    preservesVolume = options.flag("volume-preserving")
    if preservesVolume, let name = ["coupling", "convolution"].first(where: { options.isGiven($0) }) {
      throw UsageError.refused("--\(name) says what --volume-preserving decides")
    }
    try check()
  }

  private func check() throws(UsageError) {
    if let fault { throw UsageError.refused("\(fault.key): expected \(fault.expected), found \(fault.found)") }
  }

  /// What makes it impossible, or nil.
  private var fault: MetadataError? {
    for (key, side) in [("height", height), ("width", width)] where !Self.sides.contains(side) {
      return MetadataError(key: key, expected: "an integer from 1 to \(Self.sides.upperBound)", found: "\(side)")
    }
    guard architecture == .resNet || (2..<(paddedHeight * paddedWidth)).contains(classes) else {
      return MetadataError(
        key: "classes", expected: "at least 2 and fewer than the \(paddedHeight * paddedWidth) numbers of a code",
        found: "\(classes)")
    }
    return nil
  }

  /// The smallest multiple of 2^stages that the images' rows fit; for a ResNet, which rounds up, the rows themselves.
  var paddedHeight: Int { padded(height) }
  /// The smallest multiple of 2^stages that the images' columns fit.
  var paddedWidth: Int { padded(width) }

  /// Numbers in a code.
  var dimensions: Int { paddedHeight * paddedWidth }

  private func padded(_ side: Int) -> Int {
    architecture == .resNet ? side : ((side + (1 << stages) - 1) >> stages) << stages
  }

  /// How images become batches.
  var batch: ImageBatch {
    ImageBatch(height: height, width: width, paddedHeight: paddedHeight, paddedWidth: paddedWidth)
  }

  /// The ResNet before training. The same configuration gives the same bits.
  func makeResidualNetwork() -> ResidualNetwork {
    ResidualNetwork(
      channels: 1, blocks: blocks, filters: filters, classes: classes,
      random: RandomStream(seed: seed, name: "ResNet"))
  }

  /// The bijective network before training, its actnorms not yet set on data. The same configuration gives the same bits.
  func makeNetwork(memory: Memory = .stored) -> ImageNetwork {
    ImageNetwork(
      height: paddedHeight, width: paddedWidth, channels: 1, stages: stages, steps: steps, factorsOut: factorsOut,
      order: code == .centralPixel ? .centralPixel : .lowPass,
      parameterisation: preservesVolume ? .fixed : convolution == .factored ? .factored : .plain, memory: memory,
      seed: seed
    ) { shape, random in
      EitherCoupling(coupling, channels: shape.channels) { inputs, outputs in
        ConvolutionNetwork(
          inputs: inputs, filters: filters, outputs: outputs, hasBatchNorm: hasBatchNorm, dropout: Float(dropout),
          random: random)
      }
    }
  }

  /// The bijective classifier before training.
  func makeClassifier(memory: Memory = .stored) -> BijectiveClassifier<ImageNetwork> {
    BijectiveClassifier(
      network: makeNetwork(memory: memory), classes: classes, logitMap: logitScale.map(classes: classes))
  }

  /// How many channels each stage's steps work on.
  private var stageChannels: [Int] { (0..<stages).map { 4 * (1 << ($0 * (factorsOut ? 1 : 2))) } }

  /// Fewer values than the network has: those of its square weights alone. To be asked before a network is made from a
  /// configuration that a stranger wrote.
  var fewestValues: Int {
    architecture == .resNet
      ? (0..<ResidualNetwork.stageCount).reduce(0) { $0 + blocks * 9 * (filters << $1) * (filters << $1) }
      : stageChannels.reduce(0) { $0 + steps * ((preservesVolume ? 0 : $1 * $1) + filters * filters) }
  }

  /// Multiply-adds of an image through the steps of a stage, those on the zeros around an image included.
  func multiplyAdds(stage: Int) -> Int {
    let channels = stageChannels[stage]
    let inputs = channels / 2
    let outputs = (channels - inputs) * (coupling == .affine ? 2 : 1)
    let pixel = channels * channels + 9 * inputs * filters + filters * filters + 9 * filters * outputs
    return (paddedHeight >> (stage + 1)) * (paddedWidth >> (stage + 1)) * steps * pixel
  }
}

extension ImageModelConfiguration {
  /// Every value as text by keyword, for a file's metadata.
  var metadata: [String: String] {
    let common = [
      "model": architecture.rawValue, "height": String(height), "width": String(width), "classes": String(classes),
      "filters": String(filters), "objective": objective.rawValue, "seed": String(seed), "data": source.text,
    ]
    let own =
      architecture == .resNet
      ? ["blocks": String(blocks)]
      : [
        "stages": String(stages), "steps": String(steps), "coupling": coupling.rawValue,
        "batch_norm": String(hasBatchNorm), "convolution": convolution.rawValue, "code": code.rawValue,
        "factor_out": String(factorsOut), "logit_scale": logitScale.text,
        "dropout": Decimals.shortest(dropout), "volume_preserving": String(preservesVolume),
      ]
    return common.merging(own) { _, own in own }
  }

  /// The configuration that `metadata` was made from; keys that are not its own are left alone.
  ///
  /// - Throws: where a key is missing, or its value is not one that ``metadata`` writes.
  init(metadata: [String: String]) throws(MetadataError) {
    let reader = MetadataReader(metadata)
    let seed = try reader.unsigned("seed")
    self.init(
      height: try reader.integer("height", in: Self.sides), width: try reader.integer("width", in: Self.sides),
      classes: try reader.integer("classes", in: 2...256), source: ImageSource(try reader.text("data"), seed: seed))
    architecture = try reader.choice("model", as: Architecture.self)
    filters = try reader.integer("filters", in: Self.filterRange)
    objective = try reader.choice("objective", as: Objective.self)
    self.seed = seed
    if architecture == .resNet {
      blocks = try reader.integer("blocks", in: Self.blockRange)
      guard objective == .crossEntropy else {
        throw MetadataError(key: "objective", expected: "ce for a resnet", found: "\"\(objective.rawValue)\"")
      }
      if let fault { throw fault }
      return
    }
    stages = try reader.integer("stages", in: Self.stageRange)
    steps = try reader.integer("steps", in: Self.stepRange)
    coupling = try reader.choice("coupling", as: CouplingKind.self)
    hasBatchNorm = try reader.flag("batch_norm")
    convolution = try reader.choice("convolution", as: Convolution.self)
    code = try reader.choice("code", as: Code.self)
    factorsOut = try reader.flag("factor_out")
    logitScale = try reader.parsed("logit_scale", LogitScale.expectation) { LogitScale($0) }
    // Files of before there was dropout have none.
    if metadata["dropout"] != nil { dropout = try reader.number("dropout", in: Self.dropoutRange) }
    // Files of before it was an option have none.
    if metadata["volume_preserving"] != nil { preservesVolume = try reader.flag("volume_preserving") }
    if preservesVolume && coupling != .additive {
      throw MetadataError(
        key: "coupling", expected: "additive, as volume is preserved", found: "\"\(coupling.rawValue)\"")
    }
    if let fault { throw fault }
  }
}
