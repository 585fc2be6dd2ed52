import Flow
import Kernels
import ToolSupport

/// How an image run is trained: what its bytes depend on beside the model's configuration.
struct TrainingConfiguration: Codable, Equatable {
  var limit: Int?
  var epochs: Int
  var batch: Int
  var learningRate: Float
  var weightDecay: Float
  var schedule: Schedule
  var shift: Int
  var noise: Float
  var nuisanceWeight: Float
  var likelihoodWeight: Float
  /// Nil in files of before it was an option.
  var nuisanceSteps: Int?

  /// How the learning rate falls.
  enum Schedule: String, CaseIterable, Codable {
    /// In a straight line over the last 30 % of training.
    case linear
    /// To a fifth after every 30 epochs, as in the paper.
    case steps
  }

  static let options: [Option] = [
    .integer(
      "limit", default: 0, in: 0...100_000_000, metavar: "N", help: "train on the first N images only; 0 for all"),
    .integer("epochs", default: 10, in: 1...10_000, metavar: "N", help: "passes over the training images"),
    .integer("batch", default: 64, in: 2...4096, metavar: "N", help: "images in a batch"),
    .positive("learning-rate", default: 2e-3, metavar: "RATE", help: "learning rate of Adamax"),
    .number("weight-decay", default: 1e-4, in: 0...1, metavar: "L", help: "weight decay"),
    .choice("schedule", default: Schedule.linear, metavar: "NAME", help: "how the learning rate falls"),
    .integer("shift", default: 3, in: 0...16, metavar: "N", help: "random shifts of up to N pixels"),
    .number("noise", default: 0, in: 0...2, metavar: "SIGMA", help: "deviation of noise added to pixels of [0, 1]"),
    .number(
      "nuisance-weight", default: 1, in: 0...1000, metavar: "W",
      help: "weight of the nuisance classifier's answer (ice)"),
    .number("likelihood-weight", default: 1, in: 0...1000, metavar: "V", help: "weight of the likelihood term (ice)"),
    .integer(
      "nuisance-steps", default: IndependenceSettings().nuisanceSteps, in: 1...100, metavar: "N",
      help: "steps of the nuisance classifier after each of the encoder (ice)"),
  ]

  init(_ options: Options) {
    limit = options.integer("limit") > 0 ? options.integer("limit") : nil
    epochs = options.integer("epochs")
    batch = options.integer("batch")
    learningRate = Float(options.number("learning-rate"))
    weightDecay = Float(options.number("weight-decay"))
    schedule = options.choice("schedule", as: Schedule.self)
    shift = options.integer("shift")
    noise = Float(options.number("noise"))
    nuisanceWeight = Float(options.number("nuisance-weight"))
    likelihoodWeight = Float(options.number("likelihood-weight"))
    nuisanceSteps = options.integer("nuisance-steps")
  }

  /// What happens to an image on its way into training.
  var augmentation: ImageBatches.Augmentation {
    ImageBatches.Augmentation(dequantises: true, shift: shift, noise: noise)
  }

  /// The trainer's schedule.
  var rateSchedule: LearningRateSchedule {
    switch schedule {
    case .linear: .linearDecay(lastFraction: 0.3)
    case .steps: .steps(factor: 0.2, epochs: 30)
    }
  }

  /// The game's settings.
  var independence: IndependenceSettings {
    var settings = IndependenceSettings()
    settings.nuisanceWeight = nuisanceWeight
    settings.likelihoodWeight = likelihoodWeight
    if let nuisanceSteps { settings.nuisanceSteps = nuisanceSteps }
    return settings
  }
}
