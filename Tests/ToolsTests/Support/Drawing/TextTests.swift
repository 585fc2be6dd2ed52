import Testing
import ToolSupport

@Suite struct TextTests {
  static let covered: [Character] =
    (0x21...0x7E).map { Character(UnicodeScalar(UInt8($0))) } + "‖₁₂ₙₛ²−×·→←≥≤≈±°σθβγΔ—–…’αελμπ⁰¹³⁴⁵⁶⁷⁸⁹⁻₀₃₄₅₆₇₈₉"

  private static func drawn(_ text: String, _ style: TextStyle) -> Canvas {
    var canvas = Canvas(width: 60, height: 60)
    canvas.draw(text, at: Point(20, 40), style: style)
    return canvas
  }

  @Test(arguments: [11.0, 12, 13, 14, 15, 16, 18, 20, 24])
  func everyCharacterIsThereAndUnlikeTheOthers(size: Double) {
    let style = TextStyle(size: size, color: .black)
    let box = Self.drawn("\u{E000}", style)
    #expect(box.inkArea > size)
    var seen: [[UInt8]: Character] = [box.pixels: "\u{E000}"]
    for character in Self.covered {
      let canvas = Self.drawn(String(character), style)
      #expect(canvas.inkArea > 0.8, "\(character)")
      if let twin = seen[canvas.pixels] { Issue.record("\(character) looks like \(twin)") }
      seen[canvas.pixels] = character
    }
  }

  @Test(arguments: [11.0, 13, 14, 16, 20, 24], [false, true])
  func capitalsAndSmallLettersStandOnTheirLines(size: Double, bold: Bool) throws {
    let style = TextStyle(size: size, color: .black, bold: bold)
    // The rows that are at least half dark, for letters with flat ends, reach from the baseline to the capital height.
    for text in ["H", "E", "Z"] {
      let canvas = Self.drawn(text, style)
      let rows = (0..<60).filter { y in (0..<60).contains { canvas.ink($0, y) > 0.5 } }
      #expect(rows.last == 39, "\(text)")
      #expect(rows.count == style.capHeight, "\(text)")
    }
    let small = try #require(Self.drawn("x", style).inkBounds)
    let tall = try #require(Self.drawn("H", style).inkBounds)
    let deep = try #require(Self.drawn("p", style).inkBounds)
    #expect(small.height < tall.height)
    #expect(deep.maxY > tall.maxY)
  }

  @Test func stemsAreCrisp() {
    // At 14 pixels the pen is one pixel wide and a stem is centred on a column: one dark, its neighbours light.
    let canvas = Self.drawn("l", TextStyle(size: 14, color: .black))
    let columns = (0..<60).map { canvas.ink($0, 34) }
    #expect(columns.filter { $0 > 0.9 }.count == 1)
    #expect(columns.filter { $0 > 0.3 }.count == 1)
  }

  @Test(arguments: [11.0, 14, 17.5, 24])
  func widthIsAdditiveWithinAPixelAndGrows(size: Double) {
    let style = TextStyle(size: size)
    var random = SeededGenerator(state: 3)
    for _ in 0..<200 {
      let parts = (0..<2).map { _ in
        String(
          (0..<Int.random(in: 1...6, using: &random)).map { _ in Self.covered.randomElement(using: &random) ?? "x" })
      }
      let together = style.textWidth(parts[0] + parts[1])
      #expect(abs(together - style.textWidth(parts[0]) - style.textWidth(parts[1])) <= 1)
      #expect(together > style.textWidth(parts[0]))
    }
    #expect(style.textWidth("") == 0)
    #expect(TextStyle(size: size + 3).textWidth("Invariance") > style.textWidth("Invariance"))
    #expect(TextStyle(size: size, bold: true).textWidth("Invariance") >= style.textWidth("Invariance"))
    #expect(style.textWidth("a b") > style.textWidth("ab"))
  }

  @Test func digitsAreEquallyWide() {
    let style = TextStyle(size: 14)
    #expect(Set("0123456789".map { style.textWidth(String($0)) }).count == 1)
  }

  @Test func textStaysWithinItsWidth() throws {
    for size in [11.0, 14, 24] {
      var canvas = Canvas(width: 600, height: 60)
      let style = TextStyle(size: size, color: .black)
      canvas.draw("HInvariance 0.25 m", at: Point(20, 40), style: style)
      // But for the faint blur of its last stem.
      let columns = (0..<600).filter { x in (0..<60).contains { canvas.ink(x, $0) > 0.1 } }
      #expect(try #require(columns.first) >= 20)
      #expect(try #require(columns.last) < 20 + style.textWidth("HInvariance 0.25 m"))
    }
  }

  @Test func alignmentMovesTheSamePicture() throws {
    let text = "Hd"
    var style = TextStyle(size: 14, color: .black)
    let left = try #require(Self.drawn(text, style).inkBounds)
    let width = style.textWidth(text)
    style.alignment = .right
    #expect(try #require(Self.drawn(text, style).inkBounds).x == left.x - width)
    style.alignment = .center
    #expect(try #require(Self.drawn(text, style).inkBounds).x == left.x - Int((Double(width) / 2).rounded()))
    style.alignment = .left
    style.anchor = .top
    #expect(try #require(Self.drawn(text, style).inkBounds).y == left.y + style.capHeight)
    style.anchor = .middle
    #expect(try #require(Self.drawn(text, style).inkBounds).y == left.y + Int((Double(style.capHeight) / 2).rounded()))
  }

  @Test func rotatedTextIsTheSamePictureTurned() {
    for bold in [false, true] {
      let style = TextStyle(size: 14, color: .black, bold: bold)
      var upright = Canvas(width: 61, height: 61)
      upright.draw("aR₂,", at: Point(12, 30), style: style)
      var turned = Canvas(width: 61, height: 61)
      var turnedStyle = style
      turnedStyle.rotated = true
      turned.draw("aR₂,", at: Point(30, 49), style: turnedStyle)
      // A turn to the left about the centre takes pixel (x, y) to (y, 60 − x).
      for y in 0..<61 {
        for x in 0..<61 {
          #expect(abs(upright.ink(x, y) - turned.ink(y, 60 - x)) < 0.01, "(\(x), \(y))")
        }
      }
    }
  }

  @Test func haloClearsWhatIsBehind() {
    var canvas = Canvas(width: 40, height: 40, background: .black)
    canvas.draw("I", at: Point(18, 30), style: TextStyle(size: 14, color: .black, halo: .white))
    #expect((10..<30).contains { canvas.ink($0, 25) == 0 })
  }

  @Test func linesBreakAtSpaces() {
    let style = TextStyle(size: 14)
    let text = "the quick brown fox jumps over the lazy dog"
    let lines = style.lines(of: text, width: 120)
    #expect(lines.count > 1)
    #expect(lines.allSatisfy { style.textWidth($0) <= 120 })
    #expect(lines.joined(separator: " ") == text)
    #expect(style.lines(of: "one\n\nunbreakable", width: 1) == ["one", "", "unbreakable"])
    #expect(style.lines(of: "", width: 100) == [""])
  }
}
