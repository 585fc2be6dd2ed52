import Flow
import Kernels
import TestSupport
import Testing

/// One layer with what the laws need to know about it.
struct LayerCase: Sendable, CustomTestStringConvertible {
  let name: String
  let violations: @Sendable (_ samples: Int, _ seed: UInt64) -> [Violation]

  var testDescription: String { name }

  /// `make` builds the layer from a seed; its parameters are perturbed.
  init<Layer: InvertibleLayer>(
    _ name: String, dimension: Int, height: Int = 1, width: Int = 1, roundings: Int,
    make: @escaping @Sendable (_ seed: UInt64) -> Layer, roundTripBound: @escaping @Sendable (Layer, Matrix) -> Matrix
  ) {
    self.name = name
    violations = { samples, seed in
      LayerLaws(
        perturbed(make(seed), seed: seed), dimension: dimension, height: height, width: width, samples: samples,
        seed: seed, roundings: roundings, roundTripBound: roundTripBound
      ).violations()
    }
  }
}

/// All layers, each in awkward shapes. A new layer is added here and is tested.
enum LayerRegistry {
  static let all: [LayerCase] = couplings + permutations + whitenings + chains + images + networks

  private static let couplings: [LayerCase] = [
    coupling("even dimension", dimension: 8, split: 4, hidden: [5, 6]),
    coupling("odd dimension", dimension: 7, split: 3, hidden: [6]),
    coupling("split 1", dimension: 5, split: 1, hidden: [4, 3]),
    coupling("all but one copied", dimension: 4, split: 3, hidden: [17]),
    coupling("smallest", dimension: 2, split: 1, hidden: []),
  ]

  private static let permutations: [LayerCase] = [
    permutation("swapped halves", ChannelPermutation(swappingHalvesOf: 7, split: 3)),
    permutation("split 0", ChannelPermutation(swappingHalvesOf: 4, split: 0)),
    permutation("reversal", ChannelPermutation(reversing: 8)),
    permutation("one channel", ChannelPermutation(reversing: 1)),
    permutation("arbitrary", ChannelPermutation(order: [3, 0, 4, 1, 2])),
  ]

  /// Perturbed, all means and factors are those of no covariance in particular; the law of the Jacobian is that between jumps.
  private static let whitenings: [LayerCase] = [(2, 1), (3, 5), (4, 17), (1, 3)].map { classes, dimensions in
    LayerCase(
      "ClassWhitening, \(classes) classes", dimension: classes + dimensions, roundings: 2 * dimensions + 4,
      make: { _ in ClassWhitening(classes: classes, dimensions: dimensions) }, roundTripBound: whiteningBound)
  }

  private static let chains: [LayerCase] =
    Memory.allCases.flatMap { memory in
      [
        chain("Chain of two, \(memory)", dimension: 5) { seed in
          Chain([coupling(5, split: 2, [4], seed), coupling(5, split: 3, [4], seed + 1)], memory: memory)
        },
        chain("DenseFiRevNet, \(memory)", dimension: 6) { seed in
          DenseFiRevNet(dimension: 6, blocks: 3, hidden: 5, seed: seed, memory: memory)
        },
        chain("odd DenseFiRevNet, \(memory)", dimension: 3) { seed in
          DenseFiRevNet(dimension: 3, blocks: 4, hidden: 4, seed: seed, memory: memory)
        },
      ]
    } + [
      LayerCase(
        "Chain of permutations", dimension: 3, roundings: 1,
        make: { _ in Chain([ChannelPermutation(order: [2, 0, 1]), ChannelPermutation(reversing: 3)]) },
        roundTripBound: { _, x in Matrix(rows: x.rows, columns: x.columns) })
    ]

  private static func coupling(
    _ dimension: Int, split: Int, _ hidden: [Int], _ seed: UInt64
  ) -> AdditiveCoupling<RectifierNetwork> {
    AdditiveCoupling(
      split: split,
      function: RectifierNetwork(
        widths: [split] + hidden + [dimension - split], random: RandomStream(seed: seed, name: "coupling")))
  }

  private static func coupling(_ name: String, dimension: Int, split: Int, hidden: [Int]) -> LayerCase {
    LayerCase(
      "AdditiveCoupling, \(name)", dimension: dimension, roundings: 2 + split + 1 + hidden.reduce(0) { $0 + $1 + 1 },
      make: { coupling(dimension, split: split, hidden, $0) }, roundTripBound: couplingBound)
  }

  private static func permutation(_ name: String, _ layer: ChannelPermutation) -> LayerCase {
    LayerCase(
      "ChannelPermutation, \(name)", dimension: layer.order.count, roundings: 1, make: { _ in layer },
      roundTripBound: { _, x in Matrix(rows: x.rows, columns: x.columns) })
  }

  private static func chain(
    _ name: String, dimension: Int, make: @escaping @Sendable (UInt64) -> DenseFiRevNet
  ) -> LayerCase {
    LayerCase(name, dimension: dimension, roundings: 64, make: make, roundTripBound: chainBound)
  }

  /// y₁ = x₂ + f and then y₁ − f round once each, by u·|x₂ + f| and u·|x₂| at most: together u·(2·|x₂| + |f|), and
  /// terms in u², which the factor 1 + 4u covers. The copied half is exact.
  @Sendable static func couplingBound(_ layer: AdditiveCoupling<RectifierNetwork>, _ x: Matrix) -> Matrix {
    let shift = layer.function.evaluate(Activation(rowsOf: x).channels(0..<layer.split)).matrix()
    var bound = Matrix(rows: x.rows, columns: x.columns)
    for row in 0..<x.rows {
      for column in layer.split..<x.columns {
        let size = 2 * Double(abs(x[row, column])) + Double(abs(shift[row, column - layer.split]))
        bound[row, column] = Float(unitRoundoff * (1 + 4 * unitRoundoff) * size).nextUp
      }
    }
    return bound
  }

  /// u·((2n + 4)·|L||L⁻¹||z_n − μ| + (n + 1)·|μ|) in the nuisance, zero in the logits. The product with L⁻¹, rounded once itself, rounds n + 1
  /// times at most, the difference before it once, and the product with L, which starts from μ, n + 1 times.
  @Sendable static func whiteningBound(_ layer: ClassWhitening, _ x: Matrix) -> Matrix {
    let (classes, n) = (layer.classes, layer.dimensions)
    let parameters = Dictionary(uniqueKeysWithValues: layer.parameters().map { ($0.parameter.name, $0.values) })
    var bound = Matrix(rows: x.rows, columns: x.columns)
    for row in 0..<x.rows {
      let key = (0..<classes).reduce(0) { x[row, $1] > x[row, $0] ? $1 : $0 }
      let mean = (parameters["mean.\(key)"] ?? []).map { Double($0) }
      let factor = SquareMatrix(size: n, values: (parameters["factor.\(key)"] ?? []).map { Double($0) })
      let distance = (0..<n).map { abs(Double(x[row, classes + $0]) - mean[$0]) }
      let way = magnitudes(factor) * (magnitudes(factor.invertingLower()) * distance)
      for index in 0..<n {
        let size = Double(2 * n + 4) * way[index] + Double(n + 1) * abs(mean[index])
        bound[row, classes + index] = Float(1.001 * unitRoundoff * size).nextUp
      }
    }
    return bound
  }

  /// Going back, an error e of a block's output becomes at most e + L·e + r: e in the copied half passes through f,
  /// whose slope is at most L = Π‖W‖∞, and is rounded anew: by the coupling's bound, and because f is evaluated at
  /// another place, by twice f's own rounding, γ_K·|W₃|(|W₂|(|W₁||x| + |b₁|) + |b₂|) + |b₃|).
  @Sendable static func chainBound(_ net: DenseFiRevNet, _ x: Matrix) -> Matrix {
    var inputs: [Matrix] = []
    var current = Activation(rowsOf: x)
    for layer in net.layers {
      inputs.append(current.matrix())
      current = layer.forward(current).y
    }
    var error = 0.0
    for (layer, input) in zip(net.layers, inputs).reversed() {
      var slope = 1.0
      var size = Double(input.values.map(abs).max() ?? 0)
      var roundings = 0
      for dense in layer.function.layers {
        let norm =
          (0..<dense.weight.rows).map { row in
            (0..<dense.weight.columns).reduce(0.0) { $0 + Double(abs(dense.weight[row, $1])) }
          }.max() ?? 0
        slope *= norm
        size = norm * size + Double(dense.bias.map(abs).max() ?? 0)
        roundings += dense.weight.columns + 1
      }
      let coupling = Double(couplingBound(layer, input).values.max() ?? 0)
      error = error * (1 + slope) + coupling + 2 * Double(roundings) * unitRoundoff * size
    }
    return Matrix(rows: x.rows, columns: x.columns, repeating: Float(error))
  }
}
