/// cos(π · numerator / denominator) in Double, within 2 ulp, exact at multiples of π/2; from + − × ÷ alone, so that the
/// bits are the same on every machine.
///
/// Whole numbers bring the angle to [0, π/4], where Taylor's series to the 18th power leaves a rest below 2⁻⁵⁹.
public func cosine(piTimes numerator: Int, over denominator: Int) -> Double {
  precondition(denominator > 0, "cosine: expected a denominator of at least 1, found \(denominator)")
  let turn = 2 * denominator
  let wrapped = ((numerator % turn) + turn) % turn
  // cos(2π − a) = cos a, then cos(π − a) = −cos a.
  let upper = min(wrapped, turn - wrapped)
  let isObtuse = 2 * upper > denominator
  let acute = isObtuse ? denominator - upper : upper
  // Above π/4 the sine of the complement, π·(denominator − 2·acute)/(2·denominator).
  let takesSine = 4 * acute > denominator
  let angle = takesSine ? pi * Double(denominator - 2 * acute) / Double(turn) : pi * Double(acute) / Double(denominator)
  let square = angle * angle
  var series = 1.0
  for power in stride(from: takesSine ? 19.0 : 18.0, to: 1, by: -2) {
    series = 1 - square / (power * (power - 1)) * series
  }
  let value = takesSine ? angle * series : series
  return isObtuse ? -value : value
}

private let pi = 0x1.921fb54442d18p1
