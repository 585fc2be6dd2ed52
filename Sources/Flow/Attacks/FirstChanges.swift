/// For every sample, the first place t in [0, 1] at which `side` is no longer what it is at 0; nil where it stays so on
/// the grid.
///
/// What `side` looks at need not be monotone in t: a grid of `gridSteps` finds the first change, `bisections` halve it.
/// Cost: at most gridSteps + bisections + 1 calls, fewer when all samples have changed.
/// - Parameter side: for one place a sample, on which of two sides each sample is there.
public func firstChanges(
  samples count: Int, gridSteps: Int = 64, bisections: Int = 24, side: (_ t: [Float]) -> [Bool]
) -> [Float?] {
  let before = side([Float](repeating: 0, count: count))
  var low = [Float](repeating: 0, count: count)
  var high = [Float?](repeating: nil, count: count)
  for step in 1...gridSteps where high.contains(where: { $0 == nil }) {
    let t = Float(step) / Float(gridSteps)
    let now = side([Float](repeating: t, count: count))
    for sample in 0..<count where high[sample] == nil {
      if now[sample] != before[sample] {
        high[sample] = t
      } else {
        low[sample] = t
      }
    }
  }
  guard high.contains(where: { $0 != nil }) else { return high }
  for _ in 0..<bisections {
    let middle = zip(low, high).map { ($0 + ($1 ?? $0)) / 2 }
    let now = side(middle)
    for sample in 0..<count where high[sample] != nil {
      if now[sample] != before[sample] {
        high[sample] = middle[sample]
      } else {
        low[sample] = middle[sample]
      }
    }
  }
  return high
}
