/// A number in Double with how far the engine's Float may be from it, in units of u = 2⁻²⁴ and to first order: running
/// error analysis (Higham 2002, section 3.3).
struct TrackedNumber {
  var value: Double
  var error: Double

  /// A number that Float holds exactly, or with an error.
  init(_ value: Double, error: Double = 0) {
    self.value = value
    self.error = error
  }

  /// Half a distance of floats for the result.
  private init(rounding value: Double, _ error: Double) {
    self.init(value, error: error + abs(value))
  }

  static func + (a: Self, b: Self) -> Self { Self(rounding: a.value + b.value, a.error + b.error) }
  static func - (a: Self, b: Self) -> Self { Self(rounding: a.value - b.value, a.error + b.error) }
  static func * (a: Self, b: Self) -> Self {
    Self(rounding: a.value * b.value, abs(a.value) * b.error + abs(b.value) * a.error)
  }
  static func / (a: Self, b: Double) -> Self { Self(rounding: a.value / b, a.error / abs(b)) }

  /// 1/√x.
  var inverseRoot: Self {
    let root = 1 / value.squareRoot()
    return Self(rounding: root, root / (2 * value) * error)
  }
}

/// A sum in any order: of n terms, every partial sum is at most the sum of magnitudes, and there are n.
struct TrackedSum {
  private var sum = 0.0
  private var error = 0.0
  private var size = 0.0
  private var count = 0.0

  mutating func add(_ term: TrackedNumber) {
    sum += term.value
    error += term.error
    size += abs(term.value)
    count += 1
  }

  var total: TrackedNumber { TrackedNumber(sum, error: error + count * size) }
}
