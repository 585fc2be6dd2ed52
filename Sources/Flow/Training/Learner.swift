import Kernels

/// Something that changes with every batch it is shown: a model with its optimiser, or two that play against each other.
public protocol Learner: Sendable {
  /// Batches seen.
  var steps: Int { get }
  /// α of the optimiser of the model that is trained for its own sake.
  var learningRate: Float { get set }

  /// Learns from one batch. `progress` is the fraction of the whole training that lies behind.
  mutating func learn(_ x: Activation, labels: [UInt8], progress: Double) -> StepOutcome

  /// The first part that is not finite, by name, or nil: asked when a loss is not.
  func firstNonFinitePart(_ x: Activation) -> String?

  /// Visits everything that the next step depends on, whole numbers as floats: what a checkpoint must hold.
  mutating func visitState(_ visit: (Parameter, inout [Float]) -> Void)
}

/// What came of one batch.
public struct StepOutcome: Sendable {
  /// What was minimised, in nats, as the mean over the samples.
  public var loss: Double
  /// Samples classified rightly before the step.
  public var correct: Int
  /// Other figures by name, as means over the samples.
  public var figures: [(name: String, value: Double)] = []
}

/// Cross-entropy training of a classifier.
public struct CrossEntropyLearner<Model: Classifier, Optimisation: Optimiser>: Learner {
  /// The model as trained so far.
  public private(set) var model: Model
  /// The optimiser with its moments.
  public private(set) var optimiser: Optimisation
  private var gradient: Model

  /// A learner at step 0.
  public init(model: Model, optimiser: Optimisation) {
    self.model = model
    self.optimiser = optimiser
    gradient = model
  }

  /// Batches seen.
  public var steps: Int { optimiser.steps }
  /// α.
  public var learningRate: Float {
    get { optimiser.learningRate }
    set { optimiser.learningRate = newValue }
  }

  /// One step down the mean cross-entropy; none where it is not finite.
  public mutating func learn(_ x: Activation, labels: [UInt8], progress: Double) -> StepOutcome {
    let (loss, correct) = model.loss(x, labels: labels, gradient: &gradient)
    if loss.isFinite { optimiser.update(&model, gradient: &gradient) }
    return StepOutcome(loss: loss, correct: correct)
  }

  /// The first parameter or output that is not finite.
  public func firstNonFinitePart(_ x: Activation) -> String? {
    model.firstNonFiniteParameter ?? model.firstNonFinitePart(x)
  }

  /// Parameters and moments.
  public mutating func visitState(_ visit: (Parameter, inout [Float]) -> Void) {
    model.visitParameters(prefix: "", visit)
    optimiser.visitState(of: &model, prefix: "optimiser.", visit)
  }
}

extension Parameterised {
  /// The first parameter with a value that is not finite, in words.
  var firstNonFiniteParameter: String? {
    parameters().first { !$0.values.allSatisfy(\.isFinite) }.map { "parameter \($0.parameter.name)" }
  }
}

extension Optimiser {
  /// Visits steps and moments.
  mutating func visitState<Model: Parameterised>(
    of model: inout Model, prefix: String, _ visit: (Parameter, inout [Float]) -> Void
  ) {
    var steps = [Float(moments.steps)]
    visit(Parameter(name: prefix + "steps", shape: [1]), &steps)
    moments.steps = Int(steps[0])
    moments.visit(of: &model, prefix: prefix, visit)
  }
}
