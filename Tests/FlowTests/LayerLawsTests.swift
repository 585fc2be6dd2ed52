import Flow
import Kernels
import TestSupport
import Testing

/// Every layer of the registry is put through every law, and the checker through every fault.
struct LayerLawsTests {
  @Test(arguments: LayerRegistry.all, [1, 16, 17])
  func lawsHold(layer: LayerCase, samples: Int) {
    let violations = layer.violations(samples, 7)
    #expect(violations.isEmpty, "seed 7, \(layer.name): \(violations)")
  }

  @Test(arguments: Fault.allCases, [1, 17])
  func faultsAreCaught(fault: Fault, samples: Int) {
    let network = RectifierNetwork(widths: [3, 6, 3], random: RandomStream(seed: 11, name: "broken"))
    let layer = perturbed(
      BrokenCoupling(base: AdditiveCoupling(split: 3, function: network), fault: fault), seed: 11)
    let violations = LayerLaws(layer, dimension: 6, samples: samples, seed: 11, roundings: 16) { layer, x in
      LayerRegistry.couplingBound(layer.base, x)
    }.violations()
    let laws = Set(violations.map(\.law))
    #expect(laws == fault.broken, "seed 11, \(fault): \(violations)")
    #expect(violations.allSatisfy { $0.description.contains("seed 11") })
  }

  /// Two ties in a row: 1 + 2⁻²³ + 2⁻²⁴ rounds up to even, and so does taking 2⁻²⁴ away again. The error, 2u, is that of
  /// the bound u·(2·|x₂| + |f|): no smaller multiple of |x₂| will do.
  @Test func couplingBoundIsAttained() {
    var layer = filled(
      AdditiveCoupling(
        split: 1, function: RectifierNetwork(widths: [1, 1], random: RandomStream(seed: 1, name: "tie"))),
      with: 0)
    layer.visitParameters { parameter, values in
      if parameter.name == "function.layers.0.bias" { values = [0x1p-24] }
    }
    let x = Matrix(rows: 1, columns: 2, values: [0, 1 + 0x1p-23])
    let returned = layer.inverse(layer.forward(Activation(rowsOf: x)).y).x
    let error = abs(returned[0, 1] - x[0, 1])
    #expect(error == 0x1p-23)
    #expect(error <= LayerRegistry.couplingBound(layer, x)[0, 1])
  }

  @Test func logDeterminantOfKnownMatrix() {
    var matrix = DoubleMatrix(size: 3)
    // det = −2·(3·4 − 0) with a zero where the first pivot would be.
    matrix.values = [0, 2, 0, 3, 0, 0, 5, 0, 4]
    let (value, inverseNorm) = matrix.logDeterminant()
    #expect(abs(value - 3.1780538303479458) < 1e-14)
    // The inverse is [0 1/3 0; 1/2 0 0; 0 −5/12 1/4].
    #expect(abs(inverseNorm - (1.0 / 9 + 1.0 / 4 + 25.0 / 144 + 1.0 / 16).squareRoot()) < 1e-14)
    matrix.values = [1, 2, 3, 2, 4, 6, 0, 0, 1]
    #expect(matrix.logDeterminant().value == -.infinity)
  }

  @Test func slopesSeeKinks() {
    func line(_ center: Double, _ f: @escaping (Double) -> Double) -> (Float) -> Sighting {
      { step in
        let position = center + Double(step)
        return Sighting(positions: [position], quantities: [[f(position)]])
      }
    }
    let noise = [1e-9]
    #expect(slopes(noise: noise, at: line(1) { 3 * $0 })[0]?.values == [3])
    // A kink 2⁻¹⁰ away forces a smaller step; one at the very place, none resolves.
    let near = slopes(noise: noise, at: line(0x1p-10) { max(0, $0) })[0]
    #expect(near.map { abs($0.values[0] - 1) < 1e-12 } == true)
    #expect(slopes(noise: noise, at: line(0) { max(0, $0) })[0] == nil)
    // A curvature resolves as soon as it hides in the noise.
    let curved = slopes(noise: [1e-6], at: line(1) { $0 * $0 })[0]
    #expect(curved.map { abs($0.values[0] - 2) <= $0.error } == true)
  }
}
