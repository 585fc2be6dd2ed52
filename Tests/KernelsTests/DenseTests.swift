import MicroKernels
import Testing

@testable import Kernels

extension SharedState {
  @Suite struct DenseTests {
    static let samples = [0, 1, 15, 16, 17, 33, 500]

    /// Inputs and outputs: each width of {0, 1, 2, 5, … 300} on both sides.
    static let widths: [(inputs: Int, outputs: Int)] = [
      (1, 1), (0, 3), (3, 0), (2, 5), (5, 2), (6, 7), (7, 6), (16, 17), (17, 16), (12, 32), (50, 98), (98, 50),
      (200, 1), (1, 200), (257, 6), (6, 257), (300, 2), (2, 300), (300, 13),
    ]

    /// 500 samples with the smaller layers only: the reference is slow.
    static func cases(_ samples: Int) -> [(inputs: Int, outputs: Int)] {
      samples < 500 ? widths : widths.filter { $0.inputs * $0.outputs < 2000 }
    }

    @Test("Forward equals the reference to the bit", arguments: samples)
    func forward(samples: Int) {
      withPoisonedBuffers {
        for (inputs, outputs) in Self.cases(samples) {
          var numbers = Numbers(UInt64(samples + 1000 * inputs + 1_000_000 * outputs))
          let x = numbers.matrix(samples, inputs)
          let weight = numbers.matrix(outputs, inputs)
          let bias = numbers.floats(outputs)
          for activation in [DenseActivation.identity, .rectifier] {
            let y = dense(Activation(rowsOf: x).view, weight: weight, bias: bias, activation: activation)
            let expected = Reference.dense(x, weight: weight, bias: bias, activation: activation)
            #expect(firstDifference(y.matrix(), expected) == nil, "\(inputs) → \(outputs), \(activation)")
            #expect(allLanes(y).allSatisfy { $0.isFinite }, "\(inputs) → \(outputs): padding lanes")
          }
        }
      }
    }

    @Test("The input's gradient equals the reference to the bit", arguments: samples)
    func inputGradient(samples: Int) {
      withPoisonedBuffers {
        for (inputs, outputs) in Self.cases(samples) {
          var numbers = Numbers(UInt64(samples + 1000 * inputs + 1_000_000 * outputs))
          let dy = numbers.matrix(samples, outputs)
          let weight = numbers.matrix(outputs, inputs)
          let dx = denseInputGradient(Activation(rowsOf: dy).view, weight: weight)
          let expected = Reference.denseInputGradient(dy, weight: weight)
          #expect(firstDifference(dx.matrix(), expected) == nil, "\(inputs) → \(outputs)")
          #expect(allLanes(dx).allSatisfy { $0.isFinite }, "\(inputs) → \(outputs): padding lanes")
        }
      }
    }

    @Test("The weights' gradient equals the reference to the bit", arguments: samples)
    func weightGradient(samples: Int) {
      withPoisonedBuffers {
        for (inputs, outputs) in Self.cases(samples) {
          var numbers = Numbers(UInt64(samples + 1000 * inputs + 1_000_000 * outputs))
          let x = numbers.matrix(samples, inputs)
          let dy = numbers.matrix(samples, outputs)
          var weight = Matrix(rows: outputs, columns: inputs, repeating: .nan)
          var bias = [Float](repeating: .nan, count: outputs)
          let lanes = Activation(rowsOf: x)
          let gradient = Activation(rowsOf: dy)
          denseWeightGradient(
            lanes.view, outputGradient: gradient.view, weight: &weight, bias: &bias, .replace)
          let expected = Reference.denseWeightGradient(x, outputGradient: dy)
          #expect(firstDifference(weight, expected) == nil, "\(inputs) → \(outputs), replace")
          #expect(firstDifference(bias, sums(dy)) == nil, "bias of \(inputs) → \(outputs), replace")

          var added = numbers.matrix(outputs, inputs)
          var expectedSum = added
          // A sum that goes on from the old value is what the general product's .add does.
          Reference.matmul(dy, .transposed, x, .none, into: &expectedSum, .add)
          let oldBias = numbers.floats(outputs)
          var addedBias = oldBias
          denseWeightGradient(
            lanes.view, outputGradient: gradient.view, weight: &added, bias: &addedBias, .add)
          #expect(firstDifference(added, expectedSum) == nil, "\(inputs) → \(outputs), add")
          let expectedBias = zip(oldBias, sums(dy)).map { $0 + $1 }
          #expect(firstDifference(addedBias, expectedBias) == nil, "bias of \(inputs) → \(outputs), add")
        }
      }
    }

    @Test("Channel views read their channels only", arguments: [1, 16, 33])
    func channelViews(samples: Int) {
      withPoisonedBuffers {
        for (lower, inputs, outputs) in [(0, 5, 7), (3, 6, 12), (1, 16, 17), (7, 17, 1), (2, 50, 33)] {
          var numbers = Numbers(UInt64(samples * 100 + inputs))
          let x = numbers.matrix(samples, inputs)
          let dy = numbers.matrix(samples, outputs)
          let weight = numbers.matrix(outputs, inputs)
          let bias = numbers.floats(outputs)
          // NaN on both sides of the view: a kernel that strays shows it.
          let xView = Activation(concatenating: surrounded(x, before: lower)).channels(lower..<(lower + inputs))
          let dyView = Activation(concatenating: surrounded(dy, before: lower)).channels(lower..<(lower + outputs))

          let y = dense(xView, weight: weight, bias: bias)
          let expected = Reference.dense(x, weight: weight, bias: bias, activation: .identity)
          #expect(firstDifference(y.matrix(), expected) == nil)
          let dx = denseInputGradient(dyView, weight: weight)
          #expect(firstDifference(dx.matrix(), Reference.denseInputGradient(dy, weight: weight)) == nil)
          var dweight = Matrix(rows: outputs, columns: inputs, repeating: .nan)
          var dbias = [Float](repeating: .nan, count: outputs)
          denseWeightGradient(xView, outputGradient: dyView, weight: &dweight, bias: &dbias, .replace)
          #expect(firstDifference(dweight, Reference.denseWeightGradient(x, outputGradient: dy)) == nil)
          #expect(firstDifference(dbias, sums(dy)) == nil)
        }
      }
    }

    @Test("The bias's gradient is the sum over the samples")
    func biasSum() {
      var numbers = Numbers(3)
      let dy = numbers.matrix(500, 7)
      for (channel, sum) in sums(dy).enumerated() {
        let column = (0..<500).map { Double(dy[$0, channel]) }
        let magnitude = column.reduce(0) { $0 + abs($1) }
        // 31 additions of blocks and 4 of halves: γ of as many roundings.
        #expect(abs(Double(sum) - column.reduce(0, +)) <= 36 * unitRoundoff * magnitude)
      }
    }

    @Test("The lanes' sum adds halves")
    func laneSums() {
      #expect(laneSum(Vector(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)) == 120)
      for lane in 0..<16 {
        var vector = Vector(repeating: 0)
        vector[lane] = 3
        #expect(laneSum(vector) == 3)
      }
      // Lane 0 meets lane 8 first, so that 2²⁴ and −2²⁴ cancel before the one is lost.
      var vector = Vector(repeating: 0)
      vector[0] = 0x1p24
      vector[8] = -0x1p24
      vector[1] = 1
      #expect(laneSum(vector) == 1)
    }

    /// The documented order in scalars: each lane over the blocks, then halves onto halves.
    private func sums(_ rows: Matrix) -> [Float] {
      (0..<rows.columns).map { column in
        var lanes = [Float](repeating: 0, count: 16)
        for sample in 0..<rows.rows { lanes[sample % 16] += rows[sample, column] }
        for half in [8, 4, 2, 1] {
          for lane in 0..<half { lanes[lane] += lanes[lane + half] }
        }
        return lanes[0]
      }
    }

    private func surrounded(_ rows: Matrix, before: Int) -> [ChannelView] {
      let stray = Activation(samples: rows.rows, channels: before, repeating: .nan)
      let tail = Activation(samples: rows.rows, channels: 3, repeating: .nan)
      return [stray.view, Activation(rowsOf: rows).view, tail.view]
    }
  }
}
