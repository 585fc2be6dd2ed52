import Testing

@testable import Tools

@Suite struct WilsonIntervalTests {
  /// E. B. Wilson's interval by its definition: at the ends the proportion is 1.96 deviations of the end's away.
  @Test(arguments: [(1, 2), (3, 10), (81, 263), (999, 1000), (5000, 10_000)])
  func theEndsAreTheRoots(successes: Int, count: Int) {
    let interval = WilsonInterval(successes: successes, of: count)
    let found = Double(successes) / Double(count)
    for end in [interval.lower, interval.upper] {
      let deviation = (end * (1 - end) / Double(count)).squareRoot()
      #expect(abs(abs(found - end) / deviation - 1.959_963_985) < 1e-8)
    }
    #expect(interval.lower < found && found < interval.upper)
  }

  @Test func noneAndAll() {
    // z²/(n + z²) with n = 10.
    let share = 3.841_458_821 / 13.841_458_821
    let (none, all) = (WilsonInterval(successes: 0, of: 10), WilsonInterval(successes: 10, of: 10))
    #expect(none.lower == 0 && abs(none.upper - share) < 1e-9)
    #expect(all.upper == 1 && abs(all.lower - (1 - share)) < 1e-9)
  }
}
