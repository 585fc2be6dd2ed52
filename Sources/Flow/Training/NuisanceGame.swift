import Kernels

/// What z_n is divided by before the nuisance classifiers of the game see it.
public enum NuisanceScale: String, Sendable, CaseIterable, Codable {
  /// Every number by its own deviation over the batch, its mean taken off.
  case each
  /// All numbers by one, the root of their mean square: directions of small variance stay small, and a code that hardly shows is no
  /// more visible to the classifiers than it is in x.
  case whole
}

/// The nuisance classifiers that independence cross-entropy plays against (paper, definition 5): each learns to read the class from
/// z_n, and is asked how far from the uniform answer it is.
struct NuisanceGame: Sendable {
  private(set) var classifiers: [RectifierNetwork]
  private var gradients: [RectifierNetwork]
  private var optimisers: [Adam]
  private var memory: ReplayMemory
  private let standardisation: BatchNorm
  private let settings: IndependenceSettings
  private let widths: [Int]
  private let seed: UInt64

  /// Steps of the encoder in which a classifier that began anew is not asked.
  static let grace = 1000

  init(width: Int, classes: Int, batch: Int, settings: IndependenceSettings, seed: UInt64) {
    widths = [width, settings.nuisanceHidden, settings.nuisanceHidden, classes]
    self.settings = settings
    self.seed = seed
    let widths = widths
    classifiers = (0..<settings.nuisanceClassifiers).map { Self.classifier(widths, $0, life: 0, seed: seed) }
    gradients = classifiers
    optimisers = classifiers.map { _ in Adam(learningRate: settings.nuisanceRate) }
    standardisation = BatchNorm(channels: width)
    // Where nobody plays, nothing is remembered, and a checkpoint holds none of it.
    memory = ReplayMemory(capacity: settings.replay, batch: settings.hasGame ? batch : 0, width: width)
  }

  private static func classifier(_ widths: [Int], _ index: Int, life: Int, seed: UInt64) -> RectifierNetwork {
    let name = "nuisance classifier" + (index == 0 && life == 0 ? "" : " \(index), life \(life)")
    return RectifierNetwork(widths: widths, random: RandomStream(seed: seed, name: name))
  }

  /// What z_n looks like to the classifiers, with what the way back needs.
  struct View {
    let normal: Activation
    fileprivate let nuisance: Activation
    fileprivate let constants: BatchNormCoefficients?
    fileprivate let rootMeanSquare: Float
  }

  /// z_n of zero mean and unit variance over the batch, or divided by one number. The gradient goes through that: with moments held
  /// constant the encoder hides by scaling z_n up, without end.
  func view(_ nuisance: Activation) -> View {
    let moments = BatchMoments(nuisance)
    switch settings.nuisanceScale {
    case .each:
      let constants = standardisation.coefficients(moments)
      return View(
        normal: batchNorm(nuisance, constants, rectifies: false), nuisance: nuisance, constants: constants,
        rootMeanSquare: 1)
    case .whole:
      let square = zip(moments.mean, moments.variance).reduce(0) { $0 + Double($1.0 * $1.0) + Double($1.1) }
      let root = Float((square / Double(max(nuisance.channels, 1)) + 1e-12).squareRoot())
      return View(
        normal: scaleChannels(nuisance.view, by: [Float](repeating: 1 / root, count: nuisance.channels)),
        nuisance: nuisance, constants: nil, rootMeanSquare: root)
    }
  }

  /// The mean cross-entropy to the uniform answer over the classifiers that are asked in this step, and its gradient with respect to z_n.
  mutating func uniformCrossEntropy(_ view: View, step: Int) -> (loss: Double, gradient: Activation) {
    let asked = classifiers.indices.filter { isAsked($0, step: step) }
    let share = 1 / Float(asked.count)
    var (total, dnormal) = (0.0, nil as Activation?)
    for index in asked {
      let (answer, tape) = classifiers[index].evaluateRecording(noisy(view.normal, "asked", at: step).view)
      let (loss, danswer) = Flow.uniformCrossEntropy(answer)
      let gradient = classifiers[index].backward(
        tape, outputGradient: danswer.view, into: &gradients[index], .replace)
      total += loss * Double(share)
      let part = asked.count == 1 ? gradient : scaled(gradient, by: share)
      if dnormal == nil { dnormal = part } else { dnormal?.add(part) }
    }
    return (total, gradient(view, dnormal ?? Activation(samples: view.normal.samples, channels: view.normal.channels)))
  }

  /// ∂L/∂z_n from the gradient at what the classifiers see.
  private func gradient(_ view: View, _ dnormal: Activation) -> Activation {
    if let constants = view.constants {
      return batchNormGradients(view.nuisance, constants, outputGradient: dnormal, rectifies: false).inputGradient
    }
    // y = x/r with r² = mean x²: dx = (dy − y·mean(y·dy))/r.
    let count = Double(max(view.normal.samples * view.normal.channels, 1))
    let mean = channelSums(dnormal.view, times: view.normal.view).reduce(0) { $0 + Double($1) } / count
    var along = scaled(view.normal, by: Float(mean))
    along.clearPaddingLanes()
    return scaled(subtract(dnormal.view, along.view), by: 1 / view.rootMeanSquare)
  }

  /// The classifiers' steps after one of the encoder: one on its batch, the others on batches seen before. Returns how many samples of
  /// the batch the first classifier had right.
  mutating func learn(_ view: View, labels: [UInt8], step: Int) -> Int {
    if settings.nuisanceReset > 0 && step % settings.nuisanceReset == 0 {
      restart(after: step / settings.nuisanceReset)
    }
    memory.remember(view.normal, labels: labels)
    var hits = 0
    for round in 0..<settings.nuisanceSteps {
      let place = UInt64(step * settings.nuisanceSteps + round)
      let (x, known) = round == 0 ? (view.normal, labels) : memory.recall(at: place, seed: seed)
      let shown = noisy(x, "round \(round)", at: step)
      for index in classifiers.indices {
        let (answer, tape) = classifiers[index].evaluateRecording(shown.view)
        let (_, correct, danswer) = smoothedCrossEntropy(answer, labels: known, smoothing: settings.smoothing)
        classifiers[index].backwardParameters(tape, outputGradient: danswer.view, into: &gradients[index], .replace)
        optimisers[index].update(&classifiers[index], gradient: &gradients[index])
        if round == 0 && index == 0 { hits = correct }
      }
    }
    return hits
  }

  /// Begins one classifier anew, each in its turn: a game's classifiers get used to an encoder that a new one would see through.
  private mutating func restart(after resets: Int) {
    let index = (resets - 1) % classifiers.count
    classifiers[index] = Self.classifier(widths, index, life: resets, seed: seed)
    optimisers[index] = Adam(learningRate: settings.nuisanceRate)
  }

  /// Whether a classifier is old enough to be asked; a single one always is.
  private func isAsked(_ index: Int, step: Int) -> Bool {
    guard settings.nuisanceReset > 0, classifiers.count > 1 else { return true }
    let resets = step / settings.nuisanceReset
    // Resets are numbered from 1; number r is of classifier (r − 1) mod J.
    let last = resets - (resets - 1 - index + classifiers.count) % classifiers.count
    return resets == 0 || last < 1 || step - last * settings.nuisanceReset >= min(Self.grace, settings.nuisanceReset)
  }

  /// With the game's noise on what the classifiers see, so that fine differences say nothing.
  private func noisy(_ x: Activation, _ purpose: String, at step: Int) -> Activation {
    guard settings.nuisanceNoise > 0 else { return x }
    let count = x.samples * x.channels
    let stream = RandomStream(seed: seed, name: "nuisance noise, \(purpose)")
    let noise = stream.gaussians(count: count, offset: step * count).map { settings.nuisanceNoise * $0 }
    return add(x.view, Activation(rowsOf: Matrix(rows: x.samples, columns: x.channels, values: noise)).view)
  }

  private func scaled(_ x: Activation, by factor: Float) -> Activation {
    scaleChannels(x.view, by: [Float](repeating: factor, count: x.channels))
  }

  /// The first parameter that is not finite, in words.
  var firstNonFiniteParameter: String? {
    classifiers.lazy.compactMap(\.firstNonFiniteParameter).first.map { "nuisance classifier, \($0)" }
  }

  /// Visits classifiers, moments and memory.
  mutating func visitState(_ visit: (Parameter, inout [Float]) -> Void) {
    for index in classifiers.indices {
      let place = index == 0 ? "" : "\(index)."
      classifiers[index].visitParameters(prefix: "nuisance.\(place)", visit)
      optimisers[index].visitState(of: &classifiers[index], prefix: "nuisance_optimiser.\(place)", visit)
    }
    memory.visitState(prefix: "replay.", visit)
  }
}
