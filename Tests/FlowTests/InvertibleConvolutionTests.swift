import Flow
import Kernels
import TestSupport
import Testing

struct InvertibleConvolutionTests {
  private let singular = SquareMatrix(size: 3, values: [1, 2, 3, 2, 4, 6, 0, 0, 1])

  @Test(arguments: InvertibleConvolution.Parameterisation.allCases)
  func singularWeightsAreRefused(kind: InvertibleConvolution.Parameterisation) {
    #expect(throws: InvertibilityError.singular(layer: "stages.0.blocks.1.convolution", pivot: 1)) {
      try InvertibleConvolution(weight: singular, parameterisation: kind, name: "stages.0.blocks.1.convolution")
    }
    #expect(
      InvertibilityError.singular(layer: "a", pivot: 1).description
        == "the weight of a is singular: no pivot in column 1")
  }

  /// A weight that is loaded later is found by its name in the network.
  @Test func networksNameTheLayer() throws {
    var network = LayerRegistry.smallNetwork(seed: 1, parameterisation: .plain)
    try network.checkInvertibility(prefix: "encoder.")
    network.visitParameters { parameter, values in
      if parameter.name == "stages.1.blocks.0.convolution.weight" { values = values.map { _ in 1 } }
    }
    #expect(throws: InvertibilityError.singular(layer: "encoder.stages.1.blocks.0.convolution", pivot: 1)) {
      try network.checkInvertibility(prefix: "encoder.")
    }
  }

  /// Both parameterisations give the weight that they were made from: the factors within γ₃·|Pᵀ||L||U| in Float, and
  /// |L||U| ≤ size·2^(size−1)·max|W| by partial pivoting.
  @Test(arguments: [1, 2, 4, 8])
  func weightIsTheOneGiven(channels: Int) throws {
    let weight = SquareMatrix.randomOrthogonal(size: channels, random: RandomStream(seed: 4, name: "weight"))
    let plain = try InvertibleConvolution(weight: weight, parameterisation: .plain, name: "plain")
    let factored = try InvertibleConvolution(weight: weight, parameterisation: .factored, name: "factored")
    #expect(plain.weight == weight.rounded())
    for (found, expected) in zip(factored.weight.values, weight.values) {
      #expect(abs(Double(found) - expected) <= 8 * unitRoundoff * Double(channels), "seed 4")
    }
    let x = Activation(samples: 1, height: 3, width: 2, channels: channels, repeating: 1)
    // A rotation keeps volumes, but for the rounding of each of the numbers that it is made of.
    for layer in [plain, factored] {
      #expect(abs(layer.forward(x).logDet[0]) <= Float(6 * channels * channels) * 0x1p-23, "seed 4")
    }
  }

  @Test func literalValues() throws {
    let weight = SquareMatrix(size: 2, values: [0, 2, -3, 1])
    for kind in InvertibleConvolution.Parameterisation.allCases {
      let layer = try InvertibleConvolution(weight: weight, parameterisation: kind, name: "literal")
      let x = Activation(rowsOf: Matrix(rows: 1, columns: 4, values: [1, 10, 2, 20]))
        .reshaped(height: 1, width: 2, channels: 2)
      let (y, logDet) = layer.forward(x)
      for (found, expected) in zip(y.matrix().values, [20, 7, 40, 14] as [Float]) {
        #expect(abs(found - expected) <= 4 * 0x1p-24 * 64)
      }
      // Two pixels, ln 6 each.
      #expect(abs(logDet[0] - 3.5835190) <= 0x1p-21)
    }
  }

  @Test func numbersThatAreNotFinitePassThrough() {
    // What is fixed has no parameters that could become anything.
    for kind in InvertibleConvolution.Parameterisation.allCases where kind != .fixed {
      var layer = InvertibleConvolution(
        channels: 2, parameterisation: kind, random: RandomStream(seed: 5, name: "nan"))
      layer.visitParameters { _, values in values = values.map { _ in .nan } }
      let x = Activation(samples: 2, channels: 2, repeating: 1)
      #expect(layer.forward(x).logDet[0].isNaN && layer.inverse(x).x[0, 0].isNaN)
    }
  }
}
