/// The 95 % confidence interval of a proportion, after E. B. Wilson 1927: all p for which what was found is within 1.96
/// deviations of n·p. Unlike the textbook's it stays in 0…1 and has a width where none or all were found.
struct WilsonInterval: Equatable {
  let lower: Double
  let upper: Double

  /// Of `count` > 0 trials, `successes` succeeded.
  init(successes: Int, of count: Int) {
    precondition(count > 0 && (0...count).contains(successes), "interval: \(successes) successes of \(count) trials")
    // The normal distribution's 97.5th percentile.
    let z = 1.959_963_984_540_054
    let (n, p) = (Double(count), Double(successes) / Double(count))
    let centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    let reach = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
    // Exact at the ends, where centre and reach are equal but for rounding.
    lower = successes == 0 ? 0 : max(0, centre - reach)
    upper = successes == count ? 1 : min(1, centre + reach)
  }
}
