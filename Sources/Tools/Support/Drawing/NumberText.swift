/// Numbers as short text for labels. A minus is the typographic one.
public enum NumberText {
  /// A number with a fixed count of decimals, 0…9, rounded half away from zero. Numbers too large for that (from 10⁹)
  /// are given by ``scientific(_:decimals:)``; what is not finite gives "n/a".
  public static func fixed(_ value: Double, decimals: Int) -> String {
    precondition((0...9).contains(decimals), "\(decimals) decimals are not in 0…9")
    guard value.isFinite else { return "n/a" }
    guard abs(value) < 1e9 else { return scientific(value, decimals: decimals) }
    let unit = powerOfTen(decimals)
    let scaled = Int((abs(value) * Double(unit)).rounded())
    var text = "\(scaled / unit)"
    if decimals > 0 {
      let fraction = "\(scaled % unit)"
      text += "." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }
    return value < 0 && scaled != 0 ? "−" + text : text
  }

  /// A number as mantissa times a power of ten, such as "1.5×10⁶", or "0".
  public static func scientific(_ value: Double, decimals: Int) -> String {
    guard value.isFinite else { return "n/a" }
    if value == 0 { return "0" }
    var exponent = decimalExponent(value)
    var mantissa = scaled(value, byPowerOfTen: -exponent)
    // Rounding may carry: 9.99 with one decimal is 10.0, that is 1.0 of the next power.
    if (abs(mantissa) * Double(powerOfTen(decimals))).rounded() >= 10 * Double(powerOfTen(decimals)) {
      exponent += 1
      mantissa /= 10
    }
    return power(mantissa, exponent, decimals: decimals)
  }

  /// A mantissa, rounded, times a power of ten.
  static func power(_ mantissa: Double, _ exponent: Int, decimals: Int) -> String {
    fixed(mantissa, decimals: decimals) + "×10" + superscript(exponent)
  }

  /// The largest e with 10ᵉ ≤ |value|, up to rounding; `value` must be finite and not zero.
  static func decimalExponent(_ value: Double) -> Int {
    var exponent = 0
    var rest = abs(value)
    while rest >= 10 {
      rest /= 10
      exponent += 1
    }
    while rest < 1 {
      rest *= 10
      exponent -= 1
    }
    return exponent
  }

  /// `value` · 10^`exponent`, in steps that neither overflow nor lose a power of ten that is exact.
  static func scaled(_ value: Double, byPowerOfTen exponent: Int) -> Double {
    var result = value
    var left = exponent
    while left != 0 {
      let step = min(abs(left), 15)
      let factor = Double(powerOfTen(step))
      result = left > 0 ? result * factor : result / factor
      left -= left > 0 ? step : -step
    }
    return result
  }

  private static func powerOfTen(_ exponent: Int) -> Int {
    (0..<exponent).reduce(1) { power, _ in power * 10 }
  }

  private static func superscript(_ number: Int) -> String {
    let digits: [Character] = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"]
    let text = String("\(abs(number))".compactMap { $0.wholeNumberValue.map { digits[$0] } })
    return number < 0 ? "⁻" + text : text
  }
}
