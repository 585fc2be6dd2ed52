import Kernels

/// How training gets at the activations that backward needs.
public enum Memory: String, Sendable, CaseIterable {
  /// Forward keeps them: memory grows with depth.
  case stored
  /// Backward rebuilds them from the output, layer by layer: flat memory, one more evaluation of every layer (Gomez,
  /// Ren, Urtasun, Grosse 2017, section 3.2).
  case reversible
}

/// Layers of one kind, one after the other: y = fₙ(… f₂(f₁(x))). The log-determinants add up.
public struct Chain<Layer: InvertibleLayer>: InvertibleLayer {
  /// The layers, first to last.
  public private(set) var layers: [Layer]
  /// What backward gets its activations from.
  public var memory: Memory

  /// A chain of the given layers.
  public init(_ layers: [Layer], memory: Memory = .stored) {
    self.layers = layers
    self.memory = memory
  }

  /// Every layer's tape, or the output from which they are rebuilt.
  public enum Tape {
    case stored([Layer.Tape])
    case output(Activation)
  }

  /// y = F(x) and ln |det ∂y/∂x|; see `InvertibleLayer`.
  public func forward(_ x: Activation) -> (y: Activation, logDet: PerSample) {
    var current = x
    var total = PerSample(samples: x.samples)
    for layer in layers {
      let (y, logDet) = layer.forward(current)
      current = y
      total += logDet
    }
    return (current, total)
  }

  /// x = F⁻¹(y) and ln |det ∂x/∂y|; see `InvertibleLayer`.
  public func inverse(_ y: Activation) -> (x: Activation, logDet: PerSample) {
    var current = y
    var total = PerSample(samples: y.samples)
    for layer in layers.reversed() {
      let (x, logDet) = layer.inverse(current)
      current = x
      total += logDet
    }
    return (current, total)
  }

  /// Like `forward`, with a tape. Layers record even where their tapes are dropped: what a layer records, batch norm by
  /// the batch's moments, need not be what `forward` gives, and `backward` retraces what was recorded.
  public func forwardRecording(_ x: Activation) -> (y: Activation, logDet: PerSample, tape: Tape) {
    var current = x
    var total = PerSample(samples: x.samples)
    var tapes: [Layer.Tape] = []
    for layer in layers {
      let (y, logDet, tape) = layer.forwardRecording(current)
      current = y
      total += logDet
      if memory == .stored { tapes.append(tape) }
    }
    return (current, total, memory == .stored ? .stored(tapes) : .output(current))
  }

  /// Like `inverse`, with the tape that forward would have made.
  public func inverseRecording(_ y: Activation) -> (x: Activation, tape: Tape) {
    var current = y
    var tapes: [Layer.Tape] = []
    for layer in layers.reversed() {
      let (x, tape) = layer.inverseRecording(current)
      current = x
      if memory == .stored { tapes.append(tape) }
    }
    return (current, memory == .stored ? .stored(tapes.reversed()) : .output(y))
  }

  /// ∂L/∂x, and ∂L/∂parameter in `gradient`.
  public func backward(
    _ tape: Tape, outputGradient: Activation, logDetGradient: PerSample, into gradient: inout Chain,
    _ accumulation: Accumulation
  ) -> Activation {
    var dy = outputGradient
    switch tape {
    case .stored(let tapes):
      for index in layers.indices.reversed() {
        dy = layers[index].backward(
          tapes[index], outputGradient: dy, logDetGradient: logDetGradient, into: &gradient.layers[index], accumulation)
      }
    case .output(let output):
      var y = output
      for index in layers.indices.reversed() {
        let (x, tape) = layers[index].inverseRecording(y)
        dy = layers[index].backward(
          tape, outputGradient: dy, logDetGradient: logDetGradient, into: &gradient.layers[index], accumulation)
        y = x
      }
    }
    return dy
  }

  /// Visits every parameter; see `Parameterised`.
  public mutating func visitParameters(prefix: String, _ visit: (Parameter, inout [Float]) -> Void) {
    for index in layers.indices { layers[index].visitParameters(prefix: "\(prefix)blocks.\(index).", visit) }
  }

  /// Checks every layer; see `InvertibleLayer`.
  public func checkInvertibility(prefix: String) throws(InvertibilityError) {
    for index in layers.indices { try layers[index].checkInvertibility(prefix: "\(prefix)blocks.\(index).") }
  }

  /// Visits every layer's parts; see `InvertibleLayer`.
  public func visitParts(_ x: Activation, prefix: String, _ visit: (LayerPart) -> Void) -> Activation {
    var current = x
    for index in layers.indices {
      current = layers[index].visitParts(current, prefix: "\(prefix)blocks.\(index).", visit)
    }
    return current
  }
}

extension Chain: DataInitialised where Layer: DataInitialised {
  /// Layer by layer, each on the output of those before it; see `DataInitialised`.
  public func initialised(on x: Activation) -> (layer: Chain, y: Activation) {
    var copy = self
    var current = x
    for index in layers.indices { (copy.layers[index], current) = layers[index].initialised(on: current) }
    return (copy, current)
  }
}
