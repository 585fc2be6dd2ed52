import Kernels

/// A fully connected network with rectifiers between its layers and none after the last: the bottleneck of a coupling
/// (50 → 200 → 200 → 50 in the spheres experiment) and the nuisance classifier (98 → 3 × 1000 → 2).
///
/// With dropout, some of every hidden layer's output is dropped where `evaluateRecording` computes it.
public struct RectifierNetwork: CouplingFunction, Equatable {
  /// The dense layers, first to last.
  public private(set) var layers: [DenseLayer]
  /// What is dropped of each hidden layer's output in training, or nothing at all.
  public private(set) var dropouts: [Dropout]

  /// A network with the given widths, input first, initialised from one stream.
  ///
  /// - Parameter dropouts: one for each hidden layer, with streams of their own; none for a network that drops nothing.
  public init(widths: [Int], dropouts: [Dropout] = [], random: RandomStream) {
    precondition(widths.count >= 2, "network: expected at least an input and an output width, found \(widths)")
    precondition(
      dropouts.isEmpty || dropouts.count == widths.count - 2,
      "network: expected a dropout for each of \(widths.count - 2) hidden layers, found \(dropouts.count)")
    self.dropouts = dropouts
    var offset = 0
    layers = zip(widths, widths.dropFirst()).map {
      DenseLayer(inputs: $0, outputs: $1, random: random, offset: &offset)
    }
  }

  /// Width of the input.
  public var inputs: Int { layers[0].weight.columns }
  /// Width of the output.
  public var outputs: Int { layers[layers.count - 1].weight.rows }

  /// The input and the output of every hidden layer, with what was dropped of it at zero.
  public struct Tape {
    let input: ChannelView
    let hidden: [Activation]
  }

  /// y = f(x).
  public func evaluate(_ x: ChannelView) -> Activation {
    var current = x
    for layer in layers.dropLast() { current = hidden(layer, current).view }
    return output(current)
  }

  /// Like `evaluate`, with a tape.
  public func evaluateRecording(_ x: ChannelView) -> (y: Activation, tape: Tape) {
    var activations: [Activation] = []
    for (index, layer) in layers.dropLast().enumerated() {
      let y = hidden(layer, activations.last?.view ?? x)
      activations.append(dropouts.isEmpty ? y : dropouts[index].apply(y))
    }
    return (output(activations.last?.view ?? x), Tape(input: x, hidden: activations))
  }

  /// ∂L/∂x, and ∂L/∂parameter in `gradient`.
  public func backward(
    _ tape: Tape, outputGradient: ChannelView, into gradient: inout RectifierNetwork, _ accumulation: Accumulation
  ) -> Activation {
    let before = backwardToFirst(tape, outputGradient: outputGradient, into: &gradient, accumulation)
    return denseInputGradient(before.view, weight: layers[0].weight)
  }

  /// Like `backward`, for a network whose input has no gradient to pass on.
  public func backwardParameters(
    _ tape: Tape, outputGradient: ChannelView, into gradient: inout RectifierNetwork, _ accumulation: Accumulation
  ) {
    _ = backwardToFirst(tape, outputGradient: outputGradient, into: &gradient, accumulation)
  }

  /// Visits every parameter; see `Parameterised`.
  public mutating func visitParameters(prefix: String, _ visit: (Parameter, inout [Float]) -> Void) {
    for index in layers.indices { layers[index].visitParameters(prefix: "\(prefix)layers.\(index).", visit) }
    for index in dropouts.indices { dropouts[index].visitParameters(prefix: "\(prefix)dropouts.\(index).", visit) }
  }

  private func hidden(_ layer: DenseLayer, _ x: ChannelView) -> Activation {
    dense(x, weight: layer.weight, bias: layer.bias, activation: .rectifier)
  }

  private func output(_ x: ChannelView) -> Activation {
    dense(x, weight: layers[layers.count - 1].weight, bias: layers[layers.count - 1].bias)
  }

  /// All parameters' gradients; returns the gradient at the first layer's output.
  private func backwardToFirst(
    _ tape: Tape, outputGradient: ChannelView, into gradient: inout RectifierNetwork, _ accumulation: Accumulation
  ) -> Activation {
    var dy = outputGradient
    for index in dropouts.indices { gradient.dropouts[index].setNext(after: dropouts[index]) }
    for index in layers.indices.reversed() {
      let input = index > 0 ? tape.hidden[index - 1].view : tape.input
      gradient.layers[index].setGradient(input, outputGradient: dy, accumulation)
      if index > 0 {
        let dhidden = denseInputGradient(dy, weight: layers[index].weight)
        let kept = dropouts.isEmpty ? dhidden : dropouts[index - 1].apply(dhidden)
        // The rectifier lets through what is positive, and so is all that was not dropped of what it let through.
        dy = rectifierGradient(tape.hidden[index - 1], outputGradient: kept).view
      }
    }
    return dy.channels == layers[0].weight.rows && layers.count > 1 ? dy.activation : Activation(concatenating: [dy])
  }
}
