import Testing
import ToolSupport

@Suite struct ContourTests {
  private static let grid = PlaneGrid(columns: 11, rows: 9, x: 0...10, y: -4...4)

  @Test func contourOfXIsAVerticalLine() throws {
    let lines = PlaneField(grid: Self.grid) { Float($0.x) }.contours(at: 3.25)
    #expect(lines.count == 1)
    let line = try #require(lines.first)
    #expect(line.count == 9)
    #expect(line.allSatisfy { $0.x == 3.25 })
    #expect(line.map(\.y).sorted() == Array(stride(from: -4.0, through: 4, by: 1)))
  }

  @Test func levelOnNodesIsOneLineToo() throws {
    let lines = PlaneField(grid: Self.grid) { Float($0.y) }.contours(at: 2)
    #expect(lines.count == 1)
    #expect(try #require(lines.first).allSatisfy { $0.y == 2 })
  }

  @Test func circleIsOneClosedLineOfItsRadius() throws {
    let grid = PlaneGrid(columns: 81, rows: 81, x: -2...2, y: -2...2)
    let lines = PlaneField(grid: grid) { Float(($0 * $0).sum()) }.contours(at: 1.5 * 1.5)
    #expect(lines.count == 1)
    let line = try #require(lines.first)
    #expect(line.first == line.last)
    #expect(line.count > 100)
    // Linear interpolation of a function with second derivative 2 over a cell of h = 0.05 misses its value by at most
    // h²/4, and the radius by that over the slope 2r; Float adds some 10⁻⁶.
    let tolerance = 0.05 * 0.05 / 4 / (2 * 1.5) + 1e-6
    #expect(line.allSatisfy { abs(($0 * $0).sum().squareRoot() - 1.5) < tolerance })
  }

  @Test func saddleIsSplitByItsMean() {
    let grid = PlaneGrid(columns: 2, rows: 2, x: 0...1, y: 0...1)
    // Corners 0 and 2 of the diagonal are high. A high middle joins them: the lines cut off the low corners.
    let joined = PlaneField(grid: grid, values: [4, 0, 0, 4]).contours(at: 1)
    #expect(joined.count == 2)
    #expect(joined.allSatisfy { line in line.allSatisfy { $0.x > $0.y } || line.allSatisfy { $0.x < $0.y } })
    let parted = PlaneField(grid: grid, values: [4, 0, 0, 4]).contours(at: 3)
    #expect(parted.count == 2)
    #expect(parted.allSatisfy { line in line.allSatisfy { $0.x + $0.y < 1 } || line.allSatisfy { $0.x + $0.y > 1 } })
  }

  @Test func valuesThatAreNotFiniteLeaveAGap() {
    let field = PlaneField(grid: Self.grid) { $0 == Point(3, 0) ? .nan : Float($0.x) }
    let lines = field.contours(at: 3.5)
    #expect(lines.count == 2)
    #expect(lines.joined().allSatisfy { $0.x == 3.5 && abs($0.y) >= 1 })
    #expect(PlaneField(grid: Self.grid) { _ in .nan }.contours(at: 0).isEmpty)
    #expect(PlaneField(grid: Self.grid) { _ in 1 }.contours(at: 1).isEmpty)
    #expect(field.contours(at: .nan).isEmpty)
  }

  @Test func anyFieldGivesPointsOnItsLevelJoinedWithinCells() {
    var random = SeededGenerator(state: 5)
    let special: [Float] = [.nan, .infinity, -.infinity, 0, 0.25, 0.5, .greatestFiniteMagnitude]
    for round in 0..<200 {
      // Beside a huge value the crossing rounds to a node, so only every second field has them, and no value check.
      let huge = round.isMultiple(of: 2)
      let choices = huge ? special : special.dropLast()
      let field = PlaneField(grid: Self.grid) { _ in
        Int.random(in: 0..<8, using: &random) == 0
          ? choices.randomElement(using: &random) ?? 0 : Float.random(in: -1...1, using: &random)
      }
      for line in field.contours(at: 0.25) {
        #expect(line.count >= 2)
        for (first, second) in zip(line, line.dropFirst()) {
          let step = second - first
          #expect(abs(step.x) <= 1.000001 && abs(step.y) <= 1.000001)
        }
        for point in line where !huge {
          let value = field.value(at: point) ?? .nan
          // A place on an edge that borders a cell with a value that is not finite may read as NaN.
          #expect(value.isNaN || abs(value - 0.25) < 1e-9, "\(value)")
        }
      }
    }
  }

  @Test func valuesBetweenNodesAreBilinear() {
    let grid = PlaneGrid(columns: 2, rows: 2, x: 0...2, y: 0...4)
    let field = PlaneField(grid: grid, values: [0, 10, 20, 50])
    #expect(field.value(at: Point(1, 0)) == 5)
    #expect(field.value(at: Point(2, 4)) == 50)
    #expect(field.value(at: Point(1, 2)) == 20)
    #expect(field.value(at: Point(2.1, 0)) == nil)
    #expect(field.value(at: Point(.nan, 0)) == nil)
    #expect(grid.nodes == [Point(0, 0), Point(2, 0), Point(0, 4), Point(2, 4)])
  }
}
