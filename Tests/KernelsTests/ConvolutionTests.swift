import MicroKernels
import Testing

@testable import Kernels

extension SharedState {
  /// Forward and both gradients against the plain loops, to the bit, on awkward shapes.
  @Suite struct ConvolutionTests {
    struct Shape: CustomTestStringConvertible {
      let samples: Int
      let height: Int
      let width: Int
      let inputs: Int
      let outputs: Int
      let geometry: Convolution

      init(_ samples: Int, _ height: Int, _ width: Int, _ inputs: Int, _ outputs: Int, _ kernel: Int, _ stride: Int = 1)
      {
        self.samples = samples
        self.height = height
        self.width = width
        self.inputs = inputs
        self.outputs = outputs
        geometry = Convolution(kernel: kernel, stride: stride)
      }

      var testDescription: String {
        "\(samples)×\(height)×\(width), \(inputs)→\(outputs), \(geometry.kernel)×\(geometry.kernel) / \(geometry.stride)"
      }

      func weight(_ numbers: inout Numbers) -> Matrix { numbers.matrix(outputs, geometry.taps * inputs) }
      func input(_ numbers: inout Numbers) -> Activation { image(&numbers, height, width, inputs) }
      func gradient(_ numbers: inout Numbers) -> Activation {
        image(&numbers, geometry.outputSize(height), geometry.outputSize(width), outputs)
      }

      private func image(_ numbers: inout Numbers, _ height: Int, _ width: Int, _ channels: Int) -> Activation {
        var x = Activation(samples: samples, height: height, width: width, channels: channels)
        for sample in 0..<samples {
          for y in 0..<height {
            for column in 0..<width {
              for channel in 0..<channels { x[sample, y, column, channel] = numbers.float() }
            }
          }
        }
        return x
      }
    }

    /// Both kernels and strides; images from 1×1 up, wider than tiles, with all combinations of missing taps; channels
    /// around the tiles, thin and thick on either side; one block, several, and lanes that mean nothing.
    static let shapes: [Shape] = [
      Shape(1, 1, 1, 1, 1, 1), Shape(1, 1, 1, 1, 1, 3), Shape(3, 2, 2, 1, 2, 3), Shape(16, 1, 5, 3, 4, 3),
      Shape(17, 5, 1, 4, 3, 3), Shape(16, 3, 3, 2, 5, 3), Shape(33, 4, 4, 2, 13, 3), Shape(16, 4, 6, 13, 2, 3),
      Shape(64, 4, 4, 8, 17, 3), Shape(17, 6, 9, 17, 8, 3), Shape(16, 5, 16, 2, 12, 3), Shape(5, 3, 18, 20, 2, 3),
      Shape(16, 3, 7, 16, 16, 3), Shape(16, 4, 5, 17, 33, 3), Shape(33, 3, 4, 33, 17, 1), Shape(16, 2, 9, 2, 24, 1),
      Shape(40, 3, 3, 24, 2, 1), Shape(0, 3, 3, 2, 2, 3), Shape(16, 0, 3, 2, 2, 3), Shape(16, 3, 0, 2, 2, 3),
      Shape(16, 3, 3, 0, 2, 3), Shape(16, 3, 3, 2, 0, 3), Shape(16, 5, 5, 3, 7, 3, 2), Shape(17, 6, 6, 7, 3, 3, 2),
      Shape(16, 7, 8, 18, 19, 3, 2), Shape(16, 1, 1, 3, 2, 3, 2), Shape(16, 2, 3, 2, 3, 3, 2),
      Shape(20, 5, 4, 6, 5, 1, 2),
      Shape(16, 12, 12, 1, 6, 3, 2), Shape(80, 2, 2, 4, 6, 3), Shape(16, 8, 8, 64, 3, 3), Shape(16, 4, 8, 3, 64, 3),
      Shape(33, 1, 9, 4, 1, 3), Shape(80, 2, 8, 1, 4, 3), Shape(16, 7, 11, 2, 2, 3),
    ]

    @Test("Forward equals the reference to the bit", arguments: shapes)
    func forward(shape: Shape) {
      withPoisonedBuffers {
        var numbers = Numbers(11)
        let x = shape.input(&numbers)
        let weight = shape.weight(&numbers)
        let bias = numbers.floats(shape.outputs)
        for activation in [DenseActivation.identity, .rectifier] {
          let y = convolution(x.view, weight: weight, bias: bias, shape.geometry, activation: activation)
          let expected = Reference.convolution(
            x.view, weight: weight, bias: bias, shape.geometry, activation: activation,
            tapsApart: shape.geometry.sumsTapsApart(outputs: shape.outputs, width: shape.width))
          #expect(y.hasShape(of: expected))
          #expect(firstDifference(y.matrix(), expected.matrix()) == nil, "\(activation)")
          #expect(allLanes(y).allSatisfy { $0.isFinite }, "padding lanes")
        }
      }
    }

    @Test("The input's gradient equals the reference to the bit", arguments: shapes)
    func inputGradient(shape: Shape) {
      withPoisonedBuffers {
        var numbers = Numbers(12)
        let weight = shape.weight(&numbers)
        let dy = shape.gradient(&numbers)
        let dx = convolutionInputGradient(
          dy.view, weight: weight, shape.geometry, height: shape.height, width: shape.width)
        let expected = Reference.convolutionInputGradient(
          dy.view, weight: weight, shape.geometry, height: shape.height, width: shape.width,
          tapsApart: shape.geometry.sumsTapsApart(outputs: shape.inputs, width: shape.width))
        #expect(dx.hasShape(of: expected))
        #expect(firstDifference(dx.matrix(), expected.matrix()) == nil)
        #expect(allLanes(dx).allSatisfy { $0.isFinite }, "padding lanes")
      }
    }

    @Test("The weights' gradient equals the reference to the bit", arguments: shapes)
    func weightGradient(shape: Shape) {
      withPoisonedBuffers {
        var numbers = Numbers(13)
        let x = shape.input(&numbers)
        let dy = shape.gradient(&numbers)
        for accumulation in [Accumulation.replace, .add] {
          var weight = shape.weight(&numbers)
          var expected = weight
          var bias = numbers.floats(shape.outputs)
          if accumulation == .replace {
            weight = Matrix(rows: weight.rows, columns: weight.columns, repeating: .nan)
          }
          convolutionWeightGradient(
            x.view, outputGradient: dy.view, shape.geometry, weight: &weight, bias: &bias, accumulation)
          Reference.convolutionWeightGradient(
            x.view, outputGradient: dy.view, shape.geometry, weight: &expected, accumulation,
            shape.geometry.weightGradientOrder(
              inputs: shape.inputs, outputs: shape.outputs, height: shape.height, width: shape.width))
          #expect(firstDifference(weight, expected) == nil, "\(accumulation)")
        }
      }
    }

    @Test(
      "Few channels: lane sums in tiles of every width equal the reference to the bit",
      arguments: [
        // Rows of six and three, columns of four and one, several blocks and parts of one in a chunk.
        Shape(17, 3, 5, 1, 9, 3), Shape(70, 4, 4, 7, 3, 3), Shape(33, 16, 17, 16, 21, 3), Shape(16, 1, 1, 2, 2, 3),
      ])
    func laneSums(shape: Shape) {
      var numbers = Numbers(16)
      let x = shape.input(&numbers)
      let dy = shape.gradient(&numbers)
      #expect(
        shape.geometry.weightGradientOrder(
          inputs: shape.inputs, outputs: shape.outputs, height: shape.height, width: shape.width) == .lanesFirst)
      for tiles in [InstructionSet.selected.narrowTiles, InstructionSet.selected.wideTiles] {
        withPoisonedBuffers {
          for accumulation in [Accumulation.replace, .add] {
            var weight = shape.weight(&numbers)
            var expected = weight
            ThinWeightGradient(x, outputGradient: dy, tiles: tiles).run(weight: &weight, accumulation)
            Reference.convolutionWeightGradient(
              x.view, outputGradient: dy.view, shape.geometry, weight: &expected, accumulation, .lanesFirst)
            #expect(firstDifference(weight, expected) == nil, "\(tiles.tall[0].panels), \(accumulation)")
          }
        }
      }
    }

    /// Odd heights and widths, chunks that end within a row, tiles of either shape and what is left of them, one block and several, lanes
    /// that mean nothing, none at all.
    static let filteredShapes: [Shape] = [
      Shape(16, 8, 8, 2, 32, 3), Shape(17, 9, 8, 33, 3, 3), Shape(33, 8, 11, 3, 37, 3), Shape(40, 13, 9, 35, 2, 3),
      Shape(3, 9, 15, 5, 50, 3), Shape(35, 8, 29, 32, 4, 3), Shape(0, 8, 8, 2, 32, 3), Shape(16, 11, 13, 16, 33, 3),
    ]

    @Test("Minimal filtering in tiles of every shape equals the reference to the bit", arguments: filteredShapes)
    func minimalFiltering(shape: Shape) {
      var numbers = Numbers(17)
      let x = shape.input(&numbers)
      let dy = shape.gradient(&numbers)
      let order = shape.geometry.weightGradientOrder(
        inputs: shape.inputs, outputs: shape.outputs, height: shape.height, width: shape.width)
      #expect(order == .minimalFiltering(byInput: shape.outputs <= shape.inputs))
      for accumulation in [Accumulation.replace, .add] {
        let start = shape.weight(&numbers)
        var expected = start
        Reference.convolutionWeightGradient(
          x.view, outputGradient: dy.view, shape.geometry, weight: &expected, accumulation, order)
        for tiles in [InstructionSet.selected.narrowTiles, InstructionSet.selected.wideTiles] {
          for threads in [1, 2, 3] {
            withPoisonedBuffers {
              var weight =
                accumulation == .add ? start : Matrix(rows: start.rows, columns: start.columns, repeating: .nan)
              withThreads(threads) {
                ThinWinogradGradient(x, outputGradient: dy, tiles: tiles).run(weight: &weight, accumulation)
              }
              #expect(firstDifference(weight, expected) == nil, "\(tiles.tall[0].panels), \(accumulation), \(threads)")
            }
          }
        }
      }
    }

    @Test("Minimal filtering agrees with sums in Double within its bound", arguments: filteredShapes)
    func minimalFilteringBound(shape: Shape) {
      var numbers = Numbers(18)
      let x = shape.input(&numbers)
      let dy = shape.gradient(&numbers)
      let start = shape.weight(&numbers)
      var weight = start
      var none: [Float] = []
      convolutionWeightGradient(x.view, outputGradient: dy.view, shape.geometry, weight: &weight, bias: &none, .add)
      let byInput = shape.outputs <= shape.inputs
      let (thick, thin) = byInput ? (x, dy) : (dy, x)
      let tiles = thick.blocks * ((shape.height + 1) / 2) * ((shape.width + 1) / 2)
      // See `Convolution.WeightGradientOrder`.
      let k = Double(tiles + 14) * unitRoundoff
      func value(_ image: Activation, _ sample: Int, _ row: Int, _ column: Int, _ channel: Int) -> Double {
        (0..<shape.height).contains(row) && (0..<shape.width).contains(column)
          ? Double(image[sample, row, column, channel]) : 0
      }
      func inColumnsAndRows(_ square: [[Double]], _ transform: ([Double]) -> [Double]) -> [[Double]] {
        let columns = square[0].indices.map { column in transform(square.map { $0[column] }) }
        return columns[0].indices.map { row in transform(columns.map { $0[row] }) }
      }
      // The first, the last and some channels between.
      for a in stride(from: 0, to: thin.channels, by: 3) {
        for b in stride(from: 0, to: thick.channels, by: 7) {
          var sums = [Double](repeating: 0, count: 9)
          var magnitudes = [[Double]](repeating: [0, 0, 0, 0], count: 4)
          for sample in 0..<shape.samples {
            for row in 0..<shape.height {
              for column in 0..<shape.width {
                for tap in 0..<9 {
                  sums[tap] +=
                    value(thick, sample, row, column, b)
                    * value(thin, sample, row + tap / 3 - 1, column + tap % 3 - 1, a)
                }
              }
            }
            for row in stride(from: 0, to: shape.height, by: 2) {
              for column in stride(from: 0, to: shape.width, by: 2) {
                let v = inColumnsAndRows(
                  (0..<4).map { y in (0..<4).map { abs(value(thin, sample, row - 1 + y, column - 1 + $0, a)) } }
                ) { [$0[0] + $0[2], $0[1] + $0[2], $0[1] + $0[2], $0[1] + $0[3]] }
                let m = inColumnsAndRows(
                  (0..<2).map { y in (0..<2).map { abs(value(thick, sample, row + y, column + $0, b)) } }
                ) { [$0[0], $0[0] + $0[1], $0[0] + $0[1], $0[1]] }
                for place in 0..<16 {
                  magnitudes[place / 4][place % 4] += v[place / 4][place % 4] * m[place / 4][place % 4]
                }
              }
            }
          }
          let nine = inColumnsAndRows(magnitudes) { s in
            let half = (s[1] + s[2]) / 2
            return [s[0] + half, half, half + s[3]]
          }
          for tap in 0..<9 {
            let (output, place) = byInput ? (a, (8 - tap) * shape.inputs + b) : (b, tap * shape.inputs + a)
            let before = Double(start[output, place])
            let bound = k / (1 - k) * (nine[tap / 3][tap % 3] + abs(before))
            let found = Double(weight[output, place])
            #expect(
              abs(found - sums[tap] - before) <= bound, "\(output), \(place): \(found), expected \(sums[tap] + before)")
          }
        }
      }
    }

    @Test("A view of some channels gives what a copy of them gives")
    func views() {
      var numbers = Numbers(14)
      let shape = Shape(17, 4, 5, 9, 6, 3)
      let x = shape.input(&numbers)
      let part = x.channels(2..<7)
      let copy = Activation(concatenating: [part])
      let weight = numbers.matrix(6, 9 * 5)
      let bias = numbers.floats(6)
      let y = convolution(part, weight: weight, bias: bias, shape.geometry)
      let expected = convolution(copy.view, weight: weight, bias: bias, shape.geometry)
      #expect(firstDifference(y.matrix(), expected.matrix()) == nil)
      let dy = shape.gradient(&numbers)
      let dx = convolutionInputGradient(
        dy.channels(1..<4), weight: numbers.matrix(3, 9 * 2), shape.geometry, height: 4, width: 5)
      #expect(dx.channels == 2)
    }

    /// Large enough to be shared: of a convolution of a ResNet and of a coupling function, thin and thick, at both strides.
    static let sharedShapes = [
      Shape(100, 8, 8, 20, 36, 3), Shape(64, 28, 28, 1, 16, 3), Shape(64, 28, 28, 16, 32, 3, 2),
      Shape(64, 14, 14, 32, 64, 3, 2), Shape(64, 28, 28, 16, 32, 1, 2), Shape(64, 8, 8, 4, 64, 3),
      Shape(64, 8, 8, 64, 2, 3),
      Shape(64, 8, 8, 64, 64, 1), Shape(40, 7, 7, 64, 64, 1),
    ]

    @Test("Results are the same bits on 1, 2 and 3 threads", arguments: sharedShapes)
    func threads(shape: Shape) {
      var numbers = Numbers(15)
      let x = shape.input(&numbers)
      let dy = shape.gradient(&numbers)
      let weight = shape.weight(&numbers)
      let bias = numbers.floats(shape.outputs)
      let results = [1, 2, 3].map { threads in
        withThreads(threads) {
          var (dweight, dbias) = (weight, bias)
          var (y, dx) = (x, x)
          withPoisonedBuffers {
            convolutionWeightGradient(
              x.view, outputGradient: dy.view, shape.geometry, weight: &dweight, bias: &dbias, .replace)
            y = convolution(x.view, weight: weight, bias: bias, shape.geometry)
            dx = convolutionInputGradient(
              dy.view, weight: weight, shape.geometry, height: shape.height, width: shape.width)
          }
          return [y.matrix().values, dx.matrix().values, dweight.values, dbias]
        }
      }
      for (kind, name) in ["y", "dx", "dweight", "dbias"].enumerated() {
        #expect(firstDifference(results[1][kind], results[0][kind]) == nil, "\(name)")
        #expect(firstDifference(results[2][kind], results[0][kind]) == nil, "\(name)")
      }
    }
  }
}
