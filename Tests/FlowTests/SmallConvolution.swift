import Flow
import Kernels
import TestSupport

/// The smallest convolutional coupling function: 3×3, rectifier, 1×1.
struct SmallConvolution: CouplingFunction {
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

  /// A Lipschitz constant in the largest norm, and a bound for the rounding of an output for inputs of at most `size`:
  /// γ_K·(|W₂|(|W₁||x| + |b₁|) + |b₂|), K the length of both sums. Taps outside the image only lessen either.
  func errorBounds(inputsUpTo size: Double) -> (slope: Double, rounding: Double) {
    let hidden = norm(first) * size + largest(firstBias)
    let output = norm(second) * hidden + largest(secondBias)
    let roundings = Double(first.columns + second.columns + 2)
    return (norm(first) * norm(second), roundings * unitRoundoff * output)
  }

  private func norm(_ matrix: Matrix) -> Double {
    (0..<matrix.rows).map { row in
      (0..<matrix.columns).reduce(0.0) { $0 + Double(abs(matrix[row, $1])) }
    }.max() ?? 0
  }

  private func largest(_ values: [Float]) -> Double { values.reduce(0) { max($0, Double(abs($1))) } }
}
