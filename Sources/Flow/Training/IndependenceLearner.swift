import Kernels

/// What independence cross-entropy is trained with; the defaults are those of a stable game.
public struct IndependenceSettings: Sendable, Equatable {
  /// w: the weight of the uniform cross-entropy of the nuisance classifiers.
  public var nuisanceWeight: Float = 1
  /// The weight of ‖logits‖²/2, which keeps one feature of the class from starving the others (spectral decoupling, Pezeshki et
  /// al. 2021, equation 19).
  public var logitDecay: Float = 0
  /// v: the weight of the negative log-likelihood a dimension.
  public var likelihoodWeight: Float = 1
  /// Whether the likelihood is told the class; where it is not, it is that of the mixture over the classes.
  public var likelihoodKnowsClass = true
  /// λ: the weight of the gain; see `GainPenalty`.
  public var gainWeight: Float = 0
  /// The weight of the inverse's gain.
  public var inverseGainWeight: Float = 0
  /// σ: the deviation of the noise that the gains are measured with. It should reach from one value of the data to another: with less,
  /// F is flat where the data are and steep between, and a pixel that is black or white can still decide.
  public var gainDeviation: Float = 0.3
  /// The fraction of a batch that the gains are measured on.
  public var gainShare = 0.25
  /// How the nuisance is whitened class by class before game and likelihood see it; nil where it is not.
  public var whitening: WhiteningSettings?
  /// The fraction of training over which w rises from zero.
  public var ramp = 0.1
  /// Nuisance classifiers that play; none where there is no game.
  public var nuisanceClassifiers = 1
  /// Steps of the encoder after which one of them begins anew, each in its turn; 0 for never.
  public var nuisanceReset = 0
  /// Deviation of the noise on what they see.
  public var nuisanceNoise: Float = 0
  /// What z_n is divided by before they see it.
  public var nuisanceScale = NuisanceScale.each
  /// Their steps after each of the encoder: one on its batch, the others on batches seen before.
  public var nuisanceSteps = 3
  /// Batches that are remembered for that.
  public var replay = 16
  /// Label smoothing of the nuisance classifiers, which keeps them from being sure of what they remember.
  public var smoothing: Float = 0.2
  /// Step size of the nuisance classifiers' Adam.
  public var nuisanceRate: Float = 1e-3
  /// Units in each of their two hidden layers (paper, D.2).
  public var nuisanceHidden = 512

  /// The defaults.
  public init() {}

  /// Whether nuisance classifiers are trained.
  var hasGame: Bool { nuisanceClassifiers > 0 }
}

/// Independence cross-entropy (paper, definition 5 and equation 6): the encoder θ minimises
///
///     CE(logits, y) + w·H(uniform, D(z_n)) + v·NLL/d + λ·gain + s/2·‖logits‖²
///
/// while the nuisance classifiers D learn to read y from z_n. Instead of maximising D's cross-entropy, the encoder drives
/// D's answer to the uniform one, which is where that maximum leads and is bounded; D takes its steps after the encoder's,
/// on this batch and on remembered ones, or it would memorise each batch and the encoder chase it.
/// With a whitening, z_n is the one behind a `ClassWhitening`, whose statistics follow the network and are constants for its gradient.
/// NLL is `LatentPrior`'s, over all of z; d its dimensions; the gain is `GainPenalty`'s. What has weight zero is not computed.
/// Cost: a step of cross-entropy training, that of a batch larger by the share that a gain is measured on, and D's; the
/// inverse's gain needs F and F⁻¹ of that share besides.
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
  /// Whether the prior is trained: a density that nothing fits says nothing.
  public var hasDensity: Bool { settings.likelihoodWeight > 0 }
  /// What whitens the code, z_n class by class, before the game and the likelihood see it.
  public private(set) var whitening: RunningWhitening?
  private var game: NuisanceGame
  private var gradient: Encoder
  private var optimiser: Adamax
  private let settings: IndependenceSettings
  private let seed: UInt64

  /// A learner at step 0, for codes of `dimensions` numbers in batches of at most `batch`. `classMean` is where the prior has z_s.
  public init(
    classifier: BijectiveClassifier<Network>, dimensions: Int, classMean: Float, optimiser: Adamax, batch: Int,
    settings: IndependenceSettings, seed: UInt64
  ) {
    let classes = classifier.readOut.classes
    encoder = Encoder(
      classifier: classifier, prior: LatentPrior(classes: classes, dimensions: dimensions, classMean: classMean))
    gradient = encoder
    whitening = settings.whitening.map { RunningWhitening(classes: classes, dimensions: dimensions, settings: $0) }
    game = NuisanceGame(
      width: dimensions - classes, classes: classes, batch: batch, settings: settings, seed: seed)
    self.optimiser = optimiser
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

  /// One step of the encoder, then the nuisance classifiers'.
  public mutating func learn(_ x: Activation, labels: [UInt8], progress: Double) -> StepOutcome {
    let readOut = encoder.classifier.readOut
    let displaced = settings.gainWeight > 0 ? displaced(first(of: x), "gain") : nil
    let returned = settings.inverseGainWeight > 0 ? returned(first(of: x)) : nil
    let others = [displaced, returned].compactMap { $0 }
    let (codes, logDet, tape) = encoder.classifier.network.forwardRecording(
      others.isEmpty ? x : Activation(stacking: [x] + others))
    let z = others.isEmpty ? codes : codes.samples(0..<x.samples)
    let (loss, correct, dsemantic) = encoder.classifier.crossEntropy(
      ofCode: z, labels: labels, decay: settings.logitDecay, gradient: &gradient.classifier)
    var (total, figures) = (loss, [("cross_entropy", loss)])

    let whitened = whitening?.layer.forwardRecording(z)
    let code = whitened?.y ?? z
    let nuisance = readOut.nuisance(code)
    var dnuisance = Activation(samples: z.samples, channels: nuisance.channels)
    let view = settings.hasGame ? game.view(nuisance) : nil
    if let view {
      let weight = settings.nuisanceWeight * Float(settings.ramp > 0 ? min(1, progress / settings.ramp) : 1)
      let (uniform, gradient) = game.uniformCrossEntropy(view, step: steps)
      dnuisance = scaleChannels(gradient.view, by: [Float](repeating: weight, count: gradient.channels))
      total += Double(weight) * uniform
      figures.append(("uniform_cross_entropy", uniform))
    }
    // What comes back from game and likelihood, to codes as they are whitened.
    var dcode = readOut.gradient(ofNuisance: dnuisance)
    var dlogDet = PerSample(samples: codes.samples)
    if hasDensity {
      let dimensions = Float(z.channels)
      var volume = logDet.prefix(z.samples)
      if let whitened { volume += whitened.logDet }
      let (nats, dprior, dvolume) = encoder.prior.likelihood(
        code, logDet: volume, labels: settings.likelihoodKnowsClass ? labels : nil,
        weight: settings.likelihoodWeight / dimensions, gradient: &gradient.prior)
      dcode.add(dprior)
      dlogDet = dvolume.padded(to: codes.samples)
      total += Double(settings.likelihoodWeight) * nats / Double(dimensions)
      figures.append(("nats_per_dimension", nats / Double(dimensions)))
    }
    if let whitened, let layer = whitening?.layer {
      dcode = layer.backward(whitened.tape, outputGradient: dcode)
    }
    var dz = add(readOut.gradient(ofLogits: dsemantic, channels: z.channels).view, dcode.view)
    if !others.isEmpty {
      let count = others[0].samples
      let first = z.samples(0..<count)
      var gradients: [Activation] = []
      if displaced != nil {
        let (gain, dgain) = GainPenalty.evaluate(
          code: first, displaced: codes.samples(z.samples..<(z.samples + count)), deviation: settings.gainDeviation,
          weight: settings.gainWeight)
        gradients.append(dgain)
        total += Double(settings.gainWeight) * gain
        figures.append(("gain", gain))
      }
      if let returned {
        let (gain, dgain) = GainPenalty.evaluateInverse(
          x: x.samples(0..<count), returned: returned, code: first,
          codeOfReturned: codes.samples((codes.samples - count)..<codes.samples), weight: settings.inverseGainWeight)
        gradients.append(dgain)
        total += Double(settings.inverseGainWeight) * gain
        figures.append(("inverse_gain", gain))
      }
      let rest = Activation(samples: z.samples - count, channels: z.channels)
      for gradient in gradients { dz = subtract(dz.view, Activation(stacking: [gradient, rest]).view) }
      dz = Activation(stacking: [dz] + gradients)
    }
    figures.append(("largest_code", Double(z.largestMagnitude)))
    guard total.isFinite else { return StepOutcome(loss: total, correct: correct) }
    _ = encoder.classifier.network.backward(
      tape, outputGradient: dz, logDetGradient: dlogDet, into: &gradient.classifier.network, .replace)
    optimiser.update(&encoder, gradient: &gradient)
    whitening?.observe(z)
    if let view {
      let hits = game.learn(view, labels: labels, step: steps)
      figures.append(("game_nuisance_accuracy", Double(hits) / Double(max(labels.count, 1))))
    }
    return StepOutcome(loss: total, correct: correct, figures: figures)
  }

  /// The samples that the gains are measured on: whole blocks of lanes, so that nothing is moved between lanes.
  private func first(of x: Activation) -> Activation {
    let wanted = Int((Double(x.samples) * settings.gainShare).rounded(.up))
    return x.samples(0..<min(x.samples, (max(wanted, 1) + 15) / 16 * 16))
  }

  /// x + σε.
  private func displaced(_ x: Activation, _ name: String) -> Activation {
    let count = x.samples * x.valuesPerSample
    let noise = RandomStream(seed: seed, name: name).gaussians(count: count, offset: steps * count)
      .map { settings.gainDeviation * $0 }
    let rows = Activation(rowsOf: Matrix(rows: x.samples, columns: x.valuesPerSample, values: noise))
    return add(x.view, rows.reshaped(height: x.height, width: x.width, channels: x.channels).view)
  }

  /// F⁻¹(F(x) + σε), by the running moments.
  private func returned(_ x: Activation) -> Activation {
    let network = encoder.classifier.network
    return network.inverse(displaced(network.forward(x).y, "inverse gain")).x
  }

  /// The first parameter or output that is not finite.
  public func firstNonFinitePart(_ x: Activation) -> String? {
    encoder.firstNonFiniteParameter ?? game.firstNonFiniteParameter ?? encoder.classifier.firstNonFinitePart(x)
  }

  /// Parameters, moments and memory.
  public mutating func visitState(_ visit: (Parameter, inout [Float]) -> Void) {
    encoder.visitParameters(prefix: "", visit)
    optimiser.visitState(of: &encoder, prefix: "optimiser.", visit)
    whitening?.visitState(prefix: "whitening.", visit)
    game.visitState(visit)
  }
}
