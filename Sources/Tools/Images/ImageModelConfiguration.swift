import Datasets
import Flow
import Kernels
import ToolSupport

/// What an image run trains: the data's shape, the network and the objective. Everything that a model file must say of
/// itself, and that its bytes depend on.
struct ImageModelConfiguration: Codable, Equatable {
  /// What is minimised.
  enum Objective: String, CaseIterable, Codable {
    /// Cross-entropy of the logits.
    case ce
    /// Independence cross-entropy: the paper's definition 5 with its likelihood term.
    case ice
  }

  var height: Int
  var width: Int
  var classes: Int
  var stages: Int
  var steps: Int
  var filters: Int
  var factorsOut: Bool
  var objective: Objective
  var seed: UInt64

  /// The logits are this multiple of z_s. With the likelihood term z_s has unit deviation about its class's mean.
  var logitScale: Float { objective == .ice ? 3 : 1 }

  /// The size to which images are padded with zeros: the next that `stages` squeezes halve.
  var paddedHeight: Int { Self.padded(height, stages) }
  /// See `paddedHeight`.
  var paddedWidth: Int { Self.padded(width, stages) }
  /// Numbers in a code.
  var dimensions: Int { paddedHeight * paddedWidth }

  private static func padded(_ size: Int, _ stages: Int) -> Int {
    let unit = 1 << stages
    return (size + unit - 1) / unit * unit
  }

  static let options: [Option] = [
    .choice(
      "objective", default: Objective.ce, metavar: "NAME", help: "ce: cross-entropy; ice: independence cross-entropy"),
    .integer("stages", default: 3, in: 1...5, metavar: "N", help: "stages, each a squeeze and a chain of steps"),
    .integer("steps", default: 16, in: 1...64, metavar: "N", help: "steps a stage: actnorm, 1×1 convolution, coupling"),
    .integer("filters", default: 128, in: 1...1024, metavar: "N", help: "filters in a coupling function's layers"),
    .flag("no-factor-out", help: "keep all channels in every stage instead of sending half of them to the code"),
    .unsigned("seed", default: 0, metavar: "SEED", help: "seed of initial weights, batches, noise and built-in digits"),
  ]

  /// The configuration that options ask for, on images of a data set.
  ///
  /// - Throws: `UsageError` where the data has more classes than the last stage's code can hold.
  init(_ options: Options, images: LabelledImages) throws {
    height = images.height
    width = images.width
    classes = images.classes
    stages = options.integer("stages")
    steps = options.integer("steps")
    filters = options.integer("filters")
    factorsOut = !options.flag("no-factor-out")
    objective = options.choice("objective", as: Objective.self)
    seed = options.unsigned("seed")
    guard classes >= 2 && classes < dimensions else {
      throw UsageError.refused("a classifier needs from 2 to \(dimensions - 1) classes, the data has \(classes)")
    }
  }

  /// The network at step 0, before its actnorms have seen data.
  func network(memory: Memory = .stored) -> ImageNetwork {
    ImageNetwork(
      height: paddedHeight, width: paddedWidth, stages: stages, steps: steps, factorsOut: factorsOut, memory: memory,
      seed: seed
    ) { shape, random in
      let half = shape.channels / 2
      return AdditiveCoupling(
        split: half,
        function: ConvolutionNetwork(inputs: half, filters: filters, outputs: shape.channels - half, random: random))
    }
  }

  /// The classifier around a network.
  func classifier(_ network: ImageNetwork) -> BijectiveClassifier<ImageNetwork> {
    BijectiveClassifier(network: network, classes: classes, logitScale: logitScale)
  }
}

/// The convolutional fully invertible RevNet (paper, D.2).
typealias ImageNetwork = ConvolutionalFiRevNet<FlowStep<AdditiveCoupling<ConvolutionNetwork>>>
