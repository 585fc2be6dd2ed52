import MicroKernels
import Testing

@testable import Kernels

extension SharedState {
  /// What is made some rows at a time has the bits of what is made at once; sums over a batch in parts agree with Double.
  @Suite struct ConvolutionPassTests {
    struct Shape: CustomTestStringConvertible {
      let samples, height, width, inputs, outputs, kernel: Int

      init(_ samples: Int, _ height: Int, _ width: Int, _ inputs: Int, _ outputs: Int, _ kernel: Int) {
        (self.samples, self.height, self.width) = (samples, height, width)
        (self.inputs, self.outputs, self.kernel) = (inputs, outputs, kernel)
      }

      var testDescription: String { "\(samples)×\(height)×\(width), \(kernel)×\(kernel), \(inputs)→\(outputs)" }
      var geometry: Convolution { Convolution(kernel: kernel) }

      func weight(_ numbers: inout Numbers) -> Matrix { numbers.matrix(outputs, geometry.taps * inputs) }

      func image(_ channels: Int, _ numbers: inout Numbers) -> Activation {
        Activation(rowsOf: numbers.matrix(samples, height * width * channels))
          .reshaped(height: height, width: width, channels: channels)
      }

      func gradient(_ channels: Int, _ numbers: inout Numbers) -> Activation {
        var result = image(channels, &numbers)
        result.clearPaddingLanes()
        return result
      }

      /// A norm of x by its own moments.
      func norm(_ x: ConvolutionOutput, _ numbers: inout Numbers) -> NormOutput {
        let stored = x.activation
        let moments = BatchMoments(stored)
        return NormOutput(
          x,
          BatchNormCoefficients(
            scale: numbers.floats(stored.channels), shift: numbers.floats(stored.channels), mean: moments.mean,
            variance: moments.variance))
      }
    }

    /// One block, several and many; pieces of whole blocks and of rows; no pixel; thin and thick on either side; tiles that do not
    /// fit; outputs that are stored and such as are made again.
    static let shapes = [
      Shape(1, 1, 1, 1, 1, 1), Shape(1, 1, 1, 1, 1, 3), Shape(17, 3, 5, 20, 9, 1), Shape(33, 4, 4, 16, 16, 1),
      Shape(16, 2, 3, 7, 5, 1), Shape(40, 16, 16, 33, 35, 1), Shape(150, 4, 4, 18, 21, 1), Shape(17, 5, 4, 20, 2, 3),
      Shape(70, 4, 4, 21, 3, 3), Shape(16, 6, 6, 24, 20, 3), Shape(16, 4, 5, 3, 19, 3), Shape(64, 16, 16, 2, 24, 3),
      Shape(64, 16, 16, 24, 2, 3), Shape(20, 8, 8, 4, 23, 3), Shape(20, 9, 8, 23, 4, 3), Shape(150, 3, 9, 1, 19, 3),
      Shape(150, 3, 18, 19, 1, 3), Shape(16, 1, 7, 2, 6, 3), Shape(16, 1, 8, 6, 2, 3), Shape(0, 3, 3, 2, 8, 3),
      Shape(16, 0, 3, 2, 8, 3),
      Shape(16, 3, 0, 8, 2, 3), Shape(0, 3, 3, 8, 8, 1),
    ]

    @Test("A convolution behind a norm", arguments: shapes)
    func normed(shape: Shape) {
      var numbers = Numbers(21)
      let norm = shape.norm(ConvolutionOutput(shape.image(shape.inputs, &numbers)), &numbers)
      let weight = shape.weight(&numbers)
      let bias = numbers.floats(shape.outputs)
      let expected = convolution(norm.activation.view, weight: weight, bias: bias, shape.geometry)
      for threads in [1, 3] {
        let y = withThreads(threads) {
          poisoned { convolution(norm, weight: weight, bias: bias, shape.geometry) }
        }
        #expect(firstDifference(y.matrix(), expected.matrix()) == nil)
      }
    }

    @Test("Behind a norm is what batch norm and rectifier make", arguments: shapes)
    func rectified(shape: Shape) {
      var numbers = Numbers(22)
      let x = shape.image(shape.inputs, &numbers)
      let norm = shape.norm(ConvolutionOutput(x), &numbers)
      let expected = batchNorm(x, norm.coefficients, rectifies: true)
      #expect(firstDifference(poisoned { norm.activation }.matrix(), expected.matrix()) == nil)
    }

    // The bound of `BatchNormTests.moments`, for chunks of all of a block's pixels.
    @Test("A convolution with moments", arguments: shapes)
    func moments(shape: Shape) {
      var numbers = Numbers(23)
      let weight = shape.weight(&numbers)
      let x = shape.image(shape.inputs, &numbers)
      let norm = shape.norm(ConvolutionOutput(x), &numbers)
      let plain = poisoned { convolutionWithMoments(x.view, weight: weight, shape.geometry) }
      let behind = poisoned { convolutionWithMoments(norm, weight: weight, shape.geometry) }
      let expected = [
        convolution(x.view, weight: weight, bias: [], shape.geometry),
        convolution(norm.activation.view, weight: weight, bias: [], shape.geometry),
      ]
      for (found, y) in zip([plain, behind], expected) {
        #expect(firstDifference(poisoned { found.y.activation }.matrix(), y.matrix()) == nil)
        let (mean, variance) = Reference.batchNormMoments(y)
        let rows = y.matrix()
        let k = Double(shape.height * shape.width)
        for channel in 0..<shape.outputs {
          let values = stride(from: channel, to: rows.values.count, by: shape.outputs).map { Double(rows.values[$0]) }
          let spread = (values.max() ?? 0) - (values.min() ?? 0)
          #expect(
            abs(Double(found.moments.mean[channel]) - mean[channel])
              <= 1.01 * unitRoundoff * (k * spread + abs(mean[channel])) + 0x1p-60)
          #expect(
            abs(Double(found.moments.variance[channel]) - variance[channel])
              <= 1.01 * unitRoundoff * ((3 * k + 3) * spread * spread + variance[channel]) + 0x1p-40 * spread * spread)
        }
      }
    }

    /// What a pass gives, as floats.
    private struct Found {
      var values: [Float]
      var weight: Matrix
    }

    @Test("Gradients behind a norm, of a plain output", arguments: shapes)
    func gradientsOfPlainOutput(shape: Shape) {
      var numbers = Numbers(24)
      let norm = shape.norm(ConvolutionOutput(shape.image(shape.inputs, &numbers)), &numbers)
      let weight = shape.weight(&numbers)
      let dy = shape.gradient(shape.outputs, &numbers)
      let dx = NormGradient(
        norm,
        outputGradient: convolutionInputGradient(
          dy.view, weight: weight, shape.geometry, height: shape.height, width: shape.width))
      check(shape, norm.activation, dy, values(dx), numbers) { start, accumulation in
        var dweight = start
        let found = convolutionGradients(
          norm, weight: weight, outputGradient: dy.view, shape.geometry, weight: &dweight, accumulation)
        return Found(values: values(found), weight: dweight)
      }
    }

    @Test("Gradients between two norms", arguments: shapes)
    func gradientsBetweenNorms(shape: Shape) {
      var numbers = Numbers(25)
      let norm = shape.norm(ConvolutionOutput(shape.image(shape.inputs, &numbers)), &numbers)
      let weight = shape.weight(&numbers)
      let dy = outputGradient(shape, &numbers)
      let behind = dy.activation
      #expect(allLanes(behind).allSatisfy { $0.isFinite })
      let dx = NormGradient(
        norm,
        outputGradient: convolutionInputGradient(
          behind.view, weight: weight, shape.geometry, height: shape.height, width: shape.width))
      check(shape, norm.activation, behind, values(dx), numbers) { start, accumulation in
        var dweight = start
        let found = convolutionGradients(
          norm, weight: weight, outputGradient: dy, shape.geometry, weight: &dweight, accumulation)
        return Found(values: values(found), weight: dweight)
      }
    }

    @Test("Gradients in front of a norm", arguments: shapes)
    func gradientsInFrontOfNorm(shape: Shape) {
      var numbers = Numbers(26)
      let x = shape.image(shape.inputs, &numbers)
      let weight = shape.weight(&numbers)
      let dy = outputGradient(shape, &numbers)
      let behind = dy.activation
      let dx = convolutionInputGradient(
        behind.view, weight: weight, shape.geometry, height: shape.height, width: shape.width)
      check(shape, x, behind, dx.matrix().values, numbers) { start, accumulation in
        var dweight = start
        let found = convolutionGradients(
          x.view, weight: weight, outputGradient: dy, shape.geometry, weight: &dweight, accumulation)
        return Found(values: found.matrix().values, weight: dweight)
      }
    }

    /// A gradient in front of a norm of the shape's outputs, which are made again where that is possible: by a thin convolution.
    private func outputGradient(_ shape: Shape, _ numbers: inout Numbers) -> NormGradient {
      let thin = shape.image(2, &numbers)
      let source = convolutionWithMoments(
        thin.view, weight: numbers.matrix(shape.outputs, 18), Convolution(kernel: 3)
      ).y
      let norm = shape.norm(source, &numbers)
      let dthin = shape.gradient(2, &numbers)
      var unused = Matrix(rows: 2, columns: 9 * shape.outputs)
      return convolutionGradients(
        norm, weight: numbers.matrix(2, 9 * shape.outputs), outputGradient: dthin.view, Convolution(kernel: 3),
        weight: &unused, .replace)
    }

    private func values(_ gradient: NormGradient) -> [Float] {
      gradient.activation.matrix().values + gradient.scaleGradient + gradient.shiftGradient
    }

    /// Compares with what is given to the bit, the weight gradient of x and dy with sums in Double, and runs on threads with each other.
    /// A sum of n products in any order is off by at most n·u·Σ|products|, and every part and what is added to is one number more.
    private func check(
      _ shape: Shape, _ x: Activation, _ dy: Activation, _ expected: [Float], _ numbers: Numbers,
      _ pass: (_ start: Matrix, Accumulation) -> Found
    ) {
      var numbers = numbers
      let start = shape.weight(&numbers)
      for accumulation in [Accumulation.replace, .add] {
        let found = [1, 2, 3].map { threads in withThreads(threads) { poisoned { pass(start, accumulation) } } }
        for other in found.dropFirst() {
          #expect(firstDifference(other.values, found[0].values) == nil)
          #expect(firstDifference(other.weight, found[0].weight) == nil)
        }
        #expect(firstDifference(found[0].values, expected) == nil)
        let terms = Double(shape.samples * shape.height * shape.width + 16)
        for (index, sum) in weightSums(shape, x, dy).enumerated() {
          let before = accumulation == .add ? Double(start.values[index]) : 0
          let bound = 1.01 * terms * unitRoundoff * (sum.magnitude + abs(before))
          let value = Double(found[0].weight.values[index])
          #expect(abs(value - sum.value - before) <= bound, "\(index): \(value), expected \(sum.value + before)")
        }
      }
    }

    /// Every weight's Σ dy·x in Double, and Σ |dy·x|.
    private func weightSums(_ shape: Shape, _ x: Activation, _ dy: Activation) -> [(value: Double, magnitude: Double)] {
      let (rows, gradients) = (x.matrix().values.map(Double.init), dy.matrix().values.map(Double.init))
      let reach = shape.kernel / 2
      var sums = [(value: Double, magnitude: Double)](
        repeating: (0, 0), count: shape.outputs * shape.geometry.taps * shape.inputs)
      for sample in 0..<shape.samples {
        for y in 0..<shape.height {
          for column in 0..<shape.width {
            let place = (sample * shape.height + y) * shape.width + column
            for tap in 0..<shape.geometry.taps {
              let (row, line) = (y + tap / shape.kernel - reach, column + tap % shape.kernel - reach)
              guard (0..<shape.height).contains(row), (0..<shape.width).contains(line) else { continue }
              let source = ((sample * shape.height + row) * shape.width + line) * shape.inputs
              for output in 0..<shape.outputs {
                let gradient = gradients[place * shape.outputs + output]
                let target = (output * shape.geometry.taps + tap) * shape.inputs
                for input in 0..<shape.inputs {
                  let product = gradient * rows[source + input]
                  sums[target + input].value += product
                  sums[target + input].magnitude += abs(product)
                }
              }
            }
          }
        }
      }
      return sums
    }

    private func poisoned<Result>(_ body: () -> Result) -> Result {
      BufferPool.shared.setPoisoning(true)
      defer { BufferPool.shared.setPoisoning(false) }
      return body()
    }
  }
}
