/// An opaque sRGB colour of three bytes.
public struct Color: Hashable, Sendable {
  /// The red, green and blue components, 0 to 255, sRGB encoded.
  public var red, green, blue: UInt8

  /// A colour from its three sRGB bytes.
  public init(red: UInt8, green: UInt8, blue: UInt8) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  /// A colour from `0xRRGGBB`; bits above the lowest 24 are ignored.
  public init(hex: UInt32) {
    red = UInt8(truncatingIfNeeded: hex >> 16)
    green = UInt8(truncatingIfNeeded: hex >> 8)
    blue = UInt8(truncatingIfNeeded: hex)
  }

  /// A grey of one level.
  public init(grey: UInt8) { self.init(red: grey, green: grey, blue: grey) }

  /// This colour moved towards `other` by `amount` (0 gives this colour, 1 the other), byte by byte in sRGB.
  /// Amounts outside 0…1 are clamped; a NaN counts as 0.
  public func blended(with other: Color, amount: Double) -> Color {
    let weight = Float(amount > 0 ? min(amount, 1) : 0)
    return Color(
      red: Self.mix(red, other.red, weight),
      green: Self.mix(green, other.green, weight),
      blue: Self.mix(blue, other.blue, weight))
  }

  /// This colour moved towards white by `amount`, 0…1.
  public func lightened(by amount: Double) -> Color { blended(with: .white, amount: amount) }

  /// One byte moved towards another; `weight` must lie in 0…1, where the result fits a byte.
  @inline(__always)
  static func mix(_ from: UInt8, _ to: UInt8, _ weight: Float) -> UInt8 {
    let start = Float(from)
    return UInt8(start + (Float(to) - start) * weight + 0.5)
  }
}

extension Color {
  /// Plain black.
  public static let black = Color(hex: 0x000000)
  /// Plain white.
  public static let white = Color(hex: 0xFFFFFF)
  /// A near-black for text and frames, softer than black.
  public static let ink = Color(hex: 0x222222)
  /// A mid grey for secondary text.
  public static let mutedInk = Color(hex: 0x666666)
  /// A pale grey for grid lines.
  public static let gridLine = Color(hex: 0xE3E3E3)

  // The hues of Okabe and Ito, "Color Universal Design" (2008), told apart under every common colour blindness.

  /// Blue of the colour-blind safe palette.
  public static let blue = Color(hex: 0x0072B2)
  /// Vermilion (red-orange) of the colour-blind safe palette.
  public static let vermilion = Color(hex: 0xD55E00)
  /// Bluish green of the colour-blind safe palette.
  public static let green = Color(hex: 0x009E73)
  /// Reddish purple of the colour-blind safe palette.
  public static let purple = Color(hex: 0xCC79A7)
  /// Orange of the colour-blind safe palette.
  public static let orange = Color(hex: 0xE69F00)
  /// Sky blue of the colour-blind safe palette.
  public static let sky = Color(hex: 0x56B4E9)
  /// Yellow of the colour-blind safe palette; too light for lines on white.
  public static let yellow = Color(hex: 0xF0E442)

  /// The colours for series and classes, in order of use.
  public static let palette: [Color] = [.blue, .vermilion, .green, .purple, .orange, .sky, .ink, .yellow]
}
