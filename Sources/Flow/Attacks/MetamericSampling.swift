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

  /// z_n + t·(z̃_n − z_n), one t a sample: the nuisance of `metamers(logitSource:towards:at:)`.
  public func nuisance(logitSource: Activation, towards donor: Activation, at t: [Float]) -> Activation {
    readOut.nuisance(readOut.metamericCode(logitSource: logitSource, towards: donor, at: t))
  }

  /// For every sample, the first place t in [0, 1] on the line to the donor's nuisance at which the metamer's length
  /// crosses `radius`; nil where it does not. What may be missed, and how many inverses that takes, stands at
  /// ``firstChanges(samples:gridSteps:bisections:side:)``.
  public func crossings(logitSource: Activation, towards donor: Activation, radius: Double) -> [Float?] {
    firstChanges(samples: logitSource.samples) { t in
      metamers(logitSource: logitSource, towards: donor, at: t).norms().map { $0 >= radius }
    }
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
