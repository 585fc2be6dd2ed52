import Flow
import Kernels
import TestSupport
import Testing

/// The network once more, in Double and one sample at a time.
struct DoubleNetwork {
  var layers: [(weight: [[Double]], bias: [Double])]

  init(_ network: RectifierNetwork) {
    layers = network.layers.map { layer in
      let rows = (0..<layer.weight.rows).map { row in
        (0..<layer.weight.columns).map { Double(layer.weight[row, $0]) }
      }
      return (rows, layer.bias.map { Double($0) })
    }
  }

  /// f(x), and the sum of the sizes of all terms, γ-bound's |W||x| + |b|.
  func evaluate(_ x: [Double]) -> (y: [Double], size: [Double]) {
    var y = x
    var size = x.map(abs)
    for (index, layer) in layers.enumerated() {
      let sums = zip(layer.weight, layer.bias).map { row, bias in zip(row, y).reduce(bias) { $0 + $1.0 * $1.1 } }
      size = zip(layer.weight, layer.bias).map { row, bias in
        zip(row, size).reduce(abs(bias)) { $0 + abs($1.0) * $1.1 }
      }
      y = index + 1 < layers.count ? sums.map { max(0, $0) } : sums
    }
    return (y, size)
  }
}

struct RectifierNetworkTests {
  private static let seed: UInt64 = 3

  private func network(_ widths: [Int]) -> RectifierNetwork {
    let stream = RandomStream(seed: Self.seed, name: "network \(widths)")
    return perturbed(RectifierNetwork(widths: widths, random: stream), seed: Self.seed)
  }

  private func input(_ samples: Int, _ width: Int) -> Matrix {
    gaussianMatrix(rows: samples, columns: width, seed: Self.seed, name: "x")
  }

  static let widths = [[3, 4], [1, 1, 1], [4, 6, 5, 3], [2, 17, 16, 1]]

  /// Each layer rounds a sum of `inputs + 1` terms: γ_K·|W|(…|x|…) with K the sum of those, u = 2⁻²⁴.
  @Test(arguments: widths, [1, 16, 17])
  func evaluatesLikeDouble(widths: [Int], samples: Int) {
    let network = network(widths)
    let reference = DoubleNetwork(network)
    let x = input(samples, widths[0])
    let y = network.evaluate(Activation(rowsOf: x).view).matrix()
    let roundings = Double(widths.dropLast().reduce(0) { $0 + $1 + 1 }) * unitRoundoff
    for (sample, row) in x.doubles.enumerated() {
      let (expected, size) = reference.evaluate(row)
      for output in expected.indices {
        let allowed = roundings / (1 - roundings) * size[output]
        #expect(
          abs(Double(y[sample, output]) - expected[output]) <= allowed,
          "seed \(Self.seed), sample \(sample), output \(output): \(y[sample, output]), expected \(expected[output])")
      }
    }
    #expect(sameBits(y.values, network.evaluateRecording(Activation(rowsOf: x).view).y.matrix().values))
  }

  /// L = Σ c·f(x), differentiated in Double with a step of 2⁻²⁰. Between kinks L is linear along a parameter, so that the
  /// difference is exact but for Double's rounding, 2⁻⁵³·|L|·2²⁰ ≈ 1e-9; a kink within 2⁻²⁰ would be bad luck of the seed.
  /// backward sums over samples and widths: fewer than 17·17 roundings of u each on terms of size below 10.
  @Test(arguments: widths, [1, 17])
  func gradientIsCentralDifference(widths: [Int], samples: Int) {
    let model = network(widths)
    let x = input(samples, widths[0])
    let c = gaussianMatrix(rows: samples, columns: widths[widths.count - 1], seed: Self.seed, name: "c")
    let (_, tape) = model.evaluateRecording(Activation(rowsOf: x).view)
    var gradient = filled(model, with: .nan)
    let dx = model.backward(tape, outputGradient: Activation(rowsOf: c).view, into: &gradient, .replace).matrix()
    let tolerance = 17 * 17 * unitRoundoff * 10
    let step = 0x1p-20

    func loss(_ network: DoubleNetwork, _ rows: [[Double]]) -> Double {
      zip(rows, c.doubles).reduce(0) { sum, pair in
        zip(network.evaluate(pair.0).y, pair.1).reduce(sum) { $0 + $1.0 * $1.1 }
      }
    }
    func check(_ found: Float, _ name: String, _ at: (Double) -> Double) {
      let expected = (at(step) - at(-step)) / (2 * step)
      #expect(
        abs(Double(found) - expected) <= tolerance, "seed \(Self.seed), \(name): \(found), expected \(expected)")
    }
    let reference = DoubleNetwork(model)
    for (index, layer) in gradient.layers.enumerated() {
      for row in 0..<layer.weight.rows {
        for column in 0..<layer.weight.columns {
          check(layer.weight[row, column], "layer \(index) weight \(row),\(column)") { step in
            var moved = reference
            moved.layers[index].weight[row][column] += step
            return loss(moved, x.doubles)
          }
        }
        check(layer.bias[row], "layer \(index) bias \(row)") { step in
          var moved = reference
          moved.layers[index].bias[row] += step
          return loss(moved, x.doubles)
        }
      }
    }
    for sample in 0..<samples {
      for column in 0..<widths[0] {
        check(dx[sample, column], "x \(sample),\(column)") { step in
          var moved = x.doubles
          moved[sample][column] += step
          return loss(reference, moved)
        }
      }
    }
    var alone = filled(model, with: .nan)
    model.backwardParameters(tape, outputGradient: Activation(rowsOf: c).view, into: &alone, .replace)
    #expect(alone == gradient)
  }

  @Test func initialisationIsBoundedSeededAndNotShared() {
    let stream = RandomStream(seed: Self.seed, name: "init")
    let network = RectifierNetwork(widths: [16, 64, 4], random: stream)
    #expect(network == RectifierNetwork(widths: [16, 64, 4], random: stream))
    #expect(network != RectifierNetwork(widths: [16, 64, 4], random: RandomStream(seed: 4, name: "init")))
    #expect(network.inputs == 16 && network.outputs == 4)
    #expect(network.parameterCount() == 16 * 64 + 64 + 64 * 4 + 4)
    for layer in network.layers {
      let bound = 1 / Float(layer.weight.columns).squareRoot()
      let largest = layer.weight.values.map(abs).max() ?? 0
      // Of 256 uniform numbers or more, the largest is above 0.9 of the bound but for odds of 0.9²⁵⁶ ≈ 2e-12.
      #expect(largest <= bound && largest > 0.9 * bound)
      #expect(layer.bias.allSatisfy { abs($0) <= bound })
    }
    // Streams are read at ever new places: no value of one layer comes back, scaled, in the next.
    let first = network.layers[0].weight.values.prefix(64).map { $0 * 4 }
    let second = network.layers[1].weight.values.prefix(64).map { $0 * 8 }
    #expect(zip(first, second).filter { $0 == $1 }.count < 4)
  }
}
