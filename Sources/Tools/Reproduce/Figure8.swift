import Foundation
import ToolSupport

/// Figure 8 of the paper beside what runs gave: errors on D_train and D_Adv, and what the nuisance holds of the class.
struct Figure8 {
  /// The two halves of the figure.
  enum Variant: String, CaseIterable {
    /// (a): a pixel tells the class.
    case binary
    /// (b): the texture of the background tells the class.
    case texture
  }

  /// The models, in the figure's order, and two that the paper does not have. The raw value names folders and metrics.
  enum Model: String, CaseIterable {
    case resNet = "resnet"
    case crossEntropy = "ce"
    /// Equation 6.
    case independence = "ice"
    /// Independence cross-entropy with a bound on the gain of F in place of the likelihood.
    case bounded
    /// The bounded one without its nuisance term: what the term itself does is the difference to this one.
    case control

    /// For tables.
    var title: String {
      switch self {
      case .resNet: "CE ResNet"
      case .crossEntropy: "CE fi-RevNet"
      case .independence: "iCE fi-RevNet"
      case .bounded: "iCE, bounded gain"
      case .control: "its control (no nuisance term)"
      }
    }

    /// For figures with little room.
    var shortTitle: String {
      switch self {
      case .resNet: "ResNet"
      case .crossEntropy: "CE"
      case .independence: "iCE"
      case .bounded: "bounded"
      case .control: "control"
      }
    }
  }

  /// Mean and, of several seeds, the deviation (n − 1) of a figure.
  struct Spread {
    let mean: Double
    let deviation: Double?

    init?(_ values: [Double]) {
      guard !values.isEmpty else { return nil }
      let mean = values.reduce(0, +) / Double(values.count)
      self.mean = mean
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      deviation = values.count > 1 ? (squares / Double(values.count - 1)).squareRoot() : nil
    }
  }

  /// What is measured of a run, and where it stands in the files of a run: a number at a path.
  struct Quantity: Hashable {
    /// The files, which training, `ShiftMeasurement` and `Theorem6Measurement` write.
    enum File {
      case training, shift, theorem6
    }

    /// What this experiment's own metrics call it.
    let name: String
    fileprivate let file: File
    fileprivate let path: String

    static let trainError = Quantity(name: "train_error", file: .training, path: "train.error")
    static let testError = Quantity(name: "test_error", file: .training, path: "test.error")
    static let shiftedError = Quantity(name: "shifted_error", file: .shift, path: "shifted.error")
    static let recentredError = theorem6("d_adv.recentred_argmax_error")
    static let wrongCodeError = theorem6("wrong_code.argmax_error")

    /// A number of theorem 6, by its path there.
    static func theorem6(_ path: String) -> Quantity {
      Quantity(name: "theorem6.\(path)", file: .theorem6, path: path)
    }

    /// All that are recorded.
    static let all: [Quantity] =
      [trainError, testError, shiftedError, recentredError, wrongCodeError]
      + Theorem6.Distribution.allCases.flatMap { distribution in
        [theorem6("\(distribution.rawValue).entropy_nats")]
          + Theorem6.parts.flatMap { part in
            ["test_error", "information_lower_bound_nats"].map {
              theorem6("\(distribution.rawValue).\(part).\($0)")
            }
          }
      }
  }

  let variant: Variant
  private let remark: String
  private let seeds: [UInt64]
  private var values: [Model: [Quantity: [Double]]] = [:]
  /// The errors after an epoch.
  struct EpochErrors: Equatable {
    /// On the i.i.d. test.
    let test: Double
    /// On D_Adv.
    let shifted: Double
  }

  /// The errors after every epoch, run by run.
  private(set) var curves: [Model: [[EpochErrors]]] = [:]

  /// A figure without runs; `remark` says how they were trained.
  init(variant: Variant, remark: String, seeds: [UInt64]) {
    self.variant = variant
    self.remark = remark
    self.seeds = seeds
  }

  /// Adds a run: what training and the measurements wrote. Of a network without an inverse there is no theorem 6.
  mutating func add(_ model: Model, training: Metrics, shift: Metrics, theorem6: Metrics?) {
    for quantity in Quantity.all {
      let metrics: Metrics? =
        switch quantity.file {
        case .training: training
        case .shift: shift
        case .theorem6: theorem6
        }
      guard let value = metrics?.number(quantity.path) else { continue }
      values[model, default: [:]][quantity, default: []].append(value)
    }
    guard case .array(let epochs) = training["epochs"] else { return }
    let errors = epochs.compactMap { epoch -> EpochErrors? in
      guard case .object(let figures) = epoch, let shifted = figures["shifted_error"]?.asNumber,
        let test = figures["test_error"]?.asNumber
      else { return nil }
      return EpochErrors(test: test, shifted: shifted)
    }
    if !errors.isEmpty { curves[model, default: []].append(errors) }
  }

  /// The means over the runs of the errors after every epoch; empty without runs.
  func curve(_ model: Model) -> [EpochErrors] {
    let runs = curves[model, default: []]
    let count = runs.map(\.count).min() ?? 0
    return (0..<count).map { epoch in
      func mean(_ error: KeyPath<EpochErrors, Double>) -> Double {
        runs.reduce(0) { $0 + $1[epoch][keyPath: error] } / Double(runs.count)
      }
      return EpochErrors(test: mean(\.test), shifted: mean(\.shifted))
    }
  }

  /// Where the paper's error of a model lies on our curve, a sentence; nil without either.
  func place(_ model: Model) -> String? {
    guard let paper = Self.paper(variant, model)?.shifted, let last = curve(model).last?.shifted else { return nil }
    let printed = Self.percent(paper)
    let ends = "after \(curve(model).count) epochs it is \(Self.percent(100 * last)) %"
    let start = "\(model.title): the paper's error on D_Adv is \(printed) %; "
    if let reached = curve(model).firstIndex(where: { 100 * $0.shifted >= paper }) {
      return start + "ours first reaches that after epoch \(reached + 1), and \(ends)."
    }
    return start + "ours stays below that, and \(ends)."
  }

  /// A figure over the seeds; nil where no run has it.
  func spread(_ model: Model, _ quantity: Quantity) -> Spread? { Spread(values[model]?[quantity] ?? []) }

  /// The paper's errors in per cent: D_train, D_Adv.
  static func paper(_ variant: Variant, _ model: Model) -> (train: Double, shifted: Double)? {
    switch (variant, model) {
    case (.binary, .resNet): (0.00, 73.80)
    case (.binary, .crossEntropy): (0.00, 57.09)
    case (.binary, .independence): (0.02, 34.73)
    case (.texture, .resNet): (0.00, 87.83)
    case (.texture, .crossEntropy): (0.18, 73.71)
    case (.texture, .independence): (0.53, 59.99)
    case (_, .bounded), (_, .control): nil
    }
  }

  /// The paper's row "Difference" as it is printed, in per cent.
  static func paperDifference(_ variant: Variant) -> (train: Double, shifted: Double) {
    variant == .binary ? (0.02, 38.33) : (0.53, 27.84)
  }

  /// "The largest improvement between CE-trained and iCE-trained model": how much lower the error of iCE is than the higher
  /// of the two that were trained with CE. On D_train iCE is no improvement, and the row is how much higher its error is
  /// than the lower of the two.
  static func difference(_ error: (Model) -> Double?, isImprovement: Bool) -> Double? {
    guard let residual = error(.resNet), let bijective = error(.crossEntropy), let own = error(.independence) else {
      return nil
    }
    return isImprovement ? max(residual, bijective) - own : own - min(residual, bijective)
  }

  /// The paper's difference on D_Adv by its own columns.
  var paperColumnsDifference: Double? {
    Self.difference({ Self.paper(variant, $0)?.shifted }, isImprovement: true)
  }

  /// Ours, of the means over seeds.
  func difference(_ quantity: Quantity) -> Double? {
    Self.difference({ spread($0, quantity)?.mean }, isImprovement: quantity == .shiftedError)
  }

  /// How much lower than its control's the mean error of the bounded model is: what its nuisance term does, all else being equal.
  func nuisanceTermEffect(_ quantity: Quantity) -> Double? {
    guard let control = spread(.control, quantity), let own = spread(.bounded, quantity) else { return nil }
    return control.mean - own.mean
  }

  /// What readers found of a model's code, as means over seeds; nil where it has none.
  func bounds(_ model: Model) -> Theorem6Bounds? {
    Theorem6Bounds { spread(model, .theorem6($0))?.mean }
  }

  /// Bars in the manner of the paper's figure 6, of all models with a code.
  var theorem6Chart: Theorem6Chart {
    let distributions = [Theorem6.Distribution.train, .adversarial]
    return Theorem6Chart(
      groups: Model.allCases.filter { bounds($0) != nil }.flatMap { model in
        distributions.map { distribution in
          .init(name: "\(model.shortTitle), \(distribution.title)", distribution: distribution) {
            spread(model, .theorem6($0))?.mean
          }
        }
      }, title: "What readers find of the class, \(variant.rawValue) shiftMNIST (the paper's figure 6)")
  }

  /// For `metrics.json`.
  var metrics: Metrics {
    var metrics = Metrics()
    metrics["variant"] = .text(variant.rawValue)
    metrics["budget"] = .text(remark)
    metrics["seeds"] = .array(seeds.map { .text(String($0)) })
    for model in Model.allCases {
      for quantity in Quantity.all {
        guard let spread = spread(model, quantity) else { continue }
        let path = "\(model.rawValue).\(quantity.name)"
        metrics["\(path).mean"] = .number(spread.mean)
        metrics["\(path).deviation"] = spread.deviation.map { .number($0) } ?? .null
        metrics["\(path).runs"] = .numbers(values[model]?[quantity] ?? [])
      }
      if !curve(model).isEmpty {
        metrics["\(model.rawValue).shifted_error_by_epoch"] = .numbers(curve(model).map(\.shifted))
        metrics["\(model.rawValue).test_error_by_epoch"] = .numbers(curve(model).map(\.test))
      }
      bounds(model)?.record(in: &metrics, at: "\(model.rawValue).theorem6")
      if let paper = Self.paper(variant, model) {
        metrics["paper.\(model.rawValue).train_error"] = .number(paper.train / 100)
        metrics["paper.\(model.rawValue).shifted_error"] = .number(paper.shifted / 100)
      }
    }
    for quantity in [Quantity.trainError, .testError, .shiftedError] {
      metrics["difference.\(quantity.name)"] = difference(quantity).map { .number($0) } ?? .null
      metrics["nuisance_term.\(quantity.name)"] = nuisanceTermEffect(quantity).map { .number($0) } ?? .null
    }
    let printed = Self.paperDifference(variant)
    metrics["paper.difference.train_error"] = .number(printed.train / 100)
    metrics["paper.difference.shifted_error"] = .number(printed.shifted / 100)
    metrics["paper.difference.shifted_error_by_its_columns"] =
      paperColumnsDifference.map { .number($0 / 100) } ?? .null
    return metrics
  }
}

// MARK: Text

extension Figure8 {
  private static func percent(_ value: Double) -> String { Decimals.fixed(value, places: 2) }

  private func percent(_ model: Model, _ quantity: Quantity) -> String {
    guard let spread = spread(model, quantity) else { return "–" }
    let deviation = spread.deviation.map { " ± \(Self.percent(100 * $0))" } ?? ""
    return Self.percent(100 * spread.mean) + deviation
  }

  private func nats(_ model: Model, _ quantity: Quantity) -> String {
    guard let spread = spread(model, quantity) else { return "–" }
    let deviation = spread.deviation.map { " ± \(Decimals.fixed($0, places: 3))" } ?? ""
    return Decimals.fixed(spread.mean, places: 3) + deviation
  }

  private static let errorHeader = [
    "% error", "train, paper", "train", "i.i.d. test", "D_Adv, paper", "D_Adv",
  ]

  private var errorRows: [[String]] {
    let models = Model.allCases.map { model in
      let paper = Self.paper(variant, model)
      return [
        model.title, paper.map { Self.percent($0.train) } ?? "–", percent(model, .trainError),
        percent(model, .testError), paper.map { Self.percent($0.shifted) } ?? "–", percent(model, .shiftedError),
      ]
    }
    func own(_ quantity: Quantity) -> String { difference(quantity).map { Self.percent(100 * $0) } ?? "–" }
    func term(_ quantity: Quantity) -> String {
      nuisanceTermEffect(quantity).map { Self.percent(100 * $0) } ?? "–"
    }
    let printed = Self.paperDifference(variant)
    return models + [
      [
        "Difference", Self.percent(printed.train), own(.trainError), own(.testError), Self.percent(printed.shifted),
        own(.shiftedError),
      ],
      ["control less bounded", "–", term(.trainError), term(.testError), "–", term(.shiftedError)],
    ]
  }

  private var modelsWithCode: [Model] { Model.allCases.filter { bounds($0) != nil } }

  private static let readerHeader = [
    "% error", "argmax, D_Adv", "re-centred", "argmax, wrong code", "z_s, D_Adv", "z_n, D_train", "z_n, D_Adv",
    "z_n, wrong code",
  ]

  private var readerRows: [[String]] {
    modelsWithCode.map { model in
      [
        model.title, percent(model, .shiftedError), percent(model, .recentredError), percent(model, .wrongCodeError),
      ]
        + ["d_adv.z_s", "d_train.z_n", "d_adv.z_n", "wrong_code.z_n"].map {
          percent(model, .theorem6("\($0).test_error"))
        }
    }
  }

  private static let boundHeader = [
    "nats", "H(y)", "I_D(y; z_s) ≥", "I_D(y; z_n) ≥", "I_DAdv(y; z_s) ≥", "I_DAdv(y; z_n) ≥", "wrong code, z_s",
    "wrong code, z_n",
  ]

  private var boundRows: [[String]] {
    modelsWithCode.map { model in
      [model.title, nats(model, .theorem6("d_train.entropy_nats"))]
        + ["d_train", "d_adv", "wrong_code"].flatMap { distribution in
          ["z_s", "z_n"].map { nats(model, .theorem6("\(distribution).\($0).information_lower_bound_nats")) }
        }
    }
  }

  private var differenceRemark: String {
    let definition =
      "Difference is the largest improvement of iCE over a model trained with CE (on D_train: the largest increase)."
    guard let computed = paperColumnsDifference else { return definition }
    let printed = Self.paperDifference(variant).shifted
    return abs(computed - printed) < 0.005
      ? definition
      : definition + " By that definition the paper's own columns give \(Self.percent(computed)), not the "
        + "\(Self.percent(printed)) that it prints."
  }

  private var theoremRemarks: [String] {
    modelsWithCode.compactMap { model in
      bounds(model).map { "\(model.title): \($0.sentences.joined(separator: " "))" }
    }
  }

  private static let readerRemark =
    "Readers are fresh classifiers of codes of images as they are. Readers of z_n learn from all training images that the "
    + "models had, as training showed them: with the shortcut for D_train, without it for D_Adv, with that of another class "
    + "for wrong codes. Readers of z_s, a quadratic discriminant and a small network, of which the one that finds more is "
    + "shown, learn from one half of the test images and read the other, both ways round. Re-centred is the model's own "
    + "decision after z_s is given the moments that it had in training. Information is in nats: the entropy of the labels "
    + "less a reader's cross-entropy is a bound from below."

  private static func table(_ header: [String], _ rows: [[String]]) -> String {
    var table = TextTable(header)
    for row in rows { table.add(row) }
    return table.text
  }

  /// For a terminal.
  var text: String {
    let readers =
      modelsWithCode.isEmpty
      ? ""
      : "\n\(Self.table(Self.readerHeader, readerRows))\n\(Self.table(Self.boundHeader, boundRows))"
    return
      ([Self.table(Self.errorHeader, errorRows), readers, "\n\(differenceRemark)\n"]
      + places.map { "\($0)\n" }
      + theoremRemarks.map { "\($0)\n" } + ["\(remark)\n"]).joined()
  }

  private var places: [String] { Model.allCases.compactMap(place) }

  /// `report.html`, with the charts: the errors, their way over the epochs, and what readers find of the class.
  func report(png: [UInt8], curves: [UInt8], theorem6: [UInt8]) -> Data {
    var report = Report(title: "Metamer: figure 8, \(variant.rawValue) shiftMNIST")
    report.paragraph(
      "Where a shortcut tells the class of every training image, a classifier may ignore the digit. On D_Adv the shortcut "
        + "is gone (binary) or says nothing (texture), and the error shows how far that went. Independence cross-entropy "
        + "(iCE) lets nothing about the class stay outside the logits.")
    report.paragraph(remark)
    report.figure(png: png, caption: "Errors in per cent, means over \(seeds.count) seed(s).")
    report.table(caption: "Errors in per cent, ± deviation over seeds.", header: Self.errorHeader, rows: errorRows)
    report.paragraph(differenceRemark)
    report.figure(
      png: curves,
      caption:
        "Left: the error on D_Adv after every epoch, thick the mean, thin every seed, dashed the paper's. Right: the same "
        + "errors against those on the i.i.d. test, a marker an epoch, so that models can be compared where they know D_train "
        + "equally well."
    )
    for place in places { report.paragraph(place) }
    if !modelsWithCode.isEmpty {
      report.heading("Theorem 6: where the class is")
      report.figure(png: theorem6, caption: "Bounds on information in nats, means over \(seeds.count) seed(s).")
      report.table(caption: "Errors of decisions and of readers.", header: Self.readerHeader, rows: readerRows)
      report.table(caption: "Bounds on information about the class.", header: Self.boundHeader, rows: boundRows)
      report.paragraph(Self.readerRemark)
      for remark in theoremRemarks { report.paragraph(remark) }
    }
    report.paragraph(
      "Training dequantises images but does not shift them: a shift would move the pixel whose row is the class.")
    report.preformatted((["swift run Tools"] + CommandLine.arguments.dropFirst()).joined(separator: " "))
    return report.html()
  }
}
