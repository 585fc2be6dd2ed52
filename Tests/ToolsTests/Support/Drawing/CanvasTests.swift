import Testing
import ToolSupport

@Suite struct CanvasTests {
  @Test func rectangleIsFilledExactly() {
    var canvas = Canvas(width: 8, height: 6, background: .white)
    canvas.fill(PixelRect(x: 2, y: 1, width: 3, height: 4), .vermilion)
    for y in 0..<6 {
      for x in 0..<8 {
        let inside = (2..<5).contains(x) && (1..<5).contains(y)
        #expect(canvas.color(x: x, y: y) == (inside ? .vermilion : .white), "(\(x), \(y))")
      }
    }
    // Interleaved RGB from the top left: pixel (2, 1) starts at byte (1 · 8 + 2) · 3.
    #expect(canvas.pixels.count == 8 * 6 * 3)
    #expect(Array(canvas.pixels[30..<33]) == [0xD5, 0x5E, 0x00])
  }

  @Test func outlineIsInside() {
    var canvas = Canvas(width: 10, height: 10)
    canvas.outline(PixelRect(x: 1, y: 2, width: 6, height: 5), .black, thickness: 2)
    #expect(canvas.inkBounds == PixelRect(x: 1, y: 2, width: 6, height: 5))
    #expect(canvas.inkArea == 30 - 2)
  }

  @Test func greyImageIsScaledByNearest() {
    var canvas = Canvas(width: 8, height: 8, background: .blue)
    canvas.blit(grey: [10, 20, 30, 40, 50, 60], imageWidth: 3, imageHeight: 2, x: 1, y: 2, scale: 2)
    for y in 0..<8 {
      for x in 0..<8 {
        let inside = (1..<7).contains(x) && (2..<6).contains(y)
        let level = UInt8(clamping: ((y - 2) / 2 * 3 + (x - 1) / 2 + 1) * 10)
        #expect(canvas.color(x: x, y: y) == (inside ? Color(grey: level) : .blue), "(\(x), \(y))")
      }
    }
  }

  @Test func greyImageIsCutOffAtEverySide() {
    let image = (0..<100).map { UInt8($0 + 100) }
    for (x, y) in [(-4, -7), (5, 3), (-20, 0), (0, 50), (Int.min, Int.max)] {
      var canvas = Canvas(width: 9, height: 9)
      canvas.blit(grey: image, imageWidth: 10, imageHeight: 10, x: x, y: y)
      if x == -4 { #expect(canvas.color(x: 0, y: 0) == Color(grey: 100 + 74)) }
      if x == 5 { #expect(canvas.color(x: 8, y: 8) == Color(grey: 100 + 53)) }
      if abs(Double(x)) > 10 || y > 10 { #expect(canvas.inkBounds == nil) }
    }
  }

  @Test func clippingLimitsAndIsRestored() {
    var canvas = Canvas(width: 10, height: 10)
    canvas.clipped(to: PixelRect(x: 2, y: 2, width: 5, height: 5)) { canvas in
      canvas.clipped(to: PixelRect(x: 4, y: 0, width: 9, height: 9)) { $0.fill($0.bounds, .black) }
    }
    #expect(canvas.inkBounds == PixelRect(x: 4, y: 2, width: 3, height: 5))
    #expect(canvas.clip == canvas.bounds)
  }

  @Test func rectanglesOutsideAreHarmless() {
    var canvas = Canvas(width: 4, height: 4)
    for far in [Int.min, -100, 4, 1 << 40, Int.max] {
      canvas.fill(PixelRect(x: far, y: 0, width: 3, height: 3), .black)
      canvas.fill(PixelRect(x: 0, y: far, width: 3, height: 3), .black)
      canvas.set(x: far, y: 0, .black)
    }
    #expect(canvas.inkBounds == nil)
    canvas.fill(PixelRect(x: -1000, y: -1000, width: .max, height: .max), .black)
    #expect(canvas.inkArea == 16)
  }

  @Test func awkwardCoordinatesNeverTrap() {
    var random = SeededGenerator(state: 7)
    var canvas = Canvas(width: 32, height: 32)
    func point() -> Point {
      Point(awkwardNumbers.randomElement(using: &random) ?? 0, awkwardNumbers.randomElement(using: &random) ?? 0)
    }
    for round in 0..<400 {
      let dashes: [Double] = round.isMultiple(of: 2) ? [3, 2] : []
      canvas.stroke((0..<5).map { _ in point() }, with: Stroke(.black, width: 2.5, dashes: dashes))
      let shape = Marker.Shape.allCases[round % Marker.Shape.allCases.count]
      canvas.draw(Marker(shape, .blue), at: point())
      canvas.draw("Ay₂\n\u{301}", at: point(), style: TextStyle(rotated: round.isMultiple(of: 3), halo: .white))
    }
    canvas.stroke([] as [Point], with: Stroke(.black))
    canvas.stroke([[]], with: Stroke(.black))
  }

  @Test func colorsBlend() {
    #expect(Color(hex: 0x102030).blended(with: Color(hex: 0x304050), amount: 0.5) == Color(hex: 0x203040))
    #expect(Color.blue.lightened(by: 0) == .blue)
    #expect(Color.blue.lightened(by: 1) == .white)
    #expect(Color.blue.blended(with: .black, amount: 7) == .black)
    #expect(Color.blue.blended(with: .black, amount: .nan) == .blue)
    #expect(Set(Color.palette).count == Color.palette.count)
  }
}
