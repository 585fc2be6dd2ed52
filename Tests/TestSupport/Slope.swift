/// A derivative measured by central differences, with the error that it may have.
public struct Slope: Sendable {
  /// d(quantity)/d(position), one a quantity.
  public let values: [Double]
  /// One deviation bound for all quantities.
  public let error: Double
}

/// What one evaluation saw: every sample's position on the line, and its quantities there.
public struct Sighting: Sendable {
  let positions: [Double]
  let quantities: [[Double]]

  /// Positions and quantities, one a sample.
  public init(positions: [Double], quantities: [[Double]]) {
    self.positions = positions
    self.quantities = quantities
  }
}

/// Central differences of every sample's quantities, or nil for a sample that no step resolved.
///
/// A kink of a rectifier, or a strong curvature, shows in two ways: the slopes above and below differ (half of that is
/// what a kink at the very place does to the central difference), or so do steps of h and of h/2. Steps go from 2⁻⁷ down
/// by halves until neither exceeds three times the rounding error, `noise[sample]`/h. What remains is within four times
/// the rounding error: its own and the disagreement that was let through.
public func slopes(noise: [Double], at: (_ step: Float) -> Sighting) -> [Slope?] {
  var result = [Slope?](repeating: nil, count: noise.count)
  let middle = at(0)
  var step: Float = 0x1p-7
  var wide = differences(step, around: middle, at)
  for _ in 0..<7 {
    let narrow = differences(step / 2, around: middle, at)
    for sample in noise.indices where result[sample] == nil {
      let error = noise[sample] / Double(step)
      let change = zip(wide.central[sample], narrow.central[sample]).map { abs($0 - $1) }.max() ?? 0
      if max(change, wide.kink[sample]) <= 3 * error {
        result[sample] = Slope(values: wide.central[sample], error: 4 * error)
      }
    }
    if !result.contains(where: { $0 == nil }) { break }
    step /= 2
    wide = narrow
  }
  return result
}

/// Every sample's central differences, and the largest half difference of the slopes above and below.
private func differences(
  _ step: Float, around middle: Sighting, _ at: (Float) -> Sighting
) -> (central: [[Double]], kink: [Double]) {
  let above = at(step)
  let below = at(-step)
  // Distances are between positions as rounded to Float, not as asked for.
  func slope(_ a: Sighting, _ b: Sighting, _ sample: Int) -> [Double] {
    let distance = b.positions[sample] - a.positions[sample]
    return zip(a.quantities[sample], b.quantities[sample]).map { ($1 - $0) / distance }
  }
  let samples = middle.positions.indices
  return (
    samples.map { slope(below, above, $0) },
    samples.map { sample in
      zip(slope(below, middle, sample), slope(middle, above, sample)).map { abs($0 - $1) / 2 }.max() ?? 0
    }
  )
}
