import MicroKernels

extension Reference {
  /// y = activation(W ∗ x + bias); see `convolution`, `tapsApart` being the order of its sums.
  public static func convolution(
    _ x: ChannelView, weight: Matrix, bias: [Float], _ geometry: Convolution, activation: DenseActivation = .identity,
    tapsApart: Bool
  ) -> Activation {
    let image = x.activation
    var y = Activation(
      samples: x.samples, height: geometry.outputSize(image.height), width: geometry.outputSize(image.width),
      channels: weight.rows)
    for sample in 0..<y.samples {
      for row in 0..<y.height {
        for column in 0..<y.width {
          for output in 0..<y.channels {
            var sum = bias[output]
            forEachTap(geometry, row, column, image.height, image.width) { tap, inputRow, inputColumn in
              let before = sum
              if tapsApart { sum = 0 }
              for input in 0..<x.channels {
                sum = multiplyAdd(
                  sum, weight[output, tap * x.channels + input],
                  image[sample, inputRow, inputColumn, x.range.lowerBound + input])
              }
              if tapsApart { sum += before }
            }
            y[sample, row, column, output] = activation == .rectifier && sum < 0 ? 0 : sum
          }
        }
      }
    }
    return y
  }

  /// The input's gradient; see `convolutionInputGradient`. Each sum runs over output pixels and channels in ascending
  /// order, with `tapsApart` each pixel's from zero.
  public static func convolutionInputGradient(
    _ dy: ChannelView, weight: Matrix, _ geometry: Convolution, height: Int, width: Int, tapsApart: Bool
  ) -> Activation {
    let inputs = weight.columns / geometry.taps
    let image = dy.activation
    var dx = Activation(samples: dy.samples, height: height, width: width, channels: inputs)
    for sample in 0..<dx.samples {
      for row in 0..<image.height {
        for column in 0..<image.width {
          forEachTap(geometry, row, column, height, width) { tap, inputRow, inputColumn in
            for input in 0..<inputs {
              let before = dx[sample, inputRow, inputColumn, input]
              var sum = tapsApart ? 0 : before
              for output in 0..<dy.channels {
                sum = multiplyAdd(
                  sum, weight[output, tap * inputs + input],
                  image[sample, row, column, dy.range.lowerBound + output])
              }
              dx[sample, inputRow, inputColumn, input] = tapsApart ? before + sum : sum
            }
          }
        }
      }
    }
    return dx
  }

  /// The weights' gradient; see `convolutionWeightGradient`.
  public static func convolutionWeightGradient(
    _ x: ChannelView, outputGradient dy: ChannelView, _ geometry: Convolution, weight dweight: inout Matrix,
    _ accumulation: Accumulation, _ order: Convolution.WeightGradientOrder
  ) {
    if accumulation == .replace { dweight = Matrix(rows: dweight.rows, columns: dweight.columns) }
    switch order {
    case .oneChain: addChain(x, outputGradient: dy, geometry, to: &dweight) { _, _, _ in true }
    case .lanesFirst: addLaneSums(x, outputGradient: dy, geometry, to: &dweight)
    case .parts(let byInput):
      let pieces = ImagePieces(byInput ? x.activation : dy.activation)
      var total = Matrix(rows: dweight.rows, columns: dweight.columns)
      for part in 0..<pieces.parts {
        var sums = Matrix(rows: dweight.rows, columns: dweight.columns)
        addChain(x, outputGradient: dy, geometry, to: &sums) { block, inputRow, outputRow in
          pieces.pieces(part).contains { index in
            pieces[index].block == block && pieces[index].rows.contains(byInput ? inputRow : outputRow)
          }
        }
        for index in total.values.indices {
          total.values[index] = part == 0 ? sums.values[index] : total.values[index] + sums.values[index]
        }
      }
      for index in total.values.indices { dweight.values[index] += total.values[index] }
    }
  }

  /// Adds the products of the rows that `includes` to the weights' gradient.
  private static func addChain(
    _ x: ChannelView, outputGradient dy: ChannelView, _ geometry: Convolution, to dweight: inout Matrix,
    _ includes: (_ block: Int, _ inputRow: Int, _ outputRow: Int) -> Bool
  ) {
    let image = x.activation
    for block in 0..<dy.blocks {
      for row in 0..<dy.activation.height {
        for column in 0..<dy.activation.width {
          forEachTap(geometry, row, column, image.height, image.width) { tap, inputRow, inputColumn in
            guard includes(block, inputRow, row) else { return }
            for sample in (16 * block)..<min(16 * block + 16, dy.samples) {
              for output in 0..<dy.channels {
                let gradient = dy.activation[sample, row, column, dy.range.lowerBound + output]
                for input in 0..<x.channels {
                  let index = tap * x.channels + input
                  dweight[output, index] = multiplyAdd(
                    dweight[output, index], gradient, image[sample, inputRow, inputColumn, x.range.lowerBound + input])
                }
              }
            }
          }
        }
      }
    }
  }

  /// The weights' gradient where the sums of every lane come first.
  private static func addLaneSums(
    _ x: ChannelView, outputGradient dy: ChannelView, _ geometry: Convolution, to dweight: inout Matrix
  ) {
    var total = [Vector](repeating: Vector(repeating: 0), count: dweight.values.count)
    for lane in 0..<16 {
      var sums = Matrix(rows: dweight.rows, columns: dweight.columns)
      for sample in stride(from: lane, to: dy.samples, by: 16) {
        for row in 0..<dy.activation.height {
          for column in 0..<dy.activation.width {
            forEachTap(geometry, row, column, x.activation.height, x.activation.width) { tap, inputRow, inputColumn in
              for output in 0..<dy.channels {
                let gradient = dy.activation[sample, row, column, dy.range.lowerBound + output]
                for input in 0..<x.channels {
                  let value = x.activation[sample, inputRow, inputColumn, x.range.lowerBound + input]
                  let index = tap * x.channels + input
                  sums[output, index] = multiplyAdd(sums[output, index], gradient, value)
                }
              }
            }
          }
        }
      }
      for index in total.indices { total[index][lane] = sums.values[index] }
    }
    for index in total.indices { dweight.values[index] += laneSum(total[index]) }
  }

  /// Calls `body` with every tap inside the image, in ascending order, and the input pixel under it.
  private static func forEachTap(
    _ geometry: Convolution, _ row: Int, _ column: Int, _ height: Int, _ width: Int,
    _ body: (_ tap: Int, _ inputRow: Int, _ inputColumn: Int) -> Void
  ) {
    let reach = geometry.kernel / 2
    for ky in 0..<geometry.kernel {
      for kx in 0..<geometry.kernel {
        let inputRow = row * geometry.stride + ky - reach
        let inputColumn = column * geometry.stride + kx - reach
        if (0..<height).contains(inputRow) && (0..<width).contains(inputColumn) {
          body(ky * geometry.kernel + kx, inputRow, inputColumn)
        }
      }
    }
  }
}
