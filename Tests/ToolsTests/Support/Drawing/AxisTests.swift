import Testing
import ToolSupport

@Suite struct AxisTests {
  @Test(arguments: [
    (0.0, 1.0, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
    (0, 100, ["0", "20", "40", "60", "80", "100"]),
    (-10, 10, ["−10", "−5", "0", "5", "10"]),
    (0.013, 0.047, ["0.015", "0.020", "0.025", "0.030", "0.035", "0.040", "0.045"]),
    (0, 3e6, ["0", "0.5×10⁶", "1.0×10⁶", "1.5×10⁶", "2.0×10⁶", "2.5×10⁶", "3.0×10⁶"]),
    (10, -10, ["−10", "−5", "0", "5", "10"]),
  ])
  func ticksAreNice(low: Double, high: Double, expected: [String]) {
    #expect(Axis(from: low, to: high).ticks.map(\.label) == expected)
  }

  @Test func stepsAreOneTwoOrFive() {
    var random = SeededGenerator(state: 11)
    for _ in 0..<500 {
      let low = Double.random(in: -1...1, using: &random)
      var size = Double.random(in: 1...10, using: &random)
      for _ in 0..<Int.random(in: 0...9, using: &random) { size *= Bool.random(using: &random) ? 10 : 0.1 }
      let axis = Axis(from: low * size, to: low * size + size)
      #expect((3...10).contains(axis.ticks.count))
      #expect(axis.ticks.allSatisfy { axis.range.contains($0.value) })
      #expect(Set(axis.ticks.map(\.label)).count == axis.ticks.count)
      var step = axis.ticks[1].value - axis.ticks[0].value
      while step < 0.999999 { step *= 10 }
      while step > 9.99999 { step /= 10 }
      #expect([1.0, 2, 5].contains { abs($0 - step) < 1e-4 }, "\(axis.range) \(step)")
    }
  }

  @Test func degenerateRangesAreWidened() {
    for value in [0.0, 1, -3, 1e-300, 1e12, -1e200, 5e-9] {
      let axis = Axis(from: value, to: value)
      #expect(axis.range.lowerBound < axis.range.upperBound)
      #expect(axis.ticks.count >= 2)
    }
    for first in awkwardNumbers {
      for second in awkwardNumbers {
        let axis = Axis(from: first, to: second)
        #expect(axis.range.lowerBound < axis.range.upperBound)
        #expect((1...20).contains(axis.ticks.count), "\(first) \(second)")
        #expect(axis.ticks.allSatisfy { axis.range.contains($0.value) })
      }
    }
    #expect(Axis(from: .nan, to: 3).range == 0...1)
  }

  @Test func coveringAxisHoldsItsValues() {
    let axis = Axis(covering: [0.31, .nan, 2.28, .infinity, 1])
    #expect(axis.range == 0...2.5)
    #expect(Axis(covering: []).range == 0...1)
    #expect(Axis(covering: [4]).range.contains(4))
  }

  @Test func namesStandAtWholeNumbers() {
    let axis = Axis(names: ["a", "b", "c"])
    #expect(axis.range == -0.5...2.5)
    #expect(axis.ticks == [.init(value: 0, label: "a"), .init(value: 1, label: "b"), .init(value: 2, label: "c")])
    #expect(Axis(names: []).ticks.isEmpty)
  }

  @Test func numbersAreWrittenPlainly() {
    #expect(NumberText.fixed(3.14159, decimals: 2) == "3.14")
    #expect(NumberText.fixed(0.05, decimals: 1) == "0.1")
    #expect(NumberText.fixed(-0.04, decimals: 1) == "0.0")
    #expect(NumberText.fixed(-12.5, decimals: 1) == "−12.5")
    #expect(NumberText.fixed(99.96, decimals: 1) == "100.0")
    #expect(NumberText.fixed(7, decimals: 0) == "7")
    #expect(NumberText.fixed(1.002, decimals: 3) == "1.002")
    #expect(NumberText.fixed(.nan, decimals: 3) == "n/a")
    #expect(NumberText.fixed(-.infinity, decimals: 0) == "n/a")
    #expect(NumberText.fixed(2.5e12, decimals: 1) == "2.5×10¹²")
    #expect(NumberText.scientific(0.00123, decimals: 1) == "1.2×10⁻³")
    #expect(NumberText.scientific(9.99e5, decimals: 1) == "1.0×10⁶")
    #expect(NumberText.scientific(-.leastNonzeroMagnitude, decimals: 0) == "−5×10⁻³²⁴")
    #expect(NumberText.scientific(1.7976931348623157e308, decimals: 0) == "2×10³⁰⁸")
    #expect(NumberText.scientific(0, decimals: 2) == "0")
  }
}
