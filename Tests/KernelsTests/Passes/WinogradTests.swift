import MicroKernels
import Testing

@testable import Kernels

extension SharedState {
  /// Convolutions by transforms against sums in Double, within the bound of their rounding; and their passes against each other.
  @Suite struct WinogradTests {
    typealias Shape = ConvolutionPassTests.Shape

    /// One block, several and many; tiles that reach beyond the image on either side; channels that fill no tile and no panel; images
    /// of one tile, and of more than are computed at a time; pixels a multiple of 4096 bytes apart.
    static let shapes = [
      Shape(1, 4, 4, 16, 16, 3), Shape(17, 7, 7, 16, 16, 3), Shape(16, 8, 11, 17, 24, 3), Shape(33, 13, 8, 24, 17, 3),
      Shape(20, 5, 29, 16, 33, 3), Shape(70, 8, 7, 33, 16, 3), Shape(3, 16, 16, 20, 40, 3), Shape(150, 4, 4, 20, 20, 3),
      Shape(16, 4, 8, 130, 20, 3), Shape(16, 8, 4, 20, 130, 3), Shape(64, 28, 28, 16, 16, 3),
      Shape(17, 7, 9, 20, 64, 3), Shape(17, 7, 9, 64, 20, 3), Shape(0, 7, 7, 16, 16, 3),
    ]

    @Test("Which convolutions are transformed")
    func choice() {
      for shape in Self.shapes {
        #expect(
          shape.geometry.isTransformed(
            inputs: shape.inputs, outputs: shape.outputs, height: shape.height, width: shape.width), "\(shape)")
      }
      for (geometry, inputs, outputs, side) in [
        (Convolution(kernel: 3), 15, 64, 28), (Convolution(kernel: 3), 64, 15, 28),
        (Convolution(kernel: 1), 64, 64, 28),
        (Convolution(kernel: 3, stride: 2), 64, 64, 28), (Convolution(kernel: 3), 64, 64, 1),
        (Convolution(kernel: 3), 64, 64, 2), (Convolution(kernel: 3), 64, 64, 0),
        (Convolution(kernel: 3), 512, 512, 28),
      ] {
        #expect(
          !geometry.isTransformed(inputs: inputs, outputs: outputs, height: side, width: side),
          "\(geometry), \(inputs)→\(outputs), \(side)")
      }
    }

    @Test("Forward agrees with sums in Double", arguments: shapes)
    func forward(shape: Shape) {
      var numbers = Numbers(31)
      let x = shape.image(shape.inputs, &numbers)
      let weight = shape.weight(&numbers)
      let bias = numbers.floats(shape.outputs)
      let expected = Expected(x, weight, flips: false)
      for activation in [DenseActivation.identity, .rectifier] {
        let y = poisoned {
          convolution(x.view, weight: weight, bias: bias, shape.geometry, activation: activation)
        }
        #expect(allLanes(y).allSatisfy { $0.isFinite }, "padding lanes")
        expected.check(y, bias: bias, rectifies: activation == .rectifier)
      }
      expected.check(
        poisoned { convolution(x.view, weight: weight, bias: [], shape.geometry) },
        bias: [Float](repeating: 0, count: shape.outputs), rectifies: false)
    }

    @Test("The input's gradient agrees with sums in Double", arguments: shapes)
    func inputGradient(shape: Shape) {
      var numbers = Numbers(32)
      let dy = shape.gradient(shape.outputs, &numbers)
      let weight = shape.weight(&numbers)
      let dx = poisoned {
        convolutionInputGradient(
          dy.view, weight: weight, shape.geometry, height: shape.height, width: shape.width)
      }
      Expected(dy, weight, flips: true).check(
        dx, bias: [Float](repeating: 0, count: shape.inputs), rectifies: false)
    }

    @Test("The weights' gradient agrees with sums in Double", arguments: shapes)
    func weightGradient(shape: Shape) {
      var numbers = Numbers(33)
      let x = shape.image(shape.inputs, &numbers)
      let dy = shape.gradient(shape.outputs, &numbers)
      let start = shape.weight(&numbers)
      let startBias = numbers.floats(shape.outputs)
      let expected = ExpectedGradient(x, dy)
      for accumulation in [Accumulation.replace, .add] {
        var dweight =
          accumulation == .add ? start : Matrix(rows: start.rows, columns: start.columns, repeating: .nan)
        var dbias = startBias
        poisoned {
          convolutionWeightGradient(
            x.view, outputGradient: dy.view, shape.geometry, weight: &dweight, bias: &dbias, accumulation)
        }
        expected.check(dweight, from: accumulation == .add ? start : nil)
        var plainBias = startBias
        sumOverSamples(dy.view, into: &plainBias, accumulation)
        #expect(firstDifference(dbias, plainBias) == nil)
      }
    }

    @Test("Results are the same bits on 1, 2 and 3 threads", arguments: shapes)
    func threads(shape: Shape) {
      var numbers = Numbers(34)
      let x = shape.image(shape.inputs, &numbers)
      let dy = shape.gradient(shape.outputs, &numbers)
      let weight = shape.weight(&numbers)
      let bias = numbers.floats(shape.outputs)
      let results = [1, 2, 3].map { threads in
        withThreads(threads) {
          poisoned {
            var (dweight, dbias) = (weight, bias)
            convolutionWeightGradient(
              x.view, outputGradient: dy.view, shape.geometry, weight: &dweight, bias: &dbias, .replace)
            let y = convolution(x.view, weight: weight, bias: bias, shape.geometry)
            let dx = convolutionInputGradient(
              dy.view, weight: weight, shape.geometry, height: shape.height, width: shape.width)
            return y.matrix().values + dx.matrix().values + dweight.values
          }
        }
      }
      #expect(firstDifference(results[1], results[0]) == nil)
      #expect(firstDifference(results[2], results[0]) == nil)
    }

    @Test("Behind a norm, with moments, the bits are those of what is there", arguments: shapes)
    func behindNorm(shape: Shape) {
      var numbers = Numbers(35)
      let norm = shape.norm(ConvolutionOutput(shape.image(shape.inputs, &numbers)), &numbers)
      let weight = shape.weight(&numbers)
      let expected = convolution(norm.activation.view, weight: weight, bias: [], shape.geometry)
      let found = poisoned { convolutionWithMoments(norm, weight: weight, shape.geometry) }
      #expect(firstDifference(found.y.activation.matrix(), expected.matrix()) == nil)
      let plain = poisoned { convolutionWithMoments(norm.activation.view, weight: weight, shape.geometry) }
      #expect(firstDifference(plain.y.activation.matrix(), expected.matrix()) == nil)
      #expect(plain.moments == found.moments)
      // Each is within its own bound of the exact ones; see `BatchNormTests.moments`.
      let other = BatchMoments(expected)
      let (rows, count) = (expected.matrix(), Double(shape.height * shape.width))
      for channel in 0..<shape.outputs {
        let values = stride(from: channel, to: rows.values.count, by: shape.outputs).map { Double(rows.values[$0]) }
        let spread = (values.max() ?? 0) - (values.min() ?? 0)
        let size = values.reduce(0) { max($0, abs($1)) }
        #expect(
          abs(Double(found.moments.mean[channel]) - Double(other.mean[channel]))
            <= 2.02 * unitRoundoff * (count * spread + size) + 0x1p-60)
        #expect(
          abs(Double(found.moments.variance[channel]) - Double(other.variance[channel]))
            <= 2.02 * unitRoundoff * ((3 * count + 3) * spread * spread) + 0x1p-40 * spread * spread)
      }
      let bias = numbers.floats(shape.outputs)
      #expect(
        firstDifference(
          poisoned { convolution(norm, weight: weight, bias: bias, shape.geometry) }.matrix(),
          convolution(norm.activation.view, weight: weight, bias: bias, shape.geometry).matrix()) == nil)
      #expect(
        firstDifference(
          poisoned {
            rectifiedConvolution(ConvolutionOutput(norm.activation), weight: weight, bias: bias, shape.geometry)
              .activation
          }.matrix(),
          convolution(norm.activation.view, weight: weight, bias: bias, shape.geometry, activation: .rectifier)
            .matrix()) == nil)
    }

    @Test("Gradients in one pass are those of a pass each", arguments: shapes)
    func gradients(shape: Shape) {
      var numbers = Numbers(36)
      let norm = shape.norm(ConvolutionOutput(shape.image(shape.inputs, &numbers)), &numbers)
      let weight = shape.weight(&numbers)
      let start = shape.weight(&numbers)
      // A gradient in front of a norm without rectifier, made when it is read.
      let source = shape.norm(ConvolutionOutput(shape.image(shape.outputs, &numbers)), &numbers)
      let plainNorm = NormOutput(
        ConvolutionOutput(source.x.stored()), source.coefficients, rectifies: false)
      let dy = NormGradient(plainNorm, outputGradient: shape.gradient(shape.outputs, &numbers))
      let stored = dy.activation
      let dx = convolutionInputGradient(
        stored.view, weight: weight, shape.geometry, height: shape.height, width: shape.width)
      let shortcut = shape.gradient(shape.inputs, &numbers)
      for accumulation in [Accumulation.replace, .add] {
        var expected = start
        var none: [Float] = []
        convolutionWeightGradient(
          norm.activation.view, outputGradient: stored.view, shape.geometry, weight: &expected, bias: &none,
          accumulation)
        var (first, second, third) = (start, start, start)
        let behind = poisoned {
          convolutionGradients(
            norm, weight: weight, outputGradient: dy, shape.geometry, weight: &first, accumulation)
        }
        #expect(firstDifference(first, expected) == nil)
        checkNormGradient(shape, norm, behind, dx)
        let plain = poisoned {
          convolutionGradients(
            norm, weight: weight, outputGradient: stored.view, shape.geometry, weight: &second, accumulation)
        }
        #expect(firstDifference(second, expected) == nil)
        #expect(plain.scaleGradient == behind.scaleGradient && plain.shiftGradient == behind.shiftGradient)
        let x = norm.activation
        let sum = NormOutput(ConvolutionOutput(norm.x.stored()), norm.coefficients, rectifies: false)
        let summed = poisoned {
          convolutionGradients(
            x.view, weight: weight, outputGradient: dy, adding: shortcut, behind: sum, shape.geometry, weight: &third,
            accumulation)
        }
        #expect(firstDifference(third, expected) == nil)
        var total = dx
        total.add(shortcut)
        total = rectifierGradient(x, outputGradient: total.view)
        #expect(firstDifference(summed.outputGradient.matrix(), total.matrix()) == nil)
        checkNormGradient(shape, sum, summed, total)
        let alone = convolutionGradients(
          norm.activation.view, weight: weight, outputGradient: dy, shape.geometry, weight: &third, .replace)
        #expect(firstDifference(alone.matrix(), dx.matrix()) == nil)
      }
    }

    /// The sums of a norm's gradient, taken beside a convolution, are those of its own pass: from 49 samples on to the bit, as parts are
    /// blocks then, and else as near as two orders of the same terms can be.
    private func checkNormGradient(
      _ shape: Shape, _ norm: NormOutput, _ found: NormGradient, _ dx: Activation
    ) {
      let expected = NormGradient(norm, outputGradient: dx)
      if shape.samples >= 49 {
        #expect(found.scaleGradient == expected.scaleGradient && found.shiftGradient == expected.shiftGradient)
        #expect(firstDifference(found.activation.matrix(), expected.activation.matrix()) == nil)
        return
      }
      let (x, gradients) = (norm.x.stored().matrix().values, dx.matrix().values)
      let terms = 2 * Double(shape.samples * shape.height * shape.width + 32)
      for channel in 0..<shape.inputs {
        var (plain, normal) = (0.0, 0.0)
        for index in stride(from: channel, to: x.count, by: shape.inputs) {
          let size = abs(Double(gradients[index]))
          plain += size
          normal +=
            size
            * (abs(Double(x[index]) * Double(norm.coefficients.inverseDeviation[channel]))
              + abs(Double(norm.coefficients.normalShift[channel])))
        }
        #expect(
          abs(Double(found.shiftGradient[channel]) - Double(expected.shiftGradient[channel]))
            <= terms * unitRoundoff * plain)
        #expect(
          abs(Double(found.scaleGradient[channel]) - Double(expected.scaleGradient[channel]))
            <= terms * unitRoundoff * normal)
      }
    }

    private func poisoned<Result>(_ body: () -> Result) -> Result {
      BufferPool.shared.setPoisoning(true)
      defer { BufferPool.shared.setPoisoning(false) }
      return body()
    }
  }
}

/// The transforms' matrices, and products with them, in Double.
private enum Matrices {
  static let input: [[Double]] = [
    [4, 0, -5, 0, 1, 0], [0, -4, -4, 1, 1, 0], [0, 4, -4, -1, 1, 0], [0, -2, -1, 2, 1, 0], [0, 2, -1, -2, 1, 0],
    [0, 4, 0, -5, 0, 1],
  ]
  static let weight: [[Double]] = [
    [1 / 4.0, 0, 0], [-1 / 6.0, -1 / 6.0, -1 / 6.0], [-1 / 6.0, 1 / 6.0, -1 / 6.0], [1 / 24.0, 1 / 12.0, 1 / 6.0],
    [1 / 24.0, -1 / 12.0, 1 / 6.0], [0, 0, 1],
  ]
  static let output: [[Double]] = [
    [1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1],
  ]

  static func absolute(_ matrix: [[Double]]) -> [[Double]] { matrix.map { $0.map(abs) } }

  static func transposed(_ matrix: [[Double]]) -> [[Double]] {
    matrix[0].indices.map { column in matrix.map { $0[column] } }
  }

  /// |m| v |m|ᵀ, for how far rounding can go.
  static func spread(_ matrix: [[Double]], _ value: [[Double]]) -> [[Double]] {
    let m = absolute(matrix)
    let left = m.map { row in
      value[0].indices.map { column in row.indices.reduce(0) { $0 + row[$1] * value[$1][column] } }
    }
    return left.map { row in m.map { other in row.indices.reduce(0) { $0 + row[$1] * other[$1] } } }
  }
}

/// A batch as Double, zeros beside the image.
private struct Image {
  let samples, height, width, channels: Int
  private let values: [Float]

  init(_ x: Activation) {
    (samples, height, width, channels) = (x.samples, x.height, x.width, x.channels)
    values = x.matrix().values
  }

  subscript(sample: Int, row: Int, column: Int, channel: Int) -> Double {
    guard (0..<height).contains(row), (0..<width).contains(column) else { return 0 }
    return Double(values[((sample * height + row) * width + column) * channels + channel])
  }

  /// The magnitudes of a square of pixels.
  func magnitudes(_ sample: Int, _ row: Int, _ column: Int, _ channel: Int, size: Int) -> [[Double]] {
    (0..<size).map { y in (0..<size).map { x in abs(self[sample, row + y, column + x, channel]) } }
  }
}

/// A convolution's output in Double, and its rounding's bound: `WinogradConvolution`'s, with two roundings more a step for processors
/// whose multiply-adds round twice. The first, a middle and the last samples.
private struct Expected {
  private var values: [Int: (value: Double, bound: Double)] = [:]
  private let outputs: Int

  init(_ activation: Activation, _ weight: Matrix, flips: Bool) {
    let x = Image(activation)
    let columns = weight.columns / 9
    let outputs = flips ? columns : weight.rows
    self.outputs = outputs
    func tap(_ output: Int, _ tap: Int, _ input: Int) -> Double {
      Double(flips ? weight[input, (8 - tap) * columns + output] : weight[output, tap * columns + input])
    }
    let spreads = (0..<outputs).map { output in
      (0..<x.channels).map { input in
        Matrices.spread(
          Matrices.weight, (0..<3).map { y in (0..<3).map { abs(tap(output, 3 * y + $0, input)) } })
      }
    }
    for sample in Set([0, x.samples / 2, x.samples - 1]).filter({ (0..<x.samples).contains($0) }) {
      for top in stride(from: 0, to: x.height, by: 4) {
        for left in stride(from: 0, to: x.width, by: 4) {
          let patches = (0..<x.channels).map {
            Matrices.spread(Matrices.input, x.magnitudes(sample, top - 1, left - 1, $0, size: 6))
          }
          for output in 0..<outputs {
            var sums = [[Double]](repeating: [Double](repeating: 0, count: 6), count: 6)
            for input in 0..<x.channels {
              for i in 0..<6 {
                for j in 0..<6 { sums[i][j] += spreads[output][input][i][j] * patches[input][i][j] }
              }
            }
            let bounds = Matrices.spread(Matrices.output, sums)
            for row in top..<min(top + 4, x.height) {
              for column in left..<min(left + 4, x.width) {
                var sum = 0.0
                for input in 0..<x.channels {
                  for index in 0..<9 {
                    sum +=
                      tap(output, index, input) * x[sample, row + index / 3 - 1, column + index % 3 - 1, input]
                  }
                }
                values[((sample * x.height + row) * x.width + column) * outputs + output] = (
                  sum, Double(x.channels + 48) * unitRoundoff * bounds[row - top][column - left]
                )
              }
            }
          }
        }
      }
    }
  }

  func check(_ y: Activation, bias: [Float], rectifies: Bool) {
    let found = y.matrix().values
    #expect(y.channels == outputs && values.keys.allSatisfy { $0 < found.count })
    for (index, expected) in values {
      let start = Double(bias[index % outputs])
      let value = rectifies ? max(0, expected.value + start) : expected.value + start
      let bound = expected.bound + 4 * unitRoundoff * (abs(start) + abs(value))
      #expect(abs(Double(found[index]) - value) <= bound, "\(index): \(found[index]), expected \(value)")
    }
  }
}

/// A weight gradient in Double, and its rounding's bound; see `WinogradGradient`. The first and the last channels.
private struct ExpectedGradient {
  private var values: [Int: (value: Double, bound: Double)] = [:]

  init(_ x: Activation, _ dy: Activation) {
    let (input, gradient) = (Image(x), Image(dy))
    let tiles = ((x.height + 3) / 4) * ((x.width + 3) / 4)
    let terms = Double(x.samples * tiles + 96)
    let channels = Set([0, input.channels / 2, input.channels - 1])
    for output in Set([0, gradient.channels / 2, gradient.channels - 1]) {
      for channel in channels {
        var sums = [[Double]](repeating: [Double](repeating: 0, count: 6), count: 6)
        var taps = [Double](repeating: 0, count: 9)
        for sample in 0..<x.samples {
          for row in 0..<x.height {
            for column in 0..<x.width {
              for tap in 0..<9 {
                taps[tap] +=
                  gradient[sample, row, column, output]
                  * input[sample, row + tap / 3 - 1, column + tap % 3 - 1, channel]
              }
            }
          }
          for top in stride(from: 0, to: x.height, by: 4) {
            for left in stride(from: 0, to: x.width, by: 4) {
              let patch = Matrices.spread(
                Matrices.input, input.magnitudes(sample, top - 1, left - 1, channel, size: 6))
              let tile = Matrices.spread(
                Matrices.transposed(Matrices.output), gradient.magnitudes(sample, top, left, output, size: 4))
              for i in 0..<6 {
                for j in 0..<6 { sums[i][j] += patch[i][j] * tile[i][j] }
              }
            }
          }
        }
        let bounds = Matrices.spread(Matrices.transposed(Matrices.weight), sums)
        for tap in 0..<9 {
          values[(output * 9 + tap) * input.channels + channel] = (
            taps[tap], terms * unitRoundoff * bounds[tap / 3][tap % 3]
          )
        }
      }
    }
  }

  func check(_ weight: Matrix, from start: Matrix?) {
    #expect(weight.values.allSatisfy { $0.isFinite })
    for (index, expected) in values {
      let before = Double(start?.values[index] ?? 0)
      let bound = expected.bound + 2 * unitRoundoff * (abs(before) + abs(expected.value))
      #expect(
        abs(Double(weight.values[index]) - before - expected.value) <= bound,
        "\(index): \(weight.values[index]), expected \(before + expected.value)")
    }
  }
}
