/// Slow, plain kernels, one loop a line: what the fast ones must equal.
///
/// Products accumulate like the fast kernels, one multiply-add at a time in ascending order, fused where the
/// instruction set in use fuses; so on one machine fast and slow agree to the bit.
public enum Reference {
  /// sum + a·b as the instruction set in use rounds it.
  public static func multiplyAdd(_ sum: Float, _ a: Float, _ b: Float) -> Float {
    InstructionSet.fusesMultiplyAdd ? sum.addingProduct(a, b) : sum + a * b
  }

  /// C = op(A)·op(B), added to C where asked.
  public static func matmul(
    _ a: Matrix, _ transposeA: Transposition, _ b: Matrix, _ transposeB: Transposition, into c: inout Matrix,
    _ accumulation: Accumulation
  ) {
    let depth = transposeA == .none ? a.columns : a.rows
    for row in 0..<c.rows {
      for column in 0..<c.columns {
        var sum = accumulation == .add ? c[row, column] : 0
        for k in 0..<depth {
          let left = transposeA == .none ? a[row, k] : a[k, row]
          let right = transposeB == .none ? b[k, column] : b[column, k]
          sum = multiplyAdd(sum, left, right)
        }
        c[row, column] = sum
      }
    }
  }

  /// y = activation(W·x + bias) on samples as rows.
  public static func dense(_ x: Matrix, weight: Matrix, bias: [Float], activation: DenseActivation) -> Matrix {
    var y = Matrix(rows: x.rows, columns: weight.rows)
    for sample in 0..<x.rows {
      for output in 0..<weight.rows {
        var sum = bias[output]
        for input in 0..<weight.columns { sum = multiplyAdd(sum, weight[output, input], x[sample, input]) }
        y[sample, output] = activation == .rectifier && sum < 0 ? 0 : sum
      }
    }
    return y
  }

  /// dx = Wᵀ·dy on samples as rows.
  public static func denseInputGradient(_ dy: Matrix, weight: Matrix) -> Matrix {
    var dx = Matrix(rows: dy.rows, columns: weight.columns)
    for sample in 0..<dy.rows {
      for input in 0..<weight.columns {
        var sum: Float = 0
        for output in 0..<weight.rows { sum = multiplyAdd(sum, weight[output, input], dy[sample, output]) }
        dx[sample, input] = sum
      }
    }
    return dx
  }

  /// One Adamax step, as `adamaxUpdate` states it.
  public static func adamax(
    _ value: inout [Float], gradient: [Float], first: inout [Float], second: inout [Float], step: Int,
    learningRate: Float, beta1: Float, beta2: Float, epsilon: Float, weightDecay: Float
  ) {
    let rate = Float(Double(learningRate) / (1 - power(Double(beta1), step)))
    for i in value.indices {
      let g = multiplyAdd(gradient[i], weightDecay, value[i])
      first[i] = multiplyAdd(first[i], 1 - beta1, g - first[i])
      second[i] = max(second[i] * beta2, abs(g) + epsilon)
      value[i] -= rate * first[i] / second[i]
    }
  }

  /// dW = Σ dy·xᵀ on samples as rows.
  public static func denseWeightGradient(_ x: Matrix, outputGradient dy: Matrix) -> Matrix {
    var dweight = Matrix(rows: dy.columns, columns: x.columns)
    for output in 0..<dy.columns {
      for input in 0..<x.columns {
        var sum: Float = 0
        for sample in 0..<x.rows { sum = multiplyAdd(sum, dy[sample, output], x[sample, input]) }
        dweight[output, input] = sum
      }
    }
    return dweight
  }
}
