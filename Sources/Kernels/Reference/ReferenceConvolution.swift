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
    case .minimalFiltering(let byInput): addFiltered(x, outputGradient: dy, byInput: byInput, to: &dweight)
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

  /// Adds the weights' gradient of a 3×3 convolution by minimal filtering; see `thinWinograd2x2`.
  private static func addFiltered(
    _ x: ChannelView, outputGradient dy: ChannelView, byInput: Bool, to dweight: inout Matrix
  ) {
    let (thick, thin) = byInput ? (x, dy) : (dy, x)
    for thickChannel in 0..<thick.channels {
      for thinChannel in 0..<thin.channels {
        var taps = [Vector](repeating: Vector(repeating: 0), count: 9)
        for lane in 0..<16 {
          var sums = [Float](repeating: 0, count: 16)
          for sample in stride(from: lane, to: thick.samples, by: 16) {
            for row in stride(from: 0, to: thick.activation.height, by: 2) {
              for column in stride(from: 0, to: thick.activation.width, by: 2) {
                let patch = (0..<4).map { y in
                  (0..<4).map { pixel(thin, sample, row - 1 + y, column - 1 + $0, thinChannel) }
                }
                let tile = (0..<2).map { y in (0..<2).map { pixel(thick, sample, row + y, column + $0, thickChannel) } }
                let v = inColumnsAndRows(patch) { [$0[0] - $0[2], $0[1] + $0[2], $0[2] - $0[1], $0[3] - $0[1]] }
                let m = inColumnsAndRows(tile) { [$0[0], $0[0] + $0[1], $0[0] - $0[1], $0[1]] }
                for place in 0..<16 {
                  sums[place] = multiplyAdd(sums[place], v[place / 4][place % 4], m[place / 4][place % 4])
                }
              }
            }
          }
          let nine = inColumnsAndRows((0..<4).map { Array(sums[(4 * $0)..<(4 * $0 + 4)]) }) { s in
            let half = (s[1] + s[2]) / 2
            return [s[0] + half, (s[1] - s[2]) / 2, half + s[3]]
          }
          for tap in 0..<9 { taps[tap][lane] = nine[tap / 3][tap % 3] }
        }
        for tap in 0..<9 {
          if byInput {
            dweight[thinChannel, (8 - tap) * x.channels + thickChannel] += laneSum(taps[tap])
          } else {
            dweight[thickChannel, tap * x.channels + thinChannel] += laneSum(taps[tap])
          }
        }
      }
    }
  }

  /// A square of numbers, every column transformed, then every row.
  private static func inColumnsAndRows(_ square: [[Float]], _ transform: ([Float]) -> [Float]) -> [[Float]] {
    let columns = square[0].indices.map { column in transform(square.map { $0[column] }) }
    return columns[0].indices.map { row in transform(columns.map { $0[row] }) }
  }

  /// A pixel's value, zero outside the image.
  private static func pixel(_ view: ChannelView, _ sample: Int, _ row: Int, _ column: Int, _ channel: Int) -> Float {
    let image = view.activation
    return (0..<image.height).contains(row) && (0..<image.width).contains(column)
      ? image[sample, row, column, view.range.lowerBound + channel] : 0
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
