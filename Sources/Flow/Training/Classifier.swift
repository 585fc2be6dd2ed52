import Kernels

/// A model that assigns classes and can be trained to.
public protocol Classifier: Parameterised {
  /// The logits of every sample.
  func logits(_ x: Activation) -> Activation

  /// The mean cross-entropy in nats, how many samples are classified rightly, and in `gradient` the derivatives.
  func loss(_ x: Activation, labels: [UInt8], gradient: inout Self) -> (loss: Double, correct: Int)

  /// The first part whose output on x is not finite, by its name in the parameters, or nil.
  func firstNonFinitePart(_ x: Activation) -> String?
}

/// A bijective classifier, softmax of a map of the first entries of z: D_θ in section 2.1 of the paper.
public struct BijectiveClassifier<Network: InvertibleLayer>: Classifier {
  /// F_θ.
  public internal(set) var network: Network
  /// How z_s becomes logits.
  public internal(set) var logitMap: LogitMap
  /// What of z is z_s.
  public let readOut: ReadOut

  /// A classifier into `classes` classes.
  public init(network: Network, classes: Int, logitMap: LogitMap = .fixed(1)) {
    self.network = network
    self.logitMap = logitMap
    readOut = ReadOut(classes: classes)
  }

  /// The logits of every sample.
  public func logits(_ x: Activation) -> Activation { logits(ofCode: network.forward(x).y) }

  /// The logits of codes.
  public func logits(ofCode z: Activation) -> Activation { logitMap.evaluate(readOut.logits(z)) }

  /// The mean cross-entropy in nats, the hits, and the derivatives in `gradient`.
  public func loss(
    _ x: Activation, labels: [UInt8], gradient: inout BijectiveClassifier
  ) -> (loss: Double, correct: Int) {
    let (z, _, tape) = network.forwardRecording(x)
    let (loss, correct, dsemantic) = crossEntropy(ofCode: z, labels: labels, decay: 0, gradient: &gradient)
    _ = network.backward(
      tape, outputGradient: readOut.gradient(ofLogits: dsemantic, channels: z.channels),
      logDetGradient: PerSample(samples: x.samples), into: &gradient.network, .replace)
    return (loss, correct)
  }

  /// The mean cross-entropy of codes that training made plus decay/2·‖logits‖², the hits, ∂L/∂z_s, and the derivatives of the logit
  /// map in `gradient`.
  func crossEntropy(
    ofCode z: Activation, labels: [UInt8], decay: Float, gradient: inout BijectiveClassifier
  ) -> (loss: Double, correct: Int, semanticGradient: Activation) {
    let (logits, tape) = logitMap.evaluateRecording(readOut.logits(z))
    var (loss, correct, dlogits) = softmaxCrossEntropy(logits, labels: labels)
    if decay > 0 {
      let samples = Float(max(logits.samples, 1))
      var pull = scaleChannels(logits.view, by: [Float](repeating: decay / samples, count: logits.channels))
      pull.clearPaddingLanes()
      dlogits.add(pull)
      loss += Double(decay) / 2 * logits.norms().reduce(0) { $0 + $1 * $1 } / Double(samples)
    }
    return (loss, correct, logitMap.backward(tape, logitGradient: dlogits, into: &gradient.logitMap))
  }

  /// The first part whose output is not finite, by name.
  public func firstNonFinitePart(_ x: Activation) -> String? {
    network.forward(x).y.firstNonFinite() == nil ? nil : "the network's output"
  }

  /// Visits the network's parameters by their own names, and those of a learned logit map as `logits.…`; see `Parameterised`.
  public mutating func visitParameters(prefix: String, _ visit: (Parameter, inout [Float]) -> Void) {
    network.visitParameters(prefix: prefix, visit)
    logitMap.visitParameters(prefix: prefix + "logits.", visit)
  }
}

/// An ordinary network whose output is the logits: how it is evaluated and differentiated makes it a classifier.
public protocol FeedForwardClassifier: Classifier {
  /// What evaluation keeps for backward.
  associatedtype Tape

  /// The logits of every sample.
  func evaluate(_ x: ChannelView) -> Activation

  /// Like `evaluate`, with a tape.
  func evaluateRecording(_ x: ChannelView) -> (y: Activation, tape: Tape)

  /// Writes or adds ∂L/∂parameter to `gradient`.
  func backwardParameters(
    _ tape: Tape, outputGradient: ChannelView, into gradient: inout Self, _ accumulation: Accumulation)
}

extension FeedForwardClassifier {
  /// The logits of every sample.
  public func logits(_ x: Activation) -> Activation { evaluate(x.view) }

  /// The mean cross-entropy in nats, the hits, and the derivatives in `gradient`.
  public func loss(_ x: Activation, labels: [UInt8], gradient: inout Self) -> (loss: Double, correct: Int) {
    let (logits, tape) = evaluateRecording(x.view)
    let (loss, correct, dlogits) = softmaxCrossEntropy(logits, labels: labels)
    backwardParameters(tape, outputGradient: dlogits.view, into: &gradient, .replace)
    return (loss, correct)
  }

  /// The first part whose output is not finite, by name.
  public func firstNonFinitePart(_ x: Activation) -> String? {
    evaluate(x.view).firstNonFinite() == nil ? nil : "the network's output"
  }
}

extension RectifierNetwork: FeedForwardClassifier {}
