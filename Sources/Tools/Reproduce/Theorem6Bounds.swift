import ToolSupport

/// What readers found of the class in a model's codes, as far as theorem 6 of the paper speaks of it: bounds from below, in
/// nats.
struct Theorem6Bounds: Equatable {
  /// H(y) on D_train's test: the most that there is.
  var entropy: Double
  /// Of I_D(y; z_n).
  var nuisance: Double
  /// Of I_D(y; x): the largest bound of any part of the code.
  var image: Double
  /// Of I_DAdv(y; z_s).
  var shiftedSemantics: Double
  /// Of I_DAdv(y; z_n).
  var shiftedNuisance: Double
  /// Of I_DAdv(y; x).
  var shiftedImage: Double

  /// The bounds in what a `Theorem6Measurement` wrote, or nil where one is missing. `value` finds the number at a path.
  init?(_ value: (String) -> Double?) {
    func bound(_ distribution: Theorem6.Distribution, _ part: String) -> Double? {
      value("\(distribution.rawValue).\(part).information_lower_bound_nats")
    }
    func image(_ distribution: Theorem6.Distribution) -> Double? {
      let parts = Theorem6.parts.compactMap { bound(distribution, $0) }
      return parts.count == Theorem6.parts.count ? parts.max() : nil
    }
    guard let entropy = value("d_train.entropy_nats"), let nuisance = bound(.train, "z_n"),
      let shiftedSemantics = bound(.adversarial, "z_s"), let shiftedNuisance = bound(.adversarial, "z_n"),
      let own = image(.train), let shifted = image(.adversarial)
    else { return nil }
    self.entropy = entropy
    self.nuisance = nuisance
    self.image = own
    self.shiftedSemantics = shiftedSemantics
    self.shiftedNuisance = shiftedNuisance
    self.shiftedImage = shifted
  }

  /// What counts as nothing, in nats: a fiftieth of H(y). Readers of 10 000 test images are uncertain by about half of it.
  var tolerance: Double { entropy / 50 }

  /// Whether I_D(y; z_n) = 0, the first assumption, is not refuted: readers of z_n find nothing.
  var nuisanceIsFree: Bool { nuisance <= tolerance }

  /// Whether the bounds are in the order that the second assumption asks of what they bound, I_DAdv(z_n; y) ≤ I_D(z_n; y).
  var isInOrder: Bool { shiftedNuisance <= nuisance }

  /// Whether readers of z_s find on D_Adv all that readers of the whole code find on D_train: the conclusion,
  /// I_DAdv(y; z_s) = I_D(y; x).
  var conclusionHolds: Bool { shiftedSemantics >= image - tolerance }

  /// A sentence each for the two assumptions and the conclusion.
  var sentences: [String] {
    func nats(_ value: Double) -> String { Decimals.fixed(value, places: 3) }
    return [
      "Theorem 6 assumes I_D(y; z_n) = 0, and "
        + (nuisanceIsFree
          ? "a reader of z_n finds no more than \(nats(nuisance)) of H(y) = \(nats(entropy)) nats, which does not refute it."
          : "this fails: a reader of z_n finds at least \(nats(nuisance)) of H(y) = \(nats(entropy)) nats."),
      "It assumes I_DAdv(z_n; y) ≤ I_D(z_n; y), and the bounds, \(nats(shiftedNuisance)) and \(nats(nuisance)) nats, are "
        + "\(isInOrder ? "" : "not ")in that order; bounds from below cannot prove the order of what they bound.",
      "It concludes I_DAdv(y; z_s) = I_D(y; x), and readers of z_s find \(nats(shiftedSemantics)) nats on D_Adv where readers "
        + "of the code find \(nats(image)) on D_train and \(nats(shiftedImage)) on D_Adv: the conclusion "
        + "\(conclusionHolds ? "holds as far as readers can tell" : "is not borne out").",
    ]
  }

  /// Records what the sentences say.
  func record(in metrics: inout Metrics, at path: String) {
    metrics["\(path).nuisance_is_free"] = .bool(nuisanceIsFree)
    metrics["\(path).bounds_are_in_order"] = .bool(isInOrder)
    metrics["\(path).conclusion_holds"] = .bool(conclusionHolds)
    metrics["\(path).sentences"] = .array(sentences.map { .text($0) })
  }
}
