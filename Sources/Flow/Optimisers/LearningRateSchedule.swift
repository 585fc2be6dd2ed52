/// How the learning rate changes as training goes on.
public enum LearningRateSchedule: Sendable, Equatable {
  /// It does not.
  case constant
  /// It is multiplied by `factor` after every `epochs` epochs (paper, D.2: 0.2 after every 30).
  case steps(factor: Double, epochs: Double)
  /// It falls to zero in a straight line over the last `fraction` of training.
  case linearDecay(lastFraction: Double)

  /// The factor to multiply the base rate with, `done` epochs into a training of `total`.
  public func factor(done: Double, total: Double) -> Double {
    switch self {
    case .constant: return 1
    case .steps(let factor, let epochs):
      var result = 1.0
      for _ in 0..<Int(done / epochs) { result *= factor }
      return result
    case .linearDecay(let fraction):
      guard fraction > 0, total > 0 else { return 1 }
      return min(1, max(0, (1 - done / total) / fraction))
    }
  }
}
