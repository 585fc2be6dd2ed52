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
  // Each of these is nil in files of before it was an option.
  var nuisanceSteps: Int?
  var nuisanceClassifiers: Int?
  var nuisanceReset: Double?
  var nuisanceNoise: Float?
  var nuisanceScale: NuisanceScale?
  var whitens: Bool?
  var likelihood: Likelihood?
  var logitDecay: Float?
  var gainWeight: Float?
  var inverseGainWeight: Float?
  var gainNoise: Float?
  var gainShare: Double?

  /// What the likelihood term is of.
  enum Likelihood: String, CaseIterable, Codable {
    /// p(x | y).
    case labelled
    /// p(x), the mean over the classes.
    case mixture
  }

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
    .choice(
      "likelihood", default: Likelihood.labelled, metavar: "OF",
      help: "likelihood of images given their labels, or of the mixture over all classes (ice)"),
    .integer(
      "nuisance-steps", default: IndependenceSettings().nuisanceSteps, in: 1...100, metavar: "N",
      help: "steps of the nuisance classifiers after each of the encoder (ice)"),
    .integer(
      "nuisance-classifiers", default: IndependenceSettings().nuisanceClassifiers, in: 1...16, metavar: "N",
      help: "nuisance classifiers, whose answers are averaged (ice)"),
    .number(
      "nuisance-reset", default: 0, in: 0...10_000, metavar: "EPOCHS",
      help: "epochs after which a nuisance classifier begins anew, each in its turn; 0 for never (ice)"),
    .number(
      "nuisance-noise", default: 0, in: 0...10, metavar: "TAU",
      help: "deviation of noise on what the nuisance classifiers see (ice)"),
    .choice(
      "nuisance-scale", default: IndependenceSettings().nuisanceScale, metavar: "HOW",
      help: "divide each number of the nuisance by its deviation, or the whole by one number (ice)"),
    .flag(
      "whiten",
      help: "whiten the nuisance class by class before game and likelihood see it, as `Tools whiten` does (ice)"),
    .number(
      "logit-decay", default: 0, in: 0...100, metavar: "S", help: "weight of half the square of the logits; 0 for none"),
    .number(
      "gain-weight", default: 0, in: 0...1000, metavar: "L",
      help: "weight of the gain: how far F moves what noise moves in x; 0 for none"),
    .number(
      "inverse-gain-weight", default: 0, in: 0...1000, metavar: "L",
      help: "weight of the inverse's gain: how far x moves when noise moves F(x); 0 for none"),
    .number(
      "gain-noise", default: 0.3, in: 1e-4...2, metavar: "SIGMA",
      help: "deviation of the noise that the gains are measured with"),
    .number(
      "gain-share", default: IndependenceSettings().gainShare, in: 0.01...1, metavar: "F",
      help: "fraction of a batch that the gains are measured on"),
  ]

  /// What options ask for, for images of `source`. Those of shiftMNIST are not shifted unless that is asked for: it would move the
  /// code pixel away, and with it what the data set is for.
  init(_ options: Options, _ source: ImageSource, _ console: Console) throws {
    self.init(options)
    guard source.hasShiftedTest else { return }
    if !options.isGiven("shift") {
      shift = 0
      console.error("the images are shiftMNIST's: --shift is 0, so that the shortcut stays in its place\n")
    } else if shift > 0 {
      console.error("warning: --shift \(shift) moves the shortcut of these images, which are shiftMNIST's\n")
    }
  }

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
    nuisanceClassifiers = options.integer("nuisance-classifiers")
    nuisanceReset = options.number("nuisance-reset")
    nuisanceNoise = Float(options.number("nuisance-noise"))
    nuisanceScale = options.choice("nuisance-scale", as: NuisanceScale.self)
    whitens = options.flag("whiten") ? true : nil
    likelihood = options.choice("likelihood", as: Likelihood.self)
    logitDecay = Float(options.number("logit-decay"))
    gainWeight = Float(options.number("gain-weight"))
    inverseGainWeight = Float(options.number("inverse-gain-weight"))
    gainNoise = Float(options.number("gain-noise"))
    gainShare = options.number("gain-share")
  }

  /// Whether something is added to cross-entropy whatever the objective: a gain, or a decay of the logits.
  var hasPenalty: Bool { (gainWeight ?? 0) > 0 || (inverseGainWeight ?? 0) > 0 || (logitDecay ?? 0) > 0 }

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

  /// What the objective is made of, for a training on `images` images.
  func independence(_ objective: ImageModelConfiguration.Objective, images: Int) -> IndependenceSettings {
    var settings = IndependenceSettings()
    if let logitDecay { settings.logitDecay = logitDecay }
    if let gainWeight { settings.gainWeight = gainWeight }
    if let inverseGainWeight { settings.inverseGainWeight = inverseGainWeight }
    if let gainNoise { settings.gainDeviation = gainNoise }
    if let gainShare { settings.gainShare = gainShare }
    if objective == .crossEntropy {
      settings.likelihoodWeight = 0
      settings.nuisanceWeight = 0
      settings.nuisanceClassifiers = 0
      return settings
    }
    settings.nuisanceWeight = nuisanceWeight
    settings.likelihoodWeight = likelihoodWeight
    if whitens == true { settings.whitening = WhiteningSettings() }
    settings.likelihoodKnowsClass = likelihood != .mixture
    if let nuisanceSteps { settings.nuisanceSteps = nuisanceSteps }
    if let nuisanceClassifiers { settings.nuisanceClassifiers = nuisanceClassifiers }
    if let nuisanceReset { settings.nuisanceReset = Int((nuisanceReset * Double(images) / Double(batch)).rounded()) }
    if let nuisanceNoise { settings.nuisanceNoise = nuisanceNoise }
    if let nuisanceScale { settings.nuisanceScale = nuisanceScale }
    return settings
  }
}
