import Testing

@testable import Kernels

extension SharedState {
  /// What is made a piece at a time has the bits of what is made at once.
  struct RectifiedNormTests {
    struct Shape: CustomTestStringConvertible {
      let samples, height, width, inputs, outputs, kernel: Int

      init(_ samples: Int, _ height: Int, _ width: Int, _ inputs: Int, _ outputs: Int, _ kernel: Int) {
        (self.samples, self.height, self.width) = (samples, height, width)
        (self.inputs, self.outputs, self.kernel) = (inputs, outputs, kernel)
      }

      var testDescription: String {
        "\(samples)×\(height)×\(width), \(kernel)×\(kernel), \(inputs)→\(outputs)"
      }

      var geometry: Convolution { Convolution(kernel: kernel) }

      func norm(_ numbers: inout Numbers) -> RectifiedNorm {
        let x = image(inputs, &numbers)
        let coefficients = BatchNormCoefficients(
          scale: numbers.floats(inputs), shift: numbers.floats(inputs), mean: numbers.floats(inputs),
          variance: numbers.floats(inputs).map { $0 * $0 })
        return RectifiedNorm(x, coefficients)
      }

      func image(_ channels: Int, _ numbers: inout Numbers) -> Activation {
        Activation(rowsOf: numbers.matrix(samples, height * width * channels))
          .reshaped(height: height, width: width, channels: channels)
      }
    }

    /// Rows as long as a tile is wide and shorter, parts of panels, thin and thick on either side.
    static let shapes = [
      Shape(17, 3, 5, 20, 9, 1), Shape(33, 4, 4, 16, 16, 1), Shape(16, 2, 3, 7, 5, 1), Shape(40, 16, 16, 33, 35, 1),
      Shape(17, 5, 4, 20, 2, 3), Shape(70, 4, 4, 21, 3, 3), Shape(16, 6, 6, 24, 20, 3), Shape(16, 4, 5, 3, 19, 3),
      Shape(1, 1, 1, 1, 1, 1),
    ]

    @Test(arguments: shapes)
    func convolutions(shape: Shape) {
      var numbers = Numbers(21)
      let norm = shape.norm(&numbers)
      let weight = numbers.matrix(shape.outputs, shape.geometry.taps * shape.inputs)
      let bias = numbers.floats(shape.outputs)
      for threads in [1, 3] {
        var y = norm.x
        withThreads(threads) {
          withPoisonedBuffers { y = convolution(norm, weight: weight, bias: bias, shape.geometry) }
        }
        let expected = convolution(norm.activation.view, weight: weight, bias: bias, shape.geometry)
        #expect(firstDifference(y.matrix(), expected.matrix()) == nil)
      }
    }

    @Test(arguments: shapes)
    func weightGradients(shape: Shape) {
      var numbers = Numbers(22)
      let norm = shape.norm(&numbers)
      var dy = shape.image(shape.outputs, &numbers)
      dy.clearPaddingLanes()
      let start = numbers.matrix(shape.outputs, shape.geometry.taps * shape.inputs)
      for accumulation in [Accumulation.replace, .add] {
        var (found, expected) = (start, start)
        var (bias, expectedBias) = (numbers.floats(shape.outputs), [Float]())
        expectedBias = bias
        for threads in [1, 3] {
          found = start
          withThreads(threads) {
            withPoisonedBuffers {
              convolutionWeightGradient(
                norm, outputGradient: dy.view, shape.geometry, weight: &found, bias: &bias, accumulation)
            }
          }
          expected = start
          convolutionWeightGradient(
            norm.activation.view, outputGradient: dy.view, shape.geometry, weight: &expected, bias: &expectedBias,
            accumulation)
          #expect(firstDifference(found, expected) == nil && firstDifference(bias, expectedBias) == nil)
        }
      }
    }
  }
}
