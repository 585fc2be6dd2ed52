import Foundation
import Kernels

/// What a training step does besides products.
enum TrainingCases {
  static var all: [Case] { [softmax(samples: 500, classes: 10), adam(count: 240_000)] }

  private static func softmax(samples: Int, classes: Int) -> Case {
    Case(
      name: "softmax cross-entropy", shape: "\(classes) classes, batch \(samples)",
      work: .elements(Double(samples * classes))
    ) { check in
      let rows = RandomData.matrix(samples, classes, "logits")
      let labels = RandomData.labels(samples, classes: classes)
      let logits = Activation(rowsOf: rows)
      try checkSoftmax(rows, labels, softmaxCrossEntropy(logits, labels: labels), check)
      return .call { _ = softmaxCrossEntropy(logits, labels: labels) }
    }
  }

  /// Against the definition in double. A probability carries the rounding of its argument (an absolute error of
  /// u·|logit − largest|, below 16·u here), two ulp of exp, one rounding for each of the C terms of the sum and three
  /// more for the scale and the difference: C + 32 roundings bound it, and the loss relative to 1 + |loss| alike.
  private static func checkSoftmax(
    _ rows: Matrix, _ labels: [UInt8], _ found: (loss: Double, correct: Int, gradient: Activation), _ check: Check
  ) throws {
    let bound = Double(rows.columns + 32) * Check.roundoff
    var loss = 0.0
    var correct = 0
    for sample in 0..<rows.rows {
      let logits = rows.row(sample).values
      let exponentials = logits.map { Foundation.exp(Double($0)) }
      let total = exponentials.reduce(0, +)
      let label = Int(labels[sample])
      loss += Foundation.log(total) - Double(logits[label])
      if logits.firstIndex(of: logits.max() ?? 0) == label { correct += 1 }
      for (c, exponential) in exponentials.enumerated() {
        let expected = (exponential / total - (c == label ? 1 : 0)) / Double(rows.rows)
        try check.near(
          Double(found.gradient[sample, c]), expected, within: bound / Double(rows.rows),
          "gradient of logit \(c) of sample \(sample)")
      }
    }
    let mean = loss / Double(rows.rows)
    try check.near(found.loss, mean, within: bound * (1 + mean), "the loss")
    try check.near(Double(found.correct), Double(correct), within: 0, "the number of correct samples")
  }

  private static func adam(count: Int) -> Case {
    // Four arrays read, three of them written.
    Case(name: "adam", shape: "\(count) parameters", work: .bytes(Double(7 * 4 * count))) { check in
      var state = AdamState(count: count)
      let before = state
      state.step()
      try checkAdam(before, state, check)
      return .call { state.step() }
    }
  }

  /// Against the definition in double. Each moment takes two or three roundings of its terms, the update about eight in
  /// all; sixteen times u leaves room for the rounding of the constants.
  private static func checkAdam(_ before: AdamState, _ after: AdamState, _ check: Check) throws {
    let (beta1, beta2) = (Double(AdamState.beta1), Double(AdamState.beta2))
    let rate = Double(AdamState.learningRate) / (1 - pow(beta1, Double(AdamState.steps)))
    let scale = 1 / (1 - pow(beta2, Double(AdamState.steps))).squareRoot()
    let u = 16 * Check.roundoff
    for i in Check.indices(count: before.value.count) {
      let (g, value) = (Double(before.gradient[i]), Double(before.value[i]))
      let first = (beta1 * Double(before.first[i]), (1 - beta1) * g)
      let firstSize = first.0.magnitude + first.1.magnitude
      let second = beta2 * Double(before.second[i]) + (1 - beta2) * g * g
      let factor = rate / (second.squareRoot() * scale + Double(AdamState.epsilon))
      let expected = value - factor * (first.0 + first.1)
      try check.near(Double(after.first[i]), first.0 + first.1, within: u * firstSize, "first moment \(i)")
      try check.near(Double(after.second[i]), second, within: u * second, "second moment \(i)")
      try check.near(
        Double(after.value[i]), expected, within: Check.roundoff * value.magnitude + u * factor * firstSize,
        "parameter \(i)")
    }
  }
}

private struct AdamState {
  static let learningRate: Float = 1e-4
  static let beta1: Float = 0.9
  static let beta2: Float = 0.999
  static let epsilon: Float = 1e-8
  static let steps = 10

  var value: [Float]
  var first: [Float]
  var second: [Float]
  let gradient: [Float]

  init(count: Int) {
    value = RandomData.numbers(count, "parameters")
    gradient = RandomData.numbers(count, "gradient")
    first = RandomData.numbers(count, "first moment")
    second = RandomData.numbers(count, "second moment").map { $0 * $0 }
  }

  /// The count of steps stays: the kernel's work does not depend on it.
  mutating func step() {
    adamUpdate(
      &value, gradient: gradient, first: &first, second: &second, step: AdamState.steps,
      learningRate: AdamState.learningRate, beta1: AdamState.beta1, beta2: AdamState.beta2,
      epsilon: AdamState.epsilon)
  }
}
