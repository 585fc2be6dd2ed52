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

  /// The models, in the figure's order, and one that the paper does not have. The raw value names folders and metrics.
  enum Model: String, CaseIterable {
    case resNet = "resnet"
    case crossEntropy = "ce"
    case independence = "ice"
    /// Independence cross-entropy without its nuisance term: what the term itself does is the difference to this one.
    case control

    /// For tables.
    var title: String {
      switch self {
      case .resNet: "CE ResNet"
      case .crossEntropy: "CE fi-RevNet"
      case .independence: "iCE fi-RevNet"
      case .control: "control (iCE, no nuisance term)"
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

  /// What is measured of a run, and where it stands in the files of a run.
  enum Quantity: String, CaseIterable {
    case trainError = "train_error"
    case testError = "test_error"
    case shiftedError = "shifted_error"
    case nuisanceError = "nuisance_error"
    case nuisanceHalfError = "nuisance_error_iid_halves"
    case nuisanceShiftedError = "nuisance_error_shifted_halves"
    case information = "information_lower_bound_nats"
    case halfInformation = "information_lower_bound_nats_iid_halves"
    case shiftedInformation = "information_lower_bound_nats_shifted_halves"

    fileprivate var path: String {
      switch self {
      case .trainError: "train.error"
      case .testError: "test.error"
      case .shiftedError: "shifted.error"
      case .nuisanceError: "nuisance.iid.test_error"
      case .nuisanceHalfError: "nuisance.iid_halves.test_error"
      case .nuisanceShiftedError: "nuisance.shifted_halves.test_error"
      case .information: "nuisance.iid.information_lower_bound_nats"
      case .halfInformation: "nuisance.iid_halves.information_lower_bound_nats"
      case .shiftedInformation: "nuisance.shifted_halves.information_lower_bound_nats"
      }
    }

    fileprivate var isOfTraining: Bool { self == .trainError || self == .testError }
  }

  let variant: Variant
  private let remark: String
  private let seeds: [UInt64]
  private var values: [Model: [Quantity: [Double]]] = [:]

  /// A figure without runs; `remark` says how they were trained.
  init(variant: Variant, remark: String, seeds: [UInt64]) {
    self.variant = variant
    self.remark = remark
    self.seeds = seeds
  }

  /// Adds a run: what training wrote, and what `ShiftMeasurement` did.
  mutating func add(_ model: Model, training: Metrics, shift: Metrics) {
    for quantity in Quantity.allCases {
      guard let value = (quantity.isOfTraining ? training : shift).number(quantity.path) else { continue }
      values[model, default: [:]][quantity, default: []].append(value)
    }
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
    case (_, .control): nil
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

  /// How much lower than the control's the mean error of iCE is: what its nuisance term does, all else being equal.
  func nuisanceTermEffect(_ quantity: Quantity) -> Double? {
    guard let control = spread(.control, quantity), let own = spread(.independence, quantity) else { return nil }
    return control.mean - own.mean
  }

  /// Whether the bounds are in the order that theorem 6 assumes of the true informations, I_DAdv(y; zₙ) ≤ I_D(y; zₙ); nil
  /// without bounds. Both are of classifiers that learned from as many codes.
  func isInOrder(_ model: Model) -> Bool? {
    guard let shifted = spread(model, .shiftedInformation), let own = spread(model, .halfInformation) else {
      return nil
    }
    return shifted.mean <= own.mean
  }

  /// For `metrics.json`.
  var metrics: Metrics {
    var metrics = Metrics()
    metrics["variant"] = .text(variant.rawValue)
    metrics["budget"] = .text(remark)
    metrics["seeds"] = .array(seeds.map { .text(String($0)) })
    for model in Model.allCases {
      for quantity in Quantity.allCases {
        guard let spread = spread(model, quantity) else { continue }
        let path = "\(model.rawValue).\(quantity.rawValue)"
        metrics["\(path).mean"] = .number(spread.mean)
        metrics["\(path).deviation"] = spread.deviation.map { .number($0) } ?? .null
        metrics["\(path).runs"] = .numbers(values[model]?[quantity] ?? [])
      }
      if let isInOrder = isInOrder(model) { metrics["\(model.rawValue).theorem6_order_of_bounds"] = .bool(isInOrder) }
      if let paper = Self.paper(variant, model) {
        metrics["paper.\(model.rawValue).train_error"] = .number(paper.train / 100)
        metrics["paper.\(model.rawValue).shifted_error"] = .number(paper.shifted / 100)
      }
    }
    for quantity in [Quantity.trainError, .testError, .shiftedError] {
      metrics["difference.\(quantity.rawValue)"] = difference(quantity).map { .number($0) } ?? .null
      metrics["nuisance_term.\(quantity.rawValue)"] = nuisanceTermEffect(quantity).map { .number($0) } ?? .null
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
      ["control less iCE", "–", term(.trainError), term(.testError), "–", term(.shiftedError)],
    ]
  }

  private static let nuisanceHeader = [
    "z_n", "D_train, % error", "its halves", "D_Adv, % error", "I_D(y; z_n) ≥", "its halves", "I_DAdv(y; z_n) ≥",
  ]

  private var nuisanceRows: [[String]] {
    Model.allCases.filter { spread($0, .nuisanceError) != nil }.map { model in
      [
        model.title, percent(model, .nuisanceError), percent(model, .nuisanceHalfError),
        percent(model, .nuisanceShiftedError), nats(model, .information), nats(model, .halfInformation),
        nats(model, .shiftedInformation),
      ]
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

  private var orderRemark: String {
    let models = Model.allCases.compactMap { model in isInOrder(model).map { (model.title, $0) } }
    guard !models.isEmpty else { return "" }
    return "Theorem 6 assumes I_DAdv(y; z_n) ≤ I_D(y; z_n). The bounds of the halves are "
      + models.map { "\($1 ? "in that order" : "not in that order") for \($0)" }.joined(separator: ", ")
      + "; bounds from below cannot prove the order of what they bound."
  }

  private static let probeRemark =
    "Fresh classifiers read the class from z_n of images as they are. That of D_train learns from the training images "
    + "and is tested on the i.i.d. test; that of D_Adv learns from the shifted images of even index and is tested on those "
    + "of odd index; the i.i.d. test in the same halves is there to compare with. Information is in nats, at most "
    + "ln 10 = 2.303 for ten classes: the entropy of the labels less the classifier's cross-entropy is a bound from below."

  private static func table(_ header: [String], _ rows: [[String]]) -> String {
    var table = TextTable(header)
    for row in rows { table.add(row) }
    return table.text
  }

  /// For a terminal.
  var text: String {
    let nuisance = nuisanceRows.isEmpty ? "" : "\n" + Self.table(Self.nuisanceHeader, nuisanceRows)
    return [
      Self.table(Self.errorHeader, errorRows), nuisance, "\n\(differenceRemark)\n", orderRemark + "\n", remark + "\n",
    ].joined()
  }

  /// `report.html`, with the chart.
  func report(png: [UInt8]) -> Data {
    var report = Report(title: "Metamer: figure 8, \(variant.rawValue) shiftMNIST")
    report.paragraph(
      "Where a shortcut tells the class of every training image, a classifier may ignore the digit. On D_Adv the shortcut "
        + "is gone (binary) or says nothing (texture), and the error shows how far that went. Independence cross-entropy "
        + "(iCE) lets nothing about the class stay outside the logits.")
    report.paragraph(remark)
    report.figure(png: png, caption: "Errors in per cent, means over \(seeds.count) seed(s).")
    report.table(caption: "Errors in per cent, ± deviation over seeds.", header: Self.errorHeader, rows: errorRows)
    report.paragraph(differenceRemark)
    if !nuisanceRows.isEmpty {
      report.heading("What the nuisance holds of the class")
      report.table(
        caption: "Test errors of fresh classifiers, and bounds in nats.", header: Self.nuisanceHeader,
        rows: nuisanceRows)
      report.paragraph(Self.probeRemark)
      report.paragraph(orderRemark)
    }
    report.paragraph(
      "Training dequantises images but does not shift them: a shift would move the pixel whose row is the class.")
    report.preformatted((["swift run Tools"] + CommandLine.arguments.dropFirst()).joined(separator: " "))
    return report.html()
  }
}
