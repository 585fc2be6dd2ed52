import Flow
import Kernels
import TestSupport

/// A flow step that carries an error bound back instead of values: `inverse` takes how far each value of the step's output
/// may be off and returns how far each value of its input then is, to first order. Put into the network's own structure in
/// place of its steps, it bounds the network's round trip, value by value, at the very x.
struct ErrorStep: InvertibleLayer {
  /// The step's parts at x.
  let parts: [LayerPart]

  func inverse(_ y: Activation) -> (x: Activation, logDet: PerSample) {
    (parts.reversed().reduce(y) { Self.error(of: $1, outputError: $0) }, PerSample(samples: y.samples))
  }

  func forward(_ x: Activation) -> (y: Activation, logDet: PerSample) { (x, PerSample(samples: x.samples)) }
  func forwardRecording(_ x: Activation) -> (y: Activation, logDet: PerSample, tape: Void) {
    (x, PerSample(samples: x.samples), ())
  }
  func inverseRecording(_ y: Activation) -> (x: Activation, tape: Void) { (inverse(y).x, ()) }
  func backward(
    _ tape: Void, outputGradient: Activation, logDetGradient: PerSample, into gradient: inout ErrorStep,
    _ accumulation: Accumulation
  ) -> Activation { outputGradient }
  mutating func visitParameters(prefix: String, _ visit: (Parameter, inout [Float]) -> Void) {}

  private static func error(of part: LayerPart, outputError: Activation) -> Activation {
    let x = part.x
    switch part.layer {
    case let layer as Actnorm:
      let scale = layer.logScale.map { Float(exponential(-Double($0))) }
      return add(
        scaleChannels(outputError.view, by: scale).view, image(RoundTripBounds.actnorm(layer, x.matrix()), like: x).view
      )
    case let layer as InvertibleConvolution:
      let passed = convolution(
        outputError.view, weight: magnitudes(layer.inverseWeight.rounded()),
        bias: [Float](repeating: 0, count: layer.channels), Convolution(kernel: 1))
      return add(passed.view, image(RoundTripBounds.convolution(layer, x.matrix()), like: x).view)
    case let layer as AdditiveCoupling<SmallConvolution>: return additive(layer, x, outputError)
    case let layer as AdditiveCoupling<ConvolutionNetwork>: return additive(layer, x, outputError)
    case let layer as AffineCoupling<SmallConvolution>: return affine(layer, x, outputError)
    case let layer as AffineCoupling<ConvolutionNetwork>: return affine(layer, x, outputError)
    default: preconditionFailure("no error bound for \(type(of: part.layer))")
    }
  }

  private static func copy(_ x: Activation, _ channels: Range<Int>) -> Activation {
    Activation(concatenating: [x.channels(channels)])
  }

  private static func additive<Function: ErrorBounded>(
    _ layer: AdditiveCoupling<Function>, _ x: Activation, _ outputError: Activation
  ) -> Activation {
    let kept = x.channels - layer.split
    let copied = copy(outputError, kept..<x.channels)
    let shift = layer.function.error(at: x.channels(0..<layer.split), error: copied)
    let updated = add(outputError.channels(0..<kept), shift.view)
    return add(
      Activation(concatenating: [copied.view, updated.view]).view,
      image(RoundTripBounds.additive(layer, x), like: x).view)
  }

  /// x₂ = (y₁ − t)·e^−ℓ moves by e^−ℓ·(δy + δt) + |x₂|·δℓ, |dℓ/dr| ≤ 1. At two places ℓ, at most 2 and within 5 ulp, and
  /// e^ℓ, within 2 ulp, round by 48·u·|x₂| more.
  private static func affine<Function: ErrorBounded>(
    _ layer: AffineCoupling<Function>, _ x: Activation, _ outputError: Activation
  ) -> Activation {
    let kept = x.channels - layer.split
    let copied = copy(outputError, kept..<x.channels)
    let moved = layer.function.error(at: x.channels(0..<layer.split), error: copied)
    let output = layer.function.evaluate(x.channels(0..<layer.split))
    let updated = combining([
      copy(outputError, 0..<kept), copy(moved, 0..<kept), copy(moved, kept..<2 * kept),
      boundedLogScale(output.channels(kept..<2 * kept)), copy(x, layer.split..<x.channels),
    ]) { values in
      let inverseScale = Float(exponential(-Double(values[3])))
      return (values[0] + values[1]) * inverseScale + abs(values[4]) * (values[2] + 48 * Float(unitRoundoff))
    }
    return add(
      Activation(concatenating: [copied.view, updated.view]).view,
      image(RoundTripBounds.affine(layer, x), like: x).view)
  }

  private static func image(_ rows: Matrix, like x: Activation) -> Activation {
    Activation(rowsOf: rows).reshaped(height: x.height, width: x.width, channels: x.channels)
  }
}

extension RoundTripBounds {
  /// Terms of second order: errors are below 2⁻⁷, so their squares are below a hundredth of them.
  private static let second: Float = 1.01

  /// The bound through a step.
  static func step<Coupling: InvertibleLayer>(_ layer: FlowStep<Coupling>, _ x: Activation) -> Matrix {
    chain(Chain([layer]), x)
  }

  /// The bound through a chain of steps.
  static func chain<Coupling: InvertibleLayer>(_ layer: Chain<FlowStep<Coupling>>, _ x: Activation) -> Matrix {
    let parts = parts(layer, x)
    let steps = stride(from: 0, to: parts.count, by: 3).map { ErrorStep(parts: Array(parts[$0..<$0 + 3])) }
    let start = Activation(samples: x.samples, height: x.height, width: x.width, channels: x.channels)
    return enlarged(Chain(steps).inverse(start).x)
  }

  /// The bound through a multi-scale network, of which every value of z is off by `lastError` to begin with.
  static func network<Coupling: InvertibleLayer>(
    _ network: ConvolutionalFiRevNet<FlowStep<Coupling>>, _ x: Activation, lastError: Float = 0
  ) -> Matrix {
    let parts = parts(network, x)
    let steps = network.stages[0].layers.count
    let shape = network.inputShape
    let errors = ConvolutionalFiRevNet(
      height: shape.height, width: shape.width, channels: shape.channels, stages: network.stages.count, steps: steps,
      factorsOut: network.factorsOut
    ) { stage, step, _ in
      let first = 3 * (stage * steps + step)
      return ErrorStep(parts: Array(parts[first..<first + 3]))
    }
    return enlarged(errors.inverse(Activation(samples: x.samples, channels: shape.values, repeating: lastError)).x)
  }

  private static func parts<Layer: InvertibleLayer>(_ layer: Layer, _ x: Activation) -> [LayerPart] {
    var parts: [LayerPart] = []
    _ = layer.visitParts(x, prefix: "") { parts.append($0) }
    return parts
  }

  private static func enlarged(_ errors: Activation) -> Matrix {
    let largest = errors.matrix().values.max() ?? 0
    precondition(largest < 0x1p-7, "an error bound of \(largest) is not of first order")
    return combining([errors]) { second * $0[0] }.matrix()
  }
}
