import Flow
import ToolSupport

/// What z_s is multiplied by, as a user says it: a number, or that it is learned.
enum LogitScale: Equatable, Sendable {
  case fixed(Double)
  case learned

  /// The word for a learned scale.
  private static let word = "learned"
  /// What a text must be.
  static let expectation = "a number greater than 0, or \(word)"

  /// The scale that a text stands for; nil where it is none.
  init?(_ text: String) {
    if text == Self.word {
      self = .learned
    } else if let value = Decimals.number(text), Float(value) > 0, Float(value).isFinite {
      self = .fixed(value)
    } else {
      return nil
    }
  }

  /// The text that it is made from.
  var text: String {
    switch self {
    case .fixed(let value): Decimals.shortest(value)
    case .learned: Self.word
    }
  }

  /// Where the likelihood's prior has z_s of a class: at the scale, so that softmax of the logits is the posterior; a learned map
  /// follows from wherever that is.
  var classMean: Double {
    switch self {
    case .fixed(let value): value
    case .learned: ImageModelConfiguration.Objective.independenceScale
    }
  }

  /// The map before training.
  func map(classes: Int) -> LogitMap {
    switch self {
    case .fixed(let value): .fixed(Float(value))
    case .learned: .learned(classes: classes)
    }
  }
}
