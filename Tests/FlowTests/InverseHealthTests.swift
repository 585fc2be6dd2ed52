import Flow
import Kernels
import TestSupport
import Testing

struct InverseHealthTests {
  private func image(_ samples: Int) -> Activation {
    Activation(rowsOf: gaussianMatrix(rows: samples, columns: 16, seed: 41, name: "x"))
      .reshaped(height: 4, width: 4, channels: 1)
  }

  private func scale(_ value: Float) -> Actnorm {
    var layer = Actnorm(channels: 1)
    layer.visitParameters { parameter, values in if parameter.name == "logScale" { values = [value] } }
    return layer
  }

  /// A scale of e⁻³ is undone by e³, in every direction; e³ and e⁻³ together by 1.
  @Test(arguments: [1, 17])
  func amplificationOfScales(samples: Int) {
    let health = InverseHealth(of: Chain([scale(3), scale(-3), scale(-3)]), on: image(samples))
    #expect(health.parts.map(\.name) == ["blocks.0", "blocks.1", "blocks.2"])
    // The probe is 2¹⁰ times smaller than y, so that rounding shows as 2⁻¹³ at most.
    for (part, expected) in zip(health.parts, [exponential(-3), exponential(3), exponential(3)]) {
      #expect(abs(part.amplification / expected - 1) <= 0x1p-12)
    }
    #expect(abs(health.whole.amplification / exponential(3) - 1) <= 0x1p-12)
  }

  @Test func exactLayersAreHealthy() {
    let health = InverseHealth(of: Squeeze(), on: image(3))
    #expect(health.parts.count == 1 && health.parts[0].name == "")
    #expect(health.whole.roundTripError == 0 && abs(health.whole.amplification - 1) <= 0x1p-12)
  }

  /// A layer whose inverse is off is found.
  @Test func worstLayerIsFound() {
    let broken = TamperedLayer(
      base: scale(0.25), otherInverse: { layer, y in shiftThenScale(layer.inverse(y).x.view, shift: [1], scale: [1]) })
    let sound = TamperedLayer(base: scale(0.25))
    let health = InverseHealth(of: Chain([sound, sound, broken, sound]), on: image(2))
    #expect(health.worst?.name == "blocks.2")
    #expect(abs((health.worst?.roundTripError ?? 0) - 1) <= 0x1p-20)
    let undefined = InverseHealth(of: Chain([scale(0), scale(.nan), scale(0)]), on: image(2))
    #expect(undefined.parts[1].roundTripError.isNaN && undefined.parts[1].amplification.isNaN)
    #expect(undefined.worst?.roundTripError.isNaN == true)
  }

  @Test func everyPartOfANetworkIsNamed() {
    let network = perturbed(LayerRegistry.smallNetwork(seed: 42), seed: 42)
    let health = InverseHealth(of: network, on: image(17))
    #expect(health.parts.count == 12)
    #expect(health.parts.map(\.name).contains("stages.1.blocks.0.coupling"))
    let bound = Double(RoundTripBounds.network(network, image(17)).values.max() ?? 0)
    #expect(health.whole.roundTripError <= bound && health.whole.roundTripError > 0)
  }
}
