/// How each model of figure 8 is trained: the options of `Tools train` that it has beside data, seed and limit.
struct Figure8Recipe {
  /// Options by model.
  let words: [Figure8.Model: [String]]
  /// Units of a hidden layer of the readers of z_n and z, and their epochs; nil for the reader's own.
  let reader: (hidden: Int?, epochs: Int?)
  /// What it is, in a sentence for the report.
  let remark: String

  init(words: [Figure8.Model: [String]], reader: (hidden: Int?, epochs: Int?), remark: String) {
    self.words = words
    self.reader = reader
    self.remark = remark
  }

  /// Every model's passes over the images with the quick budget.
  static let quickEpochs = 6

  /// A bound on the gain in place of the likelihood, and the authors' own weight of 2019 for the nuisance term. The noise reaches from
  /// black to white: with a deviation of 0.1 the error on D_Adv grows past that of cross-entropy within six epochs. Noise on the
  /// images themselves hides a single pixel; of textures it would make others.
  private static func bounded(_ variant: Figure8.Variant) -> [String] {
    [
      "--objective", "ice", "--likelihood-weight", "0", "--volume-preserving", "--gain-weight", "3", "--nuisance-scale",
      "whole",
    ] + (variant == .binary ? ["--noise", "0.3"] : [])
  }

  /// The recipe of a budget: all models have the same images, epochs and schedule, as the error on D_Adv grows with training.
  /// The control is trained as the bounded model, but for the weight of the nuisance term.
  init(_ variant: Figure8.Variant, budget: Budget) {
    let bijection = budget.bijection(quickEpochs: Self.quickEpochs)
    words = [
      .resNet: ["--network", "resnet"] + budget.schedule(quickEpochs: Self.quickEpochs),
      .crossEntropy: ["--objective", "ce"] + bijection,
      .independence: ["--objective", "ice"] + bijection + budget.nuisanceWeight,
      .bounded: Self.bounded(variant) + bijection + ["--nuisance-weight", "0.05"],
      .control: Self.bounded(variant) + bijection + ["--nuisance-weight", "0"],
    ]
    reader = (hidden: nil, epochs: nil)
    let network = budget.isQuick ? "" : " The paper does not describe its ResNet; ours is ResNet-20."
    remark = budget.remark(quickEpochs: Self.quickEpochs) + network
  }
}
