/// How much an experiment spends.
enum Budget: String, CaseIterable {
  /// A smaller network and schedule: minutes.
  case quick
  /// The paper's network, 100 epochs: days on two cores.
  case paper

  /// The options of a bijection's training that both objectives have: the network, and how it is trained for `quickEpochs`
  /// or as long as the paper's.
  func bijection(quickEpochs: Int) -> [String] {
    (self == .quick ? ["--steps", "4", "--filters", "64"] : []) + schedule(quickEpochs: quickEpochs)
  }

  /// How long any network is trained, and by what schedule.
  func schedule(quickEpochs: Int) -> [String] {
    self == .quick
      ? ["--epochs", String(quickEpochs)]
      : ["--epochs", "100", "--schedule", "steps", "--learning-rate", "0.001"]
  }
}
