import Flow
import Kernels

extension RectifierNetwork: SlowClassifier {
  func slowLogits(_ x: Matrix) -> Matrix { slowActivations(x)[layers.count] }

  func slowGradients(_ x: Matrix, ofLogits dlogits: Matrix) -> [SlowGradient] {
    slowBackward(slowActivations(x), outputGradient: dlogits).gradients
  }

  /// The input, every hidden layer's output, and the output.
  func slowActivations(_ x: Matrix) -> [Matrix] {
    var activations = [x]
    for (index, layer) in layers.enumerated() {
      activations.append(
        Reference.dense(
          activations[index], weight: layer.weight, bias: layer.bias,
          activation: index < layers.count - 1 ? .rectifier : .identity))
    }
    return activations
  }

  func slowBackward(
    _ activations: [Matrix], outputGradient: Matrix
  ) -> (dx: Matrix, gradients: [SlowGradient]) {
    var dy = outputGradient
    var gradients: [SlowGradient] = []
    for index in layers.indices.reversed() {
      gradients.append(
        SlowGradient(weight: Reference.denseWeightGradient(activations[index], outputGradient: dy), output: dy))
      dy = Reference.denseInputGradient(dy, weight: layers[index].weight)
      if index > 0 {
        for i in dy.values.indices where activations[index].values[i] <= 0 { dy.values[i] = 0 }
      }
    }
    return (dy, gradients.reversed())
  }
}

extension BijectiveClassifier: SlowClassifier where Network == DenseFiRevNet {
  func slowLogits(_ x: Matrix) -> Matrix { slowTape(x).output.columns(0..<readOut.classes) }

  func slowGradients(_ x: Matrix, ofLogits dlogits: Matrix) -> [SlowGradient] {
    var dy = dlogits.beside(Matrix(rows: x.rows, columns: x.columns - readOut.classes))
    var gradients: [SlowGradient] = []
    for (block, tape) in zip(network.layers, slowTape(x).tapes).reversed() {
      let dupdated = dy.columns(0..<(dy.columns - block.split))
      let dcopied = dy.columns((dy.columns - block.split)..<dy.columns)
      let (dfirst, inner) = block.function.slowBackward(tape, outputGradient: dupdated)
      dy = (dcopied + dfirst).beside(dupdated)
      gradients = inner + gradients
    }
    return gradients
  }

  /// Every block's function's activations, and the last block's output.
  private func slowTape(_ x: Matrix) -> (tapes: [[Matrix]], output: Matrix) {
    var current = x
    var tapes: [[Matrix]] = []
    for block in network.layers {
      let first = current.columns(0..<block.split)
      let second = current.columns(block.split..<current.columns)
      let tape = block.function.slowActivations(first)
      tapes.append(tape)
      current = (second + tape[tape.count - 1]).beside(first)
    }
    return (tapes, current)
  }
}

extension Matrix {
  /// Element by element.
  fileprivate static func + (a: Matrix, b: Matrix) -> Matrix {
    Matrix(rows: a.rows, columns: a.columns, values: zip(a.values, b.values).map { $0 + $1 })
  }
}
