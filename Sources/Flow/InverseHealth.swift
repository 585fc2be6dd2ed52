import Kernels

/// How well a network can be inverted, as measured on a batch: a network whose layers amplify on the way back drifts to
/// numerical non-invertibility long before a weight is singular (Behrmann, Vicol, Wang, Grosse, Jacobsen 2021).
public struct InverseHealth: Sendable {
  /// What one layer came to.
  public struct Part: Sendable {
    /// The path of its properties.
    public let name: String
    /// The largest |F⁻¹(F(x)) − x| over the batch's values; NaN if any is.
    public let roundTripError: Double
    /// The largest ‖F⁻¹(y + δ) − F⁻¹(y)‖ / ‖δ‖ over the samples and the probes δ: a lower bound for the norm of the inverse's
    /// Jacobian. Values far above 1 add up (as factors) through the layers before it.
    public let amplification: Double
  }

  /// Every layer, in the order in which x passes through them.
  public let parts: [Part]
  /// The same for the whole network.
  public let whole: Part

  /// Measures a network on the batch x, with `probes` random directions a layer, of 2⁻¹⁰ times the output's length.
  ///
  /// Cost: for every layer and for the whole, two forwards and 1 + probes inverses.
  public init<Network: InvertibleLayer>(of network: Network, on x: Activation, probes: Int = 4, seed: UInt64 = 0) {
    precondition(probes >= 1 && x.samples >= 1, "inverse health: found \(probes) probes, \(x.samples) samples")
    var parts: [Part] = []
    let y = network.visitParts(x, prefix: "") { parts.append(Self.measure($0, probes: probes, seed: seed)) }
    self.parts = parts
    whole = Self.measure(
      LayerPart(prefix: "network", layer: network, x: x, y: y), probes: probes, seed: seed)
  }

  /// The layer with the largest round-trip error; NaN is larger than any number.
  public var worst: Part? {
    parts.max { a, b in a.roundTripError < b.roundTripError || (b.roundTripError.isNaN && !a.roundTripError.isNaN) }
  }

  private static func measure(_ part: LayerPart, probes: Int, seed: UInt64) -> Part {
    let returned = part.layer.inverse(part.y).x
    let lengths = part.y.norms()
    var amplification = 0.0
    for probe in 0..<probes {
      let stream = RandomStream(seed: seed, name: "probe \(probe) of \(part.name)")
      let columns = part.y.valuesPerSample
      var directions = Matrix(
        rows: part.y.samples, columns: columns, values: stream.gaussians(count: part.y.samples * columns))
      let norms = Activation(rowsOf: directions).norms()
      for row in 0..<directions.rows {
        let length = lengths[row] == 0 ? 1 : lengths[row]
        let factor = Float(length * 0x1p-10 / max(norms[row], .leastNormalMagnitude))
        for column in 0..<columns { directions[row, column] *= factor }
      }
      let moved = add(
        part.y.view,
        Activation(rowsOf: directions).reshaped(height: part.y.height, width: part.y.width, channels: part.y.channels)
          .view)
      // The distance really moved: y + δ is rounded.
      let outputs = subtract(moved.view, part.y.view).norms()
      let inputs = subtract(part.layer.inverse(moved).x.view, returned.view).norms()
      for (input, output) in zip(inputs, outputs) where output != 0 {
        let ratio = input / output
        // NaN, once seen, stays.
        if ratio.isNaN || ratio > amplification { amplification = ratio }
      }
    }
    return Part(
      name: part.name, roundTripError: returned.largestDifference(from: part.x), amplification: amplification)
  }
}
