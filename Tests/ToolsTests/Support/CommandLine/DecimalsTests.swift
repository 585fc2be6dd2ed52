import Testing

@testable import ToolSupport

@Suite struct DecimalsTests {
  @Test(arguments: [
    (0.0, 2, "0.00"), (1.005, 1, "1.0"), (0.05, 1, "0.1"), (9.999, 2, "10.00"), (-0.004, 2, "0.00"), (-1.5, 0, "-2"),
    (123_456.789, 3, "123456.789"), (2.5, 0, "3"), (1e300, 2, "1e+300"), (.infinity, 1, "inf"), (.nan, 1, "nan"),
  ])
  func fixedRounds(value: Double, places: Int, text: String) {
    #expect(Decimals.fixed(value, places: places) == text)
  }

  @Test(arguments: [(1.0, "1"), (0.1, "0.1"), (1e-7, "1e-07"), (-3.0, "-3"), (1e16, "1e+16")])
  func shortestReadsBack(value: Double, text: String) {
    #expect(Decimals.shortest(value) == text)
    #expect(Double(text) == value)
  }
}
