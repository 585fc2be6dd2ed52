import ToolSupport

/// How much an experiment spends.
struct Budget {
  /// The network, and how long it is trained unless told otherwise.
  enum Size: String, CaseIterable {
    /// A smaller network and schedule: minutes.
    case quick
    /// The paper's network, 100 epochs: days on two cores.
    case paper
  }

  let size: Size
  /// Every model's passes over the images, where they are not the budget's.
  let epochs: Int?

  init(size: Size, epochs: Int?) {
    self.size = size
    self.epochs = epochs
  }

  /// What `--budget` and `--epochs` ask for; 0 epochs are the budget's.
  init(_ options: Options) {
    let epochs = options.integer("epochs")
    self.init(size: options.choice("budget", as: Size.self), epochs: epochs > 0 ? epochs : nil)
  }

  var isQuick: Bool { size == .quick }

  /// The options of a bijection's training that both objectives have: the network, and how it is trained for `quickEpochs`
  /// or as long as the paper's.
  func bijection(quickEpochs: Int) -> [String] {
    (isQuick ? ["--steps", "4", "--filters", "64"] : []) + schedule(quickEpochs: quickEpochs)
  }

  /// How long any network is trained, and by what schedule: few epochs need larger steps than the paper's.
  func schedule(quickEpochs: Int) -> [String] {
    if let epochs { return ["--epochs", String(epochs)] }
    return isQuick
      ? ["--epochs", String(quickEpochs)]
      : ["--epochs", "100", "--schedule", "steps", "--learning-rate", "0.001"]
  }

  /// The weight of the nuisance term: the paper's 1 ruins the logits of short trainings.
  var nuisanceWeight: [String] { isQuick || epochs != nil ? ["--nuisance-weight", "0.5"] : [] }

  /// What it is, in a sentence for reports; `quickEpochs` says the quick budget's.
  func remark(quickEpochs: Int) -> String {
    let network =
      isQuick
      ? "The quick budget: smaller bijections (3 × 4 steps, 64 filters)"
      : "The paper's network (3 × 16 steps, 128 filters)"
    let paper = isQuick ? "the paper's (3 × 16 steps, 128 filters, 100 epochs)" : "the paper's (100)"
    if let epochs { return "\(network) and fewer epochs (\(epochs) for every model) than \(paper)." }
    return isQuick
      ? "\(network) and fewer epochs (\(quickEpochs) for every model) than \(paper)."
      : "The paper's network and number of epochs."
  }
}
