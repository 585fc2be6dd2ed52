import Flow
import Kernels

/// A classifier that can also be evaluated by the slow reference, on samples as rows.
protocol SlowClassifier: Classifier {
  /// The logits.
  func slowLogits(_ x: Matrix) -> Matrix
  /// The gradient of every dense layer, in the order of the parameters, from the gradient at the logits.
  func slowGradients(_ x: Matrix, ofLogits dlogits: Matrix) -> [SlowGradient]
}

/// The gradient of one dense layer.
struct SlowGradient {
  let weight: Matrix
  /// At the layer's output; its columns' sums are the gradient of the bias.
  let output: Matrix
}

/// Checks of what a training step computes.
enum SlowStep {
  /// All logits and all gradients of a small model, on a batch that does not fill its last vector.
  static func check<Model: SlowClassifier>(_ model: Model, inputs: Int, _ check: Check) throws {
    let rows = RandomData.matrix(37, inputs, "small data")
    let labels = RandomData.labels(37, classes: 2)
    let x = Activation(rowsOf: rows)
    let logits = model.slowLogits(rows)
    try check.equal(model.logits(x).matrix().values, logits.values, "the logits of a small model")
    var gradient = model
    let loss = model.loss(x, labels: labels, gradient: &gradient)
    // The loss is a case of its own, with its own check.
    let fromLogits = softmaxCrossEntropy(Activation(rowsOf: logits), labels: labels)
    try check.near(loss.loss, fromLogits.loss, within: 0, "the loss of a small model")
    let found = gradient.parameters()
    let expected = model.slowGradients(rows, ofLogits: fromLogits.gradient.matrix())
    try check.near(
      Double(found.count), Double(2 * expected.count), within: 0, "the number of parameter arrays")
    for (index, layer) in expected.enumerated() {
      try check.equal(
        found[2 * index].values, layer.weight.values, "the gradient of \(found[2 * index].parameter.name)")
      try check.biasGradient(found[2 * index + 1].values, outputGradient: layer.output)
    }
  }

  /// The logits of some samples of the model that is timed.
  static func checkLogits<Model: SlowClassifier>(_ model: Model, _ data: Matrix, _ check: Check) throws {
    let logits = model.logits(Activation(rowsOf: data))
    for sample in [0, data.rows / 2, data.rows - 1] {
      let expected = model.slowLogits(data.row(sample))
      for c in 0..<expected.columns {
        try check.equal(logits[sample, c], expected[0, c], "logit \(c) of sample \(sample)")
      }
    }
  }
}
