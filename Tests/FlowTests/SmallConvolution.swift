import Flow
import Kernels
import TestSupport

/// A coupling function that can bound its errors.
protocol ErrorBounded: CouplingFunction {
  /// How far two evaluations may be apart, to first order, at inputs of which one is x and the other within `error` of it.
  func error(at x: ChannelView, error: Activation) -> Activation
}

/// The smallest convolutional coupling function: 3×3, rectifier, 1×1.
struct SmallConvolution: ErrorBounded {
  private(set) var first: Matrix
  private(set) var firstBias: [Float]
  private(set) var second: Matrix
  private(set) var secondBias: [Float]

  init(inputs: Int, hidden: Int, outputs: Int, random: RandomStream) {
    func draw(_ rows: Int, _ columns: Int, offset: Int) -> Matrix {
      let scale = 1 / Float(max(columns, 1)).squareRoot()
      let values = random.gaussians(count: rows * columns, offset: offset).map { scale * $0 }
      return Matrix(rows: rows, columns: columns, values: values)
    }
    first = draw(hidden, 9 * inputs, offset: 0)
    firstBias = [Float](repeating: 0, count: hidden)
    second = draw(outputs, hidden, offset: first.values.count)
    secondBias = [Float](repeating: 0, count: outputs)
  }

  struct Tape {
    let input: ChannelView
    let hidden: Activation
  }

  func evaluate(_ x: ChannelView) -> Activation { evaluateRecording(x).y }

  func evaluateRecording(_ x: ChannelView) -> (y: Activation, tape: Tape) {
    let hidden = convolution(x, weight: first, bias: firstBias, Convolution(kernel: 3), activation: .rectifier)
    let y = convolution(hidden.view, weight: second, bias: secondBias, Convolution(kernel: 1))
    return (y, Tape(input: x, hidden: hidden))
  }

  func backward(
    _ tape: Tape, outputGradient: ChannelView, into gradient: inout SmallConvolution, _ accumulation: Accumulation
  ) -> Activation {
    let (height, width) = (tape.hidden.height, tape.hidden.width)
    convolutionWeightGradient(
      tape.hidden.view, outputGradient: outputGradient, Convolution(kernel: 1), weight: &gradient.second,
      bias: &gradient.secondBias, accumulation)
    let dhidden = rectifierGradient(
      tape.hidden,
      outputGradient: convolutionInputGradient(
        outputGradient, weight: second, Convolution(kernel: 1), height: height, width: width))
    convolutionWeightGradient(
      tape.input, outputGradient: dhidden.view, Convolution(kernel: 3), weight: &gradient.first,
      bias: &gradient.firstBias, accumulation)
    return convolutionInputGradient(
      dhidden.view, weight: first, Convolution(kernel: 3), height: height, width: width)
  }

  mutating func visitParameters(prefix: String, _ visit: (Parameter, inout [Float]) -> Void) {
    visit(Parameter(name: prefix + "first.weight", shape: [first.rows, first.columns]), &first.values)
    visit(Parameter(name: prefix + "first.bias", shape: [firstBias.count]), &firstBias)
    visit(Parameter(name: prefix + "second.weight", shape: [second.rows, second.columns]), &second.values)
    visit(Parameter(name: prefix + "second.bias", shape: [secondBias.count]), &secondBias)
  }

  /// The error through |W₂|·|W₁| where a hidden unit may be active, and both evaluations' own rounding, γ_K times the sums
  /// of magnitudes.
  func error(at x: ChannelView, error: Activation) -> Activation {
    let input = Activation(concatenating: [x])
    let (wide, narrow) = (Convolution(kernel: 3), Convolution(kernel: 1))
    let none = [Float](repeating: 0, count: firstBias.count)
    let before = convolution(x, weight: first, bias: firstBias, wide)
    let sizes = convolution(
      magnitudes(input).view, weight: magnitudes(first), bias: firstBias.map { abs($0) }, wide)
    let passed = convolution(error.view, weight: magnitudes(first), bias: none, wide)
    let gamma = 2 * Float(first.columns + 1) * Float(unitRoundoff)
    let hiddenError = combining([passed, sizes, before]) { $0[1] * gamma + $0[0] }
    let active = combining([hiddenError, before]) { $0[1] > -$0[0] ? $0[0] : 0 }
    let hidden = combining([before]) { max(0, $0[0]) }
    let output = convolution(
      active.view, weight: magnitudes(second), bias: [Float](repeating: 0, count: secondBias.count), narrow)
    let outputSizes = convolution(
      hidden.view, weight: magnitudes(second), bias: secondBias.map { abs($0) }, narrow)
    let outputGamma = 2 * Float(second.columns + 1) * Float(unitRoundoff)
    return combining([output, outputSizes]) { $0[0] + outputGamma * $0[1] }
  }
}
