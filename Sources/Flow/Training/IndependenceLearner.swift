import Kernels

/// What the game of independence cross-entropy is played with; the defaults are those of a stable game.
public struct IndependenceSettings: Sendable, Equatable {
  /// w: the weight of the uniform cross-entropy of the nuisance classifier.
  public var nuisanceWeight: Float = 1
  /// v: the weight of the negative log-likelihood a dimension.
  public var likelihoodWeight: Float = 1
  /// The fraction of training over which w rises from zero.
  public var ramp = 0.1
  /// Steps of the nuisance classifier after each of the encoder: one on its batch, the others on batches seen before.
  public var nuisanceSteps = 3
  /// Batches that are remembered for that.
  public var replay = 16
  /// Label smoothing of the nuisance classifier, which keeps it from being sure of what it remembers.
  public var smoothing: Float = 0.2
  /// Step size of the nuisance classifier's Adam.
  public var nuisanceRate: Float = 1e-3
  /// Units in each of its two hidden layers (paper, D.2).
  public var nuisanceHidden = 512

  /// The defaults.
  public init() {}
}

/// Independence cross-entropy (paper, definition 5 and equation 6): the encoder θ minimises
///
///     CE(m·z_s, y) + w·H(uniform, D(z_n)) + v·NLL/d
///
/// while the nuisance classifier D learns to read y from z_n. Instead of maximising D's cross-entropy, the encoder drives
/// D's answer to the uniform one, which is where that maximum leads and is bounded; D takes its steps after the encoder's,
/// on this batch and on remembered ones, or it would memorise each batch and the encoder chase it.
/// NLL is `LatentPrior`'s, over all of z; d its dimensions. Cost: a step of cross-entropy training, and D's.
public struct IndependenceLearner<Network: InvertibleLayer>: Learner {
  /// The encoder's parameters: those of the bijection and of the prior.
  public struct Encoder: Parameterised {
    /// F and what of its output is logits.
    public internal(set) var classifier: BijectiveClassifier<Network>
    /// The density of its output.
    public internal(set) var prior: LatentPrior

    /// Visits the parameters; those of the prior are called `prior.…`.
    public mutating func visitParameters(prefix: String, _ visit: (Parameter, inout [Float]) -> Void) {
      classifier.visitParameters(prefix: prefix, visit)
      prior.visitParameters(prefix: prefix + "prior.", visit)
    }
  }

  /// The bijection and the prior as trained so far.
  public private(set) var encoder: Encoder
  /// D, as trained so far.
  public private(set) var nuisanceClassifier: RectifierNetwork
  private var gradient: Encoder
  private var nuisanceGradient: RectifierNetwork
  private var optimiser: Adamax
  private var nuisanceOptimiser: Adam
  private let standardisation: BatchNorm
  private var memory: ReplayMemory
  private let settings: IndependenceSettings
  private let seed: UInt64

  /// A learner at step 0, for codes of `dimensions` numbers in batches of at most `batch`.
  public init(
    classifier: BijectiveClassifier<Network>, dimensions: Int, optimiser: Adamax, batch: Int,
    settings: IndependenceSettings, seed: UInt64
  ) {
    let classes = classifier.readOut.classes
    let nuisance = dimensions - classes
    encoder = Encoder(
      classifier: classifier,
      prior: LatentPrior(classes: classes, dimensions: dimensions, classMean: classifier.logitScale))
    gradient = encoder
    let hidden = settings.nuisanceHidden
    nuisanceClassifier = RectifierNetwork(
      widths: [nuisance, hidden, hidden, classes], random: RandomStream(seed: seed, name: "nuisance classifier"))
    nuisanceGradient = nuisanceClassifier
    self.optimiser = optimiser
    nuisanceOptimiser = Adam(learningRate: settings.nuisanceRate)
    standardisation = BatchNorm(channels: nuisance)
    memory = ReplayMemory(capacity: settings.replay, batch: batch, width: nuisance)
    self.settings = settings
    self.seed = seed
  }

  /// Batches seen.
  public var steps: Int { optimiser.steps }
  /// α of the encoder.
  public var learningRate: Float {
    get { optimiser.learningRate }
    set { optimiser.learningRate = newValue }
  }

  /// One step of the encoder, then the nuisance classifier's.
  public mutating func learn(_ x: Activation, labels: [UInt8], progress: Double) -> StepOutcome {
    let readOut = encoder.classifier.readOut
    let (z, logDet, tape) = encoder.classifier.network.forwardRecording(x)
    let (loss, correct, dlogits) = softmaxCrossEntropy(encoder.classifier.logits(ofCode: z), labels: labels)
    let dimensions = Float(z.channels)
    let (nats, dprior, dlogDet) = encoder.prior.likelihood(
      z, logDet: logDet, labels: labels, weight: settings.likelihoodWeight / dimensions, gradient: &gradient.prior)

    // The nuisance classifier sees z_n of zero mean and unit variance over the batch, and the gradient goes through that:
    // with moments held constant the encoder hides by scaling z_n up, without end.
    let nuisance = readOut.nuisance(z)
    let constants = standardisation.coefficients(BatchMoments(nuisance))
    let normal = batchNorm(nuisance, constants, rectifies: false)
    let (answer, nuisanceTape) = nuisanceClassifier.evaluateRecording(normal.view)
    let (uniform, danswer) = uniformCrossEntropy(answer)
    let weight = settings.nuisanceWeight * Float(settings.ramp > 0 ? min(1, progress / settings.ramp) : 1)
    let dnormal = nuisanceClassifier.backward(
      nuisanceTape, outputGradient: danswer.view, into: &nuisanceGradient, .replace)
    let dnuisance = batchNormGradients(nuisance, constants, outputGradient: dnormal, rectifies: false).inputGradient

    var dz = readOut.join(
      logits: encoder.classifier.codeGradient(ofLogits: dlogits),
      nuisance: scaleChannels(dnuisance.view, by: [Float](repeating: weight, count: dnuisance.channels)))
    dz.add(dprior)
    let total = loss + Double(weight) * uniform + Double(settings.likelihoodWeight) * nats / Double(dimensions)
    guard total.isFinite else { return StepOutcome(loss: total, correct: correct) }
    _ = encoder.classifier.backward(
      tape, codeGradient: dz, logDetGradient: dlogDet, into: &gradient.classifier, .replace)
    optimiser.update(&encoder, gradient: &gradient)

    memory.remember(normal, labels: labels)
    var hits = 0
    for round in 0..<settings.nuisanceSteps {
      let (batch, batchLabels) = round == 0 ? (normal, labels) : memory.recall(at: place(round), seed: seed)
      let found = learnNuisance(batch, batchLabels)
      if round == 0 { hits = found }
    }
    return StepOutcome(
      loss: total, correct: correct,
      figures: [
        ("cross_entropy", loss), ("uniform_cross_entropy", uniform), ("nats_per_dimension", nats / Double(dimensions)),
        ("game_nuisance_accuracy", Double(hits) / Double(max(labels.count, 1))),
        ("largest_code", Double(z.largestMagnitude)),
      ])
  }

  /// The number of a random draw: different for every step and round.
  private func place(_ round: Int) -> UInt64 { UInt64(optimiser.steps * settings.nuisanceSteps + round) }

  private mutating func learnNuisance(_ x: Activation, _ labels: [UInt8]) -> Int {
    let (answer, tape) = nuisanceClassifier.evaluateRecording(x.view)
    let (_, correct, danswer) = smoothedCrossEntropy(answer, labels: labels, smoothing: settings.smoothing)
    nuisanceClassifier.backwardParameters(tape, outputGradient: danswer.view, into: &nuisanceGradient, .replace)
    nuisanceOptimiser.update(&nuisanceClassifier, gradient: &nuisanceGradient)
    return correct
  }

  /// The first parameter or output that is not finite.
  public func firstNonFinitePart(_ x: Activation) -> String? {
    encoder.firstNonFiniteParameter ?? nuisanceClassifier.firstNonFiniteParameter.map { "nuisance classifier, \($0)" }
      ?? encoder.classifier.firstNonFinitePart(x)
  }

  /// Parameters, moments and memory.
  public mutating func visitState(_ visit: (Parameter, inout [Float]) -> Void) {
    encoder.visitParameters(prefix: "", visit)
    optimiser.visitState(of: &encoder, prefix: "optimiser.", visit)
    nuisanceClassifier.visitParameters(prefix: "nuisance.", visit)
    nuisanceOptimiser.visitState(of: &nuisanceClassifier, prefix: "nuisance_optimiser.", visit)
    memory.visitState(prefix: "replay.", visit)
  }
}
