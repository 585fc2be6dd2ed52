/// The built-in typeface: which characters it has, and how a line of them is spaced.
enum Font {
  /// Every shape, read once.
  private static let glyphs: [Character: Glyph] = {
    var table: [Character: Glyph] = [:]
    for block in [GlyphTable.letters, GlyphTable.digitsAndMarks, GlyphTable.symbols] {
      for line in block.split(separator: "\n") {
        guard let character = line.first else { continue }
        precondition(table[character] == nil, "two shapes for '\(character)'")
        table[character] = Glyph(line: line.dropFirst())
      }
    }
    return table
  }()

  private static let missing = Glyph(line: GlyphTable.missing[...])

  /// The characters that have a shape of their own, besides the space.
  static var characters: [Character] {
    (Array(glyphs.keys) + GlyphTable.superscripts.keys + GlyphTable.subscripts.keys).sorted()
  }

  /// One glyph of a set line.
  struct Placed {
    let glyph: Glyph
    /// The left end of the glyph's pen and its baseline, in pixels from the line's start, y up.
    let x, y: Double
    /// Pixels per unit.
    let scale: Double
  }

  /// Units in the font size.
  private static let unitsPerEm = 21.0
  private static let spaceWidth = 5.6
  /// The size of superscripts and subscripts relative to their line.
  private static let scriptScale = 0.66

  /// Pixels per unit at a font size.
  static func scale(size: Double) -> Double { size / unitsPerEm }

  /// Sets a line of text: glyphs from 0 rightwards, and the line's width in pixels.
  ///
  /// The gap between two neighbours is rounded as a whole, so equal pairs are equally far apart; the ends get the room
  /// of their own sides. `extraGap` is added between neighbours before rounding.
  static func layout(_ text: String, size: Double, extraGap: Double) -> (glyphs: [Placed], width: Int) {
    let fullScale = scale(size: size)
    var placed: [Placed] = []
    var pen = 0.0
    // The room asked for so far by what stands left of the pen.
    var pending = 0.0
    for character in text {
      if character == " " || character == "\u{A0}" {
        pending += spaceWidth * fullScale
        continue
      }
      let (glyph, scale, rise) = shape(of: character, fullScale)
      let gap = glyph.left.room * scale + (placed.isEmpty ? 0 : extraGap)
      pen += (pending + gap).rounded()
      placed.append(Placed(glyph: glyph, x: pen, y: rise, scale: scale))
      pen += (glyph.width * scale).rounded()
      pending = glyph.right.room * scale
    }
    return (placed, Int((pen + pending).rounded()))
  }

  private static func shape(of character: Character, _ scale: Double) -> (Glyph, scale: Double, rise: Double) {
    let small = scale * scriptScale
    if let base = GlyphTable.superscripts[character], let glyph = glyphs[base] {
      return (glyph, small, (6.2 * scale).rounded())
    }
    if let base = GlyphTable.subscripts[character], let glyph = glyphs[base] {
      return (glyph, small, (-3 * scale).rounded())
    }
    return (glyphs[character] ?? missing, scale, 0)
  }
}
