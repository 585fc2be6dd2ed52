/// One axis of a plot: its range, its label and its ticks.
public struct Axis: Sendable {
  /// A labelled place on the axis.
  public struct Tick: Hashable, Sendable {
    /// The data value.
    public let value: Double
    /// What is written beside it.
    public let label: String

    /// A tick.
    public init(value: Double, label: String) {
      self.value = value
      self.label = label
    }
  }

  /// The data values at its two ends; finite, and apart.
  public let range: ClosedRange<Double>
  /// What is written along it.
  public let label: String
  /// The labelled places, within the range.
  public let ticks: [Tick]

  /// An axis between two values, in either order, with ticks at steps of 1, 2 or 5 times a power of ten, about
  /// `tickCount` of them. Values that are not finite give 0…1; a range with no room for ticks is widened.
  public init(from first: Double, to second: Double, label: String = "", tickCount: Int = 6) {
    range = Self.usableRange(first, second)
    self.label = label
    ticks = Self.niceTicks(range, about: tickCount)
  }

  /// An axis with ticks of the caller's choice; those outside the range are left out.
  public init(from first: Double, to second: Double, label: String = "", ticks: [Tick]) {
    let range = Self.usableRange(first, second)
    self.range = range
    self.label = label
    self.ticks = ticks.filter { range.contains($0.value) }
  }

  /// An axis that holds all finite `values` and reaches to the next tick on both sides.
  public init(covering values: [Double], label: String = "", tickCount: Int = 6) {
    let finite = values.filter(\.isFinite)
    let tight = Self.usableRange(finite.min() ?? 0, finite.max() ?? 1)
    let step = Self.niceStep(tight, about: tickCount)
    self.init(
      from: (tight.lowerBound / step).rounded(.down) * step, to: (tight.upperBound / step).rounded(.up) * step,
      label: label, tickCount: tickCount)
  }

  /// An axis of names: name i stands at the value i, and the range leaves half a step on both sides.
  public init(names: [String], label: String = "") {
    self.init(
      from: -0.5, to: Double(max(names.count, 1)) - 0.5, label: label,
      ticks: names.enumerated().map { Tick(value: Double($0.offset), label: $0.element) })
  }

  /// Where a value lies between the ends, 0…1 inside.
  func fraction(of value: Double) -> Double {
    (value - range.lowerBound) / (range.upperBound - range.lowerBound)
  }

  private static func usableRange(_ first: Double, _ second: Double) -> ClosedRange<Double> {
    guard first.isFinite, second.isFinite else { return 0...1 }
    // Well inside what a Double holds, so that widths and steps stay finite.
    let low = min(max(min(first, second), -1e90), 1e90)
    let high = min(max(max(first, second), -1e90), 1e90)
    let size = max(abs(low), abs(high))
    if high - low > size * 1e-10 && high - low > 1e-90 { return low...high }
    let margin = max(size * 0.05, size < 1e-80 ? 0.5 : 0)
    return (low - margin)...(high + margin)
  }

  /// The step of 1, 2 or 5 times a power of ten that gives about `count` ticks.
  private static func niceStep(_ range: ClosedRange<Double>, about count: Int) -> Double {
    let rough = (range.upperBound - range.lowerBound) / Double(min(max(count, 1), 50))
    let exponent = NumberText.decimalExponent(rough)
    let mantissa = NumberText.scaled(rough, byPowerOfTen: -exponent)
    // The nearest of 1, 2, 5 and 10 by ratio: the borders are √2, √10 and √50.
    let nice = mantissa < 1.4142 ? 1.0 : mantissa < 3.1623 ? 2.0 : mantissa < 7.0711 ? 5.0 : 10.0
    return NumberText.scaled(nice, byPowerOfTen: exponent)
  }

  private static func niceTicks(_ range: ClosedRange<Double>, about count: Int) -> [Tick] {
    let step = niceStep(range, about: count)
    // A little slack, so that an end that is a tick but for rounding keeps it.
    let first = (range.lowerBound / step - 1e-6).rounded(.up)
    let last = (range.upperBound / step + 1e-6).rounded(.down)
    let values = stride(from: first, through: last, by: 1).map {
      min(max($0 * step, range.lowerBound), range.upperBound)
    }
    let largest = values.map(abs).max() ?? 0
    let stepExponent = NumberText.decimalExponent(step * 1.000001)
    if largest > 0, largest >= 1e6 || stepExponent < -5 {
      let exponent = NumberText.decimalExponent(largest * 1.000001)
      let decimals = min(max(exponent - stepExponent, 0), 9)
      // One exponent for all, so that labels compare at a glance.
      return values.map { value in
        let mantissa = NumberText.scaled(value, byPowerOfTen: -exponent)
        let isZero = abs(value) < step / 2
        return Tick(value: value, label: isZero ? "0" : NumberText.power(mantissa, exponent, decimals: decimals))
      }
    }
    return values.map { Tick(value: $0, label: NumberText.fixed($0, decimals: max(-stepExponent, 0))) }
  }
}
