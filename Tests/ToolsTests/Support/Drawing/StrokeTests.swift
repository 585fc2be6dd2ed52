import Testing
import ToolSupport

@Suite struct StrokeTests {
  @Test func lineOfOddWidthOnPixelCentersIsExact() {
    var canvas = Canvas(width: 20, height: 9)
    canvas.stroke([Point(-50, 4.5), Point(70, 4.5)], with: Stroke(.black, width: 3))
    for y in 0..<9 {
      for x in 0..<20 { #expect(canvas.ink(x, y) == ((3...5).contains(y) ? 1 : 0), "(\(x), \(y))") }
    }
  }

  @Test func halfCoveredRowsAreHalfDark() {
    var canvas = Canvas(width: 10, height: 8)
    canvas.stroke([Point(-9, 4.5), Point(19, 4.5)], with: Stroke(.black, width: 2))
    #expect((0..<8).map { (canvas.ink(5, $0) * 2).rounded() / 2 } == [0, 0, 0, 0.5, 1, 0.5, 0, 0])
  }

  @Test func lineIsSymmetric() {
    var canvas = Canvas(width: 41, height: 31)
    canvas.stroke([Point(5.5, 4.5), Point(20.5, 22.5), Point(35.5, 4.5)], with: Stroke(.black, width: 2.3))
    for y in 0..<31 {
      for x in 0..<41 {
        #expect(canvas.color(x: x, y: y) == canvas.color(x: 40 - x, y: y), "(\(x), \(y))")
      }
    }
    #expect(canvas.ink(20, 22) == 1)
  }

  @Test func areaOfASlantedLineIsLengthTimesWidth() {
    var canvas = Canvas(width: 200, height: 200)
    canvas.stroke([Point(20, 30), Point(140, 190)], with: Stroke(.black, width: 4))
    // 200 long and 4 wide, and a disc of radius 2 in two halves. Along a straight edge the errors of a pixel alternate
    // in sign, so 1 % of the area is generous; a width wrong by a tenth of a pixel is 2.5 %.
    let area = 200 * 4 + 4 * Double.pi
    #expect(abs(canvas.inkArea - area) < 0.01 * area)
  }

  @Test func crossingsDoNotDarken() {
    var canvas = Canvas(width: 20, height: 20)
    let grey = Color(grey: 100)
    canvas.stroke([[Point(0, 10), Point(20, 10)], [Point(10, 0), Point(10, 20)]], with: Stroke(grey, width: 4))
    #expect(canvas.pixels.min() == 100)
  }

  @Test func dashesHaveTheirLengths() {
    var canvas = Canvas(width: 200, height: 5)
    canvas.stroke([Point(1, 2.5), Point(201, 2.5)], with: Stroke(.black, width: 3, dashes: [12, 8]))
    let dark = (0..<200).map { canvas.ink($0, 2) > 0.5 }
    let starts = (1..<200).filter { dark[$0] && !dark[$0 - 1] }
    #expect(zip(starts.dropFirst(), starts).allSatisfy { $0 - $1 == 20 })
    #expect(starts.count >= 9)
    for start in starts.dropLast() {
      let length = dark[start...].prefix { $0 }.count
      #expect((11...13).contains(length))
    }
  }

  @Test func dashesKeepStepThroughCornersAndFarAway() {
    let stroke = Stroke(.black, width: 2, dashes: [6, 4])
    var straight = Canvas(width: 100, height: 9)
    straight.stroke([Point(0, 4.5), Point(100, 4.5)], with: stroke)
    var broken = Canvas(width: 100, height: 9)
    broken.stroke((0...100).map { Point(Double($0), 4.5) }, with: stroke)
    var far = Canvas(width: 100, height: 9)
    far.stroke([Point(-1e7, 4.5), Point(1e12, 4.5)], with: stroke)
    for x in 4..<96 {
      #expect(abs(straight.ink(x, 4) - broken.ink(x, 4)) < 0.01, "\(x)")
      #expect(abs(straight.ink(x, 4) - far.ink(x, 4)) < 0.02, "\(x)")
    }
  }

  @Test func pointsThatAreNotFiniteBreakTheLine() {
    var canvas = Canvas(width: 30, height: 9)
    let points = [Point(2, 4.5), Point(8, 4.5), Point(.nan, 4.5), Point(20, 4.5), Point(12, .infinity), Point(27, 4.5)]
    canvas.stroke(points, with: Stroke(.black, width: 3))
    #expect(canvas.ink(5, 4) == 1)
    #expect(canvas.ink(14, 4) == 0)
    // A point alone is a dot.
    #expect(canvas.ink(20, 4) == 1)
    #expect(canvas.ink(23, 4) == 0)
    #expect(canvas.ink(27, 4) == 1)
  }

  @Test func onlyWhatIsVisibleCosts() {
    var canvas = Canvas(width: 50, height: 50)
    let stroke = Stroke(.black, width: 1, dashes: [0.5, 0.5])
    let time = ContinuousClock().measure {
      for _ in 0..<100 { canvas.stroke([Point(-1e90, -1e90), Point(1e90, 1e90)], with: stroke) }
    }
    #expect(time < .seconds(1))
  }

  /// An edge pixel is covered by the clamped distance, which differs from the area by at most 0.043 for a straight edge
  /// (a corner cut at 45°: (√½ − ½)²) and by 1/(8r) more for the curve. A circle crosses fewer than 8(r + 1) pixels.
  @Test(arguments: [3.0, 8, 20.25, 60])
  func circleHasItsArea(radius: Double) {
    var canvas = Canvas(width: 140, height: 140)
    canvas.draw(Marker(.circle, .black, size: 2 * radius, outlineWidth: 0), at: Point(70.3, 69.6))
    let tolerance = 8 * (radius + 1) * (0.043 + 1 / (8 * radius) + 0.5 / 255)
    #expect(abs(canvas.inkArea - .pi * radius * radius) < tolerance)
    #expect(canvas.ink(70, 69) == 1)
  }

  @Test(arguments: Marker.Shape.allCases)
  func markersAreSymmetricAndRimmed(shape: Marker.Shape) {
    var plain = Canvas(width: 41, height: 41)
    plain.draw(Marker(shape, .black, size: 16, outlineWidth: 0), at: Point(20.5, 20.5))
    var rimmed = Canvas(width: 41, height: 41)
    rimmed.draw(Marker(shape, .black, size: 16, outline: .black, outlineWidth: 3), at: Point(20.5, 20.5))
    for y in 0..<41 {
      for x in 0..<41 {
        #expect(abs(plain.ink(x, y) - plain.ink(40 - x, y)) < 0.01, "(\(x), \(y))")
        #expect(rimmed.ink(x, y) >= plain.ink(x, y) - 0.01)
      }
    }
    #expect(plain.ink(20, 20) == 1)
    #expect(plain.inkArea > 60)
    #expect(rimmed.inkArea > plain.inkArea * 1.4)
  }

  @Test func squareHasItsArea() {
    var canvas = Canvas(width: 40, height: 40)
    canvas.draw(Marker(.square, .black, size: 20, outlineWidth: 0), at: Point(20.1, 19.7))
    // Sides of 0.89 · 20; only the four corner pixels are off, each by less than a quarter.
    #expect(abs(canvas.inkArea - 17.8 * 17.8) < 1 + 72 * 0.5 / 255)
  }
}
