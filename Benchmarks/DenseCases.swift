import Kernels

/// The three products of a dense layer, on samples in lanes.
enum DenseCases {
  static var all: [Case] {
    let shapes = [(512, 1000, 1000), (500, 50, 200), (500, 200, 200), (500, 200, 50), (500, 98, 1000)]
    return shapes.flatMap { batch, inputs, outputs in
      DenseProduct.allCases.map { layer($0, batch, inputs, outputs) }
    }
  }

  private static func layer(_ product: DenseProduct, _ batch: Int, _ inputs: Int, _ outputs: Int) -> Case {
    Case(
      name: "dense \(product.rawValue)", shape: "\(inputs)→\(outputs), batch \(batch)",
      work: .operations(
        2 * Double(batch * inputs * outputs), bytes: 4 * Double(batch * (inputs + outputs) + inputs * outputs))
    ) { check in
      // A batch that does not fill its last vector and widths that no tile divides, all elements; then the timed size.
      try DenseOperands(37, 45, 29).check(product, check)
      let operands = DenseOperands(batch, inputs, outputs)
      try operands.check(product, check)
      return operands.body(product)
    }
  }
}

private enum DenseProduct: String, CaseIterable {
  case forward = "forward"
  case inputGradient = "input gradient"
  case weightGradient = "weight gradient"
}

private struct DenseOperands {
  let rows: Matrix
  let gradientRows: Matrix
  let weight: Matrix
  let bias: [Float]
  let x: Activation
  let dy: Activation

  init(_ batch: Int, _ inputs: Int, _ outputs: Int) {
    rows = RandomData.matrix(batch, inputs, "inputs")
    gradientRows = RandomData.matrix(batch, outputs, "gradients")
    weight = RandomData.matrix(outputs, inputs, "weights")
    bias = RandomData.numbers(outputs, "biases")
    x = Activation(rowsOf: rows)
    dy = Activation(rowsOf: gradientRows)
  }

  func body(_ product: DenseProduct) -> Body {
    switch product {
    case .forward: return .call { _ = dense(x.view, weight: weight, bias: bias) }
    case .inputGradient: return .call { _ = denseInputGradient(dy.view, weight: weight) }
    case .weightGradient:
      var dweight = Matrix(rows: weight.rows, columns: weight.columns)
      var dbias = bias
      return .call { denseWeightGradient(x.view, outputGradient: dy.view, weight: &dweight, bias: &dbias, .replace) }
    }
  }

  func check(_ product: DenseProduct, _ check: Check) throws {
    switch product {
    case .forward: try checkForward(check)
    case .inputGradient: try checkInputGradient(check)
    case .weightGradient: try checkWeightGradient(check)
    }
  }

  private func checkForward(_ check: Check) throws {
    let y = dense(x.view, weight: weight, bias: bias)
    for (sample, output) in Check.places(rows: rows.rows, columns: weight.rows) {
      let expected = Reference.dense(
        rows.row(sample), weight: weight.row(output), bias: [bias[output]], activation: .identity)
      try check.equal(y[sample, output], expected[0, 0], "output \(output) of sample \(sample)")
    }
  }

  private func checkInputGradient(_ check: Check) throws {
    let dx = denseInputGradient(dy.view, weight: weight)
    for (sample, input) in Check.places(rows: rows.rows, columns: weight.columns) {
      let expected = Reference.denseInputGradient(
        gradientRows.row(sample), weight: weight.columns(input..<(input + 1)))
      try check.equal(dx[sample, input], expected[0, 0], "input gradient \(input) of sample \(sample)")
    }
  }

  private func checkWeightGradient(_ check: Check) throws {
    var dweight = Matrix(rows: weight.rows, columns: weight.columns)
    var dbias = bias
    denseWeightGradient(x.view, outputGradient: dy.view, weight: &dweight, bias: &dbias, .replace)
    for (output, input) in Check.places(rows: weight.rows, columns: weight.columns) {
      let expected = Reference.denseWeightGradient(
        rows.columns(input..<(input + 1)), outputGradient: gradientRows.columns(output..<(output + 1)))
      try check.equal(dweight[output, input], expected[0, 0], "weight gradient (\(output), \(input))")
    }
    try check.biasGradient(dbias, outputGradient: gradientRows)
  }
}

extension Check {
  /// The sums of the columns of `outputGradient`. The fast ones add in another order than a plain loop, so the exact sum
  /// is what both are compared with: n numbers added in any order err by at most (n − 1)·u·Σ|·| (Higham 2002, eq. 4.4)
  /// up to terms of u², for which the n-th u leaves room.
  func biasGradient(_ found: [Float], outputGradient: Matrix) throws {
    for (column, sum) in found.enumerated() {
      let terms = outputGradient.columns(column..<(column + 1)).values.map(Double.init)
      let bound = Double(terms.count) * Check.roundoff * terms.reduce(0) { $0 + $1.magnitude }
      try near(Double(sum), terms.reduce(0, +), within: bound, "bias gradient \(column)")
    }
  }
}
