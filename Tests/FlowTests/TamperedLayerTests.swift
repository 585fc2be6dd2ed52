import Flow
import Kernels
import TestSupport
import Testing

/// The laws must catch what layers on images get wrong, each fault by the laws that it breaks and no others.
struct TamperedLayerTests {
  private static let convolution = InvertibleConvolution(channels: 4, random: RandomStream(seed: 21, name: "tampered"))

  private func laws<Layer: InvertibleLayer>(
    _ layer: TamperedLayer<Layer>, channels: Int, samples: Int,
    bound: @escaping (Layer, Matrix) -> Matrix
  ) -> Set<Law> {
    let violations = LayerLaws(
      perturbed(layer, seed: 21), dimension: 4 * channels, height: 2, width: 2, samples: samples, seed: 21,
      roundings: 48
    ) { layer, x in bound(layer.base, x) }.violations()
    return Set(violations.map(\.law))
  }

  private func coupling() -> AffineCoupling<SmallConvolution> {
    AffineCoupling(
      split: 1,
      function: SmallConvolution(inputs: 1, hidden: 3, outputs: 4, random: RandomStream(seed: 21, name: "tampered")))
  }

  @Test(arguments: [1, 17])
  func actnorm(samples: Int) {
    func check(_ layer: TamperedLayer<Actnorm>) -> Set<Law> {
      laws(layer, channels: 3, samples: samples, bound: RoundTripBounds.actnorm)
    }
    let base = Actnorm(channels: 3)
    #expect(check(TamperedLayer(base: base)) == [])
    // As if Σ logScale were all, without height·width.
    #expect(check(TamperedLayer(base: base, logDetFactor: 0.25)) == [.jacobian])
    #expect(check(TamperedLayer(base: base, dropsLogDetGradient: true)) == [.parameterGradient])
    // The scale taken twice on the way back.
    let inverse: @Sendable (Actnorm, Activation) -> Activation = { $0.inverse($0.inverse($1).x).x }
    #expect(check(TamperedLayer(base: base, otherInverse: inverse)) == [.roundTrip])
  }

  @Test(arguments: [InvertibleConvolution.Parameterisation.plain, .factored], [1, 17])
  func convolution(kind: InvertibleConvolution.Parameterisation, samples: Int) {
    func check(_ layer: TamperedLayer<InvertibleConvolution>) -> Set<Law> {
      laws(layer, channels: 4, samples: samples, bound: RoundTripBounds.convolution)
    }
    let base = InvertibleConvolution(
      channels: 4, parameterisation: kind, random: RandomStream(seed: 21, name: "tampered"))
    #expect(check(TamperedLayer(base: base)) == [])
    #expect(check(TamperedLayer(base: base, logDetFactor: 0.25)) == [.jacobian])
    #expect(check(TamperedLayer(base: base, dropsLogDetGradient: true)) == [.parameterGradient])
    // The inverse of a weight that is off by 2⁻¹⁴: no more than a few hundred roundings.
    let near: @Sendable (InvertibleConvolution, Activation) -> Activation = { layer, y in
      perturbed(layer, seed: 3, deviation: 0x1p-14).inverse(y).x
    }
    #expect(check(TamperedLayer(base: base, otherInverse: near)) == [.roundTrip])
  }

  @Test(arguments: [1, 17])
  func affineCoupling(samples: Int) {
    func check(_ layer: TamperedLayer<AffineCoupling<SmallConvolution>>) -> Set<Law> {
      laws(layer, channels: 3, samples: samples) { layer, x in
        RoundTripBounds.affine(layer, Activation(rowsOf: x).reshaped(height: 2, width: 2, channels: 3))
      }
    }
    #expect(check(TamperedLayer(base: coupling())) == [])
    #expect(check(TamperedLayer(base: coupling(), logDetFactor: -1)) == [.jacobian])
    #expect(
      check(TamperedLayer(base: coupling(), dropsLogDetGradient: true)) == [.inputGradient, .parameterGradient])
  }

  @Test(arguments: [1, 17])
  func squeeze(samples: Int) {
    func check(_ layer: TamperedLayer<Squeeze>) -> Set<Law> {
      laws(layer, channels: 2, samples: samples, bound: RoundTripBounds.exact)
    }
    #expect(check(TamperedLayer(base: Squeeze())) == [])
    // Rows and columns of the four pixels mixed up.
    let inverse: @Sendable (Squeeze, Activation) -> Activation = { _, y in
      y.permutingChannels([0, 2, 1, 3, 4, 6, 5, 7]).unsqueezed()
    }
    #expect(check(TamperedLayer(base: Squeeze(), otherInverse: inverse)) == [.roundTrip])
  }

  @Test(arguments: [1, 17])
  func network(samples: Int) {
    typealias Network = ConvolutionalFiRevNet<FlowStep<AdditiveCoupling<SmallConvolution>>>
    func check(_ layer: TamperedLayer<Network>) -> Set<Law> {
      let violations = LayerLaws(
        perturbed(layer, seed: 21), dimension: 16, height: 4, width: 4, samples: samples, seed: 21, roundings: 192
      ) { layer, x in
        RoundTripBounds.network(layer.base, Activation(rowsOf: x).reshaped(height: 4, width: 4, channels: 1))
      }.violations()
      return Set(violations.map(\.law))
    }
    let base = LayerRegistry.smallNetwork(seed: 21)
    #expect(check(TamperedLayer(base: base)) == [])
    #expect(check(TamperedLayer(base: base, logDetFactor: 0.5)) == [.jacobian])
    #expect(check(TamperedLayer(base: base, dropsLogDetGradient: true)) == [.parameterGradient])
    // Two of the numbers that left after the first stage change places.
    let inverse: @Sendable (Network, Activation) -> Activation = { network, z in
      network.inverse(z.permutingChannels(Array(0..<8) + [9, 8] + Array(10..<16))).x
    }
    #expect(check(TamperedLayer(base: base, otherInverse: inverse)) == [.roundTrip])
  }
}
