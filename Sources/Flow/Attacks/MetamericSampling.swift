import Kernels

/// Metameric sampling, x_met = F⁻¹(z_s, z̃_n): the logits of one sample with the nuisance of another (paper, section
/// 2.1). The result has the first sample's logits, exactly but for rounding.
public struct MetamericSampling<Network: InvertibleLayer>: Sendable {
  /// F, and what of its output is logits.
  public let network: Network
  /// What of the code is logits.
  public let readOut: ReadOut

  /// Sampling with a trained network.
  public init(network: Network, readOut: ReadOut) {
    self.network = network
    self.readOut = readOut
  }

  /// F⁻¹ of the codes `logitSource` with their nuisance replaced by `nuisanceSource`'s. Cost: one inverse.
  public func metamers(logitSource: Activation, nuisanceSource: Activation) -> Activation {
    network.inverse(readOut.metamericCode(logitSource: logitSource, nuisanceSource: nuisanceSource)).x
  }

  /// Points on the line at fixed logits: F⁻¹(z_s, z_n + t·(z̃_n − z_n)), one t a sample.
  public func metamers(logitSource: Activation, towards donor: Activation, at t: [Float]) -> Activation {
    network.inverse(readOut.metamericCode(logitSource: logitSource, towards: donor, at: t)).x
  }

  /// For every sample, the first place t in [0, 1] on the line to the donor's nuisance at which the metamer's length
  /// crosses `radius`; nil where it does not on the grid.
  ///
  /// The length need not be monotone in t: a grid of `gridSteps` finds the first change of side, `bisections` halve it.
  /// Cost: at most gridSteps + bisections + 1 inverses, fewer when all samples have crossed.
  public func crossings(
    logitSource: Activation, towards donor: Activation, radius: Double, gridSteps: Int = 64, bisections: Int = 24
  ) -> [Float?] {
    func isBeyond(_ t: [Float]) -> [Bool] {
      metamers(logitSource: logitSource, towards: donor, at: t).norms().map { $0 >= radius }
    }
    let count = logitSource.samples
    let before = isBeyond([Float](repeating: 0, count: count))
    var low = [Float](repeating: 0, count: count)
    var high = [Float?](repeating: nil, count: count)
    for step in 1...gridSteps where high.contains(where: { $0 == nil }) {
      let t = Float(step) / Float(gridSteps)
      let now = isBeyond([Float](repeating: t, count: count))
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
      let now = isBeyond(middle)
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
}

extension ReadOut {
  /// (z_s, z̃_n): the logits of one code with the nuisance of another.
  public func metamericCode(logitSource: Activation, nuisanceSource: Activation) -> Activation {
    join(logits: logits(logitSource), nuisance: nuisance(nuisanceSource))
  }

  /// (z_s, z_n + t·(z̃_n − z_n)), one t a sample.
  public func metamericCode(logitSource: Activation, towards donor: Activation, at t: [Float]) -> Activation {
    precondition(t.count == logitSource.samples, "metamers: \(t.count) positions for \(logitSource.samples) samples")
    return join(
      logits: logits(logitSource), nuisance: interpolate(nuisance(logitSource), nuisance(donor), at: t))
  }
}
