/// Grey from colours. Loops over lines stand here, beside what they inline.
enum Grey {
  /// The luma of ITU-R BT.601 in integers: (19595 R + 38470 G + 7471 B) / 2¹⁶, rounded; the weights add up to 2¹⁶.
  @inline(__always)
  static func luma(_ red: Int, _ green: Int, _ blue: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: (red &* 19595 &+ green &* 38470 &+ blue &* 7471 &+ 0x8000) &>> 16)
  }

  /// Writes the grey of pixels whose colours are on three lines.
  static func write(
    red: Span<UInt8>, green: Span<UInt8>, blue: Span<UInt8>, to line: inout MutableSpan<UInt8>
  ) {
    precondition(red.count == line.count && green.count == line.count && blue.count == line.count, "unequal lines")
    for x in 0..<line.count { line[x] = luma(Int(red[x]), Int(green[x]), Int(blue[x])) }
  }

  /// Writes the grey of pixels of ITU-R BT.601 in full range, as JFIF has it.
  ///
  /// Luminance would be grey already, were red, green and blue not rounded and cut off at 0 and 255 on the way.
  static func write(
    luminance: Span<UInt8>, blueness: Span<UInt8>, redness: Span<UInt8>, to line: inout MutableSpan<UInt8>
  ) {
    precondition(
      luminance.count == line.count && blueness.count == line.count && redness.count == line.count, "unequal lines")
    for x in 0..<line.count {
      let (y, toBlue, toRed) = (Int(luminance[x]), Int(blueness[x]) &- 128, Int(redness[x]) &- 128)
      // 1.402, 0.344 14, 0.714 14 and 1.772 times 2¹⁶.
      let red = y &+ (91881 &* toRed &+ 32768) &>> 16
      let green = y &+ (-22554 &* toBlue &- 46802 &* toRed &+ 32768) &>> 16
      let blue = y &+ (116130 &* toBlue &+ 32768) &>> 16
      line[x] = luma(clamped(red), clamped(green), clamped(blue))
    }
  }

  @inline(__always)
  private static func clamped(_ value: Int) -> Int { min(max(value, 0), 255) }
}
