import Datasets
import Flow
import Kernels
import ToolSupport

/// What the spheres experiment is run with; the defaults are the paper's (section 2.1, D.1) where it gives them.
struct SpheresConfiguration {
  let spheres: Spheres
  let samples: Int
  let holdout: Int
  let epochs: Int
  let nuisanceEpochs: Int
  let nuisanceNoise: Double
  let batch: Int
  let learningRate: Double
  let logitScale: Double
  let hidden: Int
  let nuisanceHidden: Int
  let blocks: Int
  /// Of several runs the first one's.
  var seed: UInt64
  let memory: Memory

  /// Classes: the two spheres.
  static let classes = 2

  static let options: [Option] = [
    .integer("dimension", default: 100, in: 3...10_000, metavar: "D", help: "dimension of the space"),
    .positive("inner-radius", default: 1, metavar: "R1", help: "radius of the inner sphere"),
    .positive("outer-radius", default: 10, metavar: "R2", help: "radius of the outer sphere"),
    .integer("samples", default: 500_000, in: 2...50_000_000, metavar: "N", help: "training samples"),
    .integer("holdout", default: 100_000, in: 4...50_000_000, metavar: "N", help: "hold-out samples"),
    .integer("epochs", default: 10, in: 1...10_000, metavar: "N", help: "epochs of the classifier"),
    .integer(
      "nuisance-epochs", default: 10, in: 1...10_000, metavar: "N",
      help: "epochs of the nuisance classifier; ten as in the paper, though it makes no error after one"),
    .number(
      "nuisance-noise", default: 0, in: 0...1000, metavar: "SIGMA",
      help: "deviation of noise on every number of zₙ while the nuisance classifier is trained"),
    .number(
      "logit-scale", default: 1, in: 0.001...1000, metavar: "M",
      help: "the logits are M·zₛ; the larger M, the less the network has to move a point to be sure"),
    .integer("batch", default: 500, in: 1...100_000, metavar: "N", help: "samples in a batch"),
    .positive("learning-rate", default: 1e-4, metavar: "RATE", help: "learning rate of Adam"),
    .integer("hidden", default: 200, in: 1...10_000, metavar: "N", help: "hidden units of a coupling function's layer"),
    .integer(
      "nuisance-hidden", default: 1000, in: 1...10_000, metavar: "N",
      help: "hidden units of each of the nuisance classifier's three layers"),
    .integer("blocks", default: 4, in: 1...1000, metavar: "K", help: "coupling blocks"),
    .unsigned("seed", default: 0, metavar: "SEED", help: "seed of data, initial weights and batches"),
    .choice(
      "memory", default: Memory.stored, metavar: "MODE",
      help: "keep activations for the backward pass, or rebuild them from the output"),
  ]

  /// The configuration that options ask for.
  ///
  /// - Throws: `UsageError` where R₁ < R₂ does not hold.
  init(_ options: Options) throws {
    let inner = options.number("inner-radius")
    let outer = options.number("outer-radius")
    guard inner < outer else {
      throw UsageError.refused("--inner-radius must be less than --outer-radius, found \(inner) and \(outer)")
    }
    spheres = Spheres(dimension: options.integer("dimension"), innerRadius: inner, outerRadius: outer)
    samples = options.integer("samples")
    holdout = options.integer("holdout")
    epochs = options.integer("epochs")
    nuisanceEpochs = options.integer("nuisance-epochs")
    nuisanceNoise = options.number("nuisance-noise")
    logitScale = options.number("logit-scale")
    batch = options.integer("batch")
    learningRate = options.number("learning-rate")
    hidden = options.integer("hidden")
    nuisanceHidden = options.integer("nuisance-hidden")
    blocks = options.integer("blocks")
    seed = options.unsigned("seed")
    memory = options.choice("memory", as: Memory.self)
  }

  /// Every value that a result depends on, by name.
  var values: [(name: String, value: MetricsValue)] {
    [
      ("dimension", .integer(spheres.dimension)), ("inner_radius", .number(spheres.innerRadius)),
      ("outer_radius", .number(spheres.outerRadius)), ("samples", .integer(samples)), ("holdout", .integer(holdout)),
      ("epochs", .integer(epochs)), ("nuisance_epochs", .integer(nuisanceEpochs)),
      ("nuisance_noise", .number(nuisanceNoise)), ("logit_scale", .number(logitScale)), ("batch", .integer(batch)),
      ("learning_rate", .number(learningRate)), ("hidden", .integer(hidden)),
      ("nuisance_hidden", .integer(nuisanceHidden)), ("blocks", .integer(blocks)), ("memory", .text(memory.rawValue)),
    ]
  }

  var trainingStream: RandomStream { RandomStream(seed: seed, name: "spheres training") }
  var holdoutStream: RandomStream { RandomStream(seed: seed, name: "spheres hold-out") }
}
