import ToolSupport

/// Theorem 6 of the paper, measured on one model: a table of errors and bounds, and a figure like the paper's figure 6.
struct Theorem6 {
  /// What images are drawn from; the raw value names it in files.
  enum Distribution: String, CaseIterable {
    /// The training distribution: the shortcut tells the class.
    case train = "d_train"
    /// The adversarial one: the shortcut is gone, or says nothing.
    case adversarial = "d_adv"
    /// The shortcut is that of another class.
    case wrongCode = "wrong_code"

    /// For tables.
    var title: String {
      switch self {
      case .train: "D_train"
      case .adversarial: "D_Adv"
      case .wrongCode: "wrong code"
      }
    }
  }

  /// What of a code readers read, as files name it.
  static let parts = ["z_s", "z_n", "z"]

  /// What `Theorem6Measurement` wrote.
  let metrics: Metrics

  /// For a terminal.
  var text: String {
    func percent(_ path: String) -> String {
      metrics.number(path).map { Decimals.fixed(100 * $0, places: 2) } ?? "–"
    }
    func nats(_ path: String) -> String { metrics.number(path).map { Decimals.fixed($0, places: 3) } ?? "–" }
    var errors = TextTable([
      "% error", "argmax", "argmax, re-centred", "z_s, discriminant", "z_s, network", "z_n, S", "z, S",
    ])
    var bounds = TextTable(["nats", "H(y)", "I(y; z_s) ≥", "I(y; z_n) ≥", "I(y; z) ≥"])
    for distribution in Distribution.allCases {
      let name = distribution.rawValue
      errors.add(
        [distribution.title]
          + [
            "argmax_error", "recentred_argmax_error", "z_s.discriminant.test_error", "z_s.network.test_error",
            "z_n.test_error", "z.test_error",
          ].map { percent("\(name).\($0)") })
      bounds.add(
        [distribution.title, nats("\(name).entropy_nats")]
          + Self.parts.map { nats("\(name).\($0).information_lower_bound_nats") })
    }
    let sentences = Theorem6Bounds(metrics.number)?.sentences ?? []
    return "\(errors.text)\n\(bounds.text)\n" + sentences.map { "\($0)\n" }.joined()
  }

  /// The figure.
  var chart: Theorem6Chart {
    Theorem6Chart(
      groups: Distribution.allCases.map { .init(name: $0.title, distribution: $0, metrics.number) },
      title: "What readers find of the class y in z_s and z_n (theorem 6, figure 6)")
  }
}
