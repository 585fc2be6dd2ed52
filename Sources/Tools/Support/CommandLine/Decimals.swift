/// Decimal text and numbers, the same on every machine and in every locale.
package enum Decimals {
  /// True when `text` is an optional sign followed by decimal digits and nothing else.
  package static func isInteger(_ text: String) -> Bool {
    let isSigned = text.hasPrefix("-") || text.hasPrefix("+")
    let digits = text.utf8.dropFirst(isSigned ? 1 : 0)
    return !digits.isEmpty && digits.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
  }

  /// The number that `text` writes in decimal, infinite when it is too large; `nil` for anything else, such as "nan" and "0x1p3".
  package static func number(_ text: String) -> Double? {
    guard text.utf8.allSatisfy({ "+-.0123456789eE".utf8.contains($0) }) else { return nil }
    return Double(text)
  }

  /// The shortest decimal that reads back as `value`, without ".0" at the end of a whole number.
  package static func shortest(_ value: Double) -> String {
    let text = value.description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  /// `value` rounded to `places` decimal places (0 to 6), half away from zero.
  package static func fixed(_ value: Double, places: Int) -> String {
    precondition((0...6).contains(places), "\(places) decimal places asked, 0 to 6 allowed")
    let scale = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000][places]
    let scaled = (value.magnitude * Double(scale)).rounded()
    // Beyond 2⁵³ there are no decimals left to show.
    guard scaled < 9e15 else { return shortest(value) }
    let whole = Int(scaled)
    let sign = value < 0 && whole > 0 ? "-" : ""
    guard places > 0 else { return "\(sign)\(whole)" }
    let decimals = String(whole % scale)
    return "\(sign)\(whole / scale)." + String(repeating: "0", count: places - decimals.count) + decimals
  }
}
