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

  /// The recipe of a budget. The control is trained as the model with independence cross-entropy, but for the weight of the
  /// nuisance term.
  init(budget: Budget) {
    let independence = ["--objective", "ice"] + budget.bijection(quickEpochs: 6)
    words = [
      .resNet: ["--network", "resnet"] + budget.schedule(quickEpochs: 2),
      .crossEntropy: ["--objective", "ce"] + budget.bijection(quickEpochs: 3),
      .independence: independence + budget.nuisanceWeight,
      .control: independence + ["--nuisance-weight", "0"],
    ]
    reader = (hidden: nil, epochs: nil)
    let network = budget.isQuick ? "" : " The paper does not describe its ResNet; ours is ResNet-20."
    remark =
      budget.remark(quickEpochs: "cross-entropy 3, independence cross-entropy and control 6, ResNet 2") + network
  }
}
