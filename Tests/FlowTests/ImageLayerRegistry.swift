import Flow
import Kernels
import TestSupport

/// Images in a few pixels and channels.
private struct Size: Sendable, CustomStringConvertible {
  let height: Int
  let width: Int
  let channels: Int

  init(_ height: Int, _ width: Int, _ channels: Int) {
    self.height = height
    self.width = width
    self.channels = channels
  }

  var values: Int { height * width * channels }
  var description: String { "\(height)×\(width)×\(channels)" }

  func image(_ rows: Matrix) -> Activation {
    Activation(rowsOf: rows).reshaped(height: height, width: width, channels: channels)
  }
}

/// Layers on images.
extension LayerRegistry {
  static let images: [LayerCase] =
    exact + actnorms + convolutions + imageCouplings + chosenCouplings + networkCouplings + steps + transforms

  private static let exact: [LayerCase] =
    [Size(2, 2, 1), Size(4, 2, 3), Size(2, 6, 2)].map { size in
      layerCase("Squeeze", size, roundings: 1, make: { _ in Squeeze() }) { _, x in RoundTripBounds.exact(Squeeze(), x) }
    } + [
      layerCase(
        "ChannelPermutation", Size(2, 3, 4), roundings: 1, make: { _ in ChannelPermutation(reversing: 4) },
        roundTripBound: RoundTripBounds.exact)
    ]

  private static let actnorms: [LayerCase] = [Size(1, 1, 3), Size(2, 2, 2), Size(3, 1, 5)].flatMap { size in
    [false, true].map { preservesVolume in
      layerCase(
        "Actnorm\(preservesVolume ? ", volume-preserving" : "")", size, roundings: 2,
        make: { _ in Actnorm(channels: size.channels, isVolumePreserving: preservesVolume) },
        roundTripBound: RoundTripBounds.actnorm)
    }
  }

  private static let convolutions: [LayerCase] = InvertibleConvolution.Parameterisation.allCases.flatMap { kind in
    [Size(1, 1, 1), Size(2, 2, 4), Size(3, 1, 5), Size(1, 1, 8)].map { size in
      layerCase(
        "InvertibleConvolution, \(kind)", size, roundings: 2 * size.channels,
        make: { InvertibleConvolution(channels: size.channels, parameterisation: kind, random: stream($0)) },
        roundTripBound: RoundTripBounds.convolution)
    }
  }

  private static let imageCouplings: [LayerCase] = [
    (Size(2, 2, 4), 2), (Size(3, 3, 3), 1), (Size(1, 2, 5), 4),
  ].flatMap { size, split in
    [
      layerCase(
        "AdditiveCoupling, split \(split)", size, roundings: 9 * split + 6,
        make: { additive(size.channels, split: split, stream($0)) },
        roundTripBound: { RoundTripBounds.additive($0, size.image($1)) }),
      layerCase(
        "AffineCoupling, split \(split)", size, roundings: 9 * split + 24,
        make: { affine(size.channels, split: split, stream($0)) },
        roundTripBound: { RoundTripBounds.affine($0, size.image($1)) }),
    ]
  }

  private static let chosenCouplings: [LayerCase] = CouplingKind.allCases.map { kind in
    layerCase(
      "EitherCoupling, \(kind)", Size(2, 2, 5), roundings: 9 * 2 + (kind == .additive ? 6 : 24),
      make: { seed in
        EitherCoupling(kind, channels: 5) {
          SmallConvolution(inputs: $0, hidden: 2, outputs: $1, random: stream(seed))
        }
      },
      roundTripBound: { coupling, x in
        switch coupling {
        case .additive(let coupling): RoundTripBounds.additive(coupling, Size(2, 2, 5).image(x))
        case .affine(let coupling): RoundTripBounds.affine(coupling, Size(2, 2, 5).image(x))
        }
      })
  }

  /// The couplings of the paper's networks, on `ConvolutionNetwork`. With batch norm see `BatchNormFlowTests`.
  private static let networkCouplings: [LayerCase] = [
    (Size(2, 2, 4), 2), (Size(3, 3, 3), 1), (Size(1, 2, 5), 4),
  ].flatMap { size, split in
    [
      layerCase(
        "AdditiveCoupling of ConvolutionNetwork, split \(split)", size, roundings: 9 * split + 27,
        make: { networkAdditive(size.channels, split: split, hasBatchNorm: false, stream($0)) },
        roundTripBound: { RoundTripBounds.additive($0, size.image($1)) }),
      layerCase(
        "AffineCoupling of ConvolutionNetwork, split \(split)", size, roundings: 9 * split + 45,
        make: { networkAffine(size.channels, split: split, hasBatchNorm: false, stream($0)) },
        roundTripBound: { RoundTripBounds.affine($0, size.image($1)) }),
    ]
  }

  private static let steps: [LayerCase] =
    InvertibleConvolution.Parameterisation.allCases.flatMap { kind in
      [
        layerCase(
          "FlowStep of additive coupling, \(kind)", Size(2, 2, 4), roundings: 48,
          make: { seed in
            FlowStep(
              channels: 4, parameterisation: kind, random: stream(seed), coupling: additive(4, split: 2, stream(seed)))
          }, roundTripBound: { RoundTripBounds.step($0, Size(2, 2, 4).image($1)) }),
        layerCase(
          "FlowStep of affine coupling, \(kind)", Size(1, 3, 3), roundings: 48,
          make: { seed in
            FlowStep(
              channels: 3, parameterisation: kind, random: stream(seed), coupling: affine(3, split: 1, stream(seed)))
          }, roundTripBound: { RoundTripBounds.step($0, Size(1, 3, 3).image($1)) }),
      ]
    }
    + Memory.allCases.map { memory in
      layerCase(
        "Chain of FlowStep, \(memory)", Size(2, 1, 3), roundings: 96,
        make: { seed in
          Chain(
            (0..<3).map { index in
              let random = RandomStream(seed: seed, name: "step \(index)")
              return FlowStep(channels: 3, random: random, coupling: additive(3, split: 1, random))
            }, memory: memory)
        }, roundTripBound: { RoundTripBounds.chain($0, Size(2, 1, 3).image($1)) })
    }

  private static let transforms: [LayerCase] = [
    Size(2, 2, 2), Size(4, 3, 1), Size(1, 5, 2), Size(1, 1, 3),
  ].map { size in
    layerCase(
      "DCT", size, roundings: size.height + size.width, make: { _ in DCT(height: size.height, width: size.width) },
      roundTripBound: RoundTripBounds.transform)
  }

  /// Whole multi-scale networks on images of 4×4 pixels.
  static let networks: [LayerCase] =
    Memory.allCases.flatMap { memory in
      [
        layerCase(
          "ConvolutionalFiRevNet, \(memory)", Size(4, 4, 1), roundings: 192,
          make: { smallNetwork(seed: $0, memory: memory) },
          roundTripBound: { RoundTripBounds.network($0, Size(4, 4, 1).image($1)) }),
        layerCase(
          "ConvolutionalFiRevNet, low-pass, \(memory)", Size(4, 4, 1), roundings: 128,
          make: { smallNetwork(seed: $0, stages: 1, order: .lowPass, parameterisation: .plain, memory: memory) },
          roundTripBound: { net, x in
            let z = net.forward(Size(4, 4, 1).image(x)).y.matrix()
            let last = RoundTripBounds.transform(DCT(height: 2, width: 2), z)
            return RoundTripBounds.network(net, Size(4, 4, 1).image(x), lastError: 2 * last.values[0])
          }),
      ]
    } + [
      layerCase(
        "ConvolutionalFiRevNet, all channels kept", Size(4, 4, 1), roundings: 128,
        make: { smallNetwork(seed: $0, steps: 1, factorsOut: false) },
        roundTripBound: { RoundTripBounds.network($0, Size(4, 4, 1).image($1)) }),
      layerCase(
        "ConvolutionalFiRevNet of affine couplings", Size(2, 4, 1), roundings: 128,
        make: { seed in
          ConvolutionalFiRevNet(height: 2, width: 4, channels: 1, stages: 1, steps: 2, seed: seed) { shape, random in
            affine(shape.channels, split: shape.channels / 2, random)
          }
        }, roundTripBound: { RoundTripBounds.network($0, Size(2, 4, 1).image($1)) }),
      layerCase(
        "ConvolutionalFiRevNet of ConvolutionNetwork", Size(4, 4, 1), roundings: 192,
        make: { smallPaperNetwork(seed: $0, steps: 1, hasBatchNorm: false) },
        roundTripBound: { RoundTripBounds.network($0, Size(4, 4, 1).image($1)) }),
    ]

  /// The paper's network on 4×4×1: two stages of additive couplings of `ConvolutionNetwork`.
  static func smallPaperNetwork(
    seed: UInt64, steps: Int, hasBatchNorm: Bool, memory: Memory = .stored
  ) -> ConvolutionalFiRevNet<FlowStep<AdditiveCoupling<ConvolutionNetwork>>> {
    ConvolutionalFiRevNet(height: 4, width: 4, channels: 1, stages: 2, steps: steps, memory: memory, seed: seed) {
      shape, random in
      networkAdditive(shape.channels, split: shape.channels / 2, hasBatchNorm: hasBatchNorm, random)
    }
  }

  /// A network of additive couplings on 4×4×1.
  static func smallNetwork(
    seed: UInt64, stages: Int = 2, steps: Int = 2, factorsOut: Bool = true, order: CodeOrder = .centralPixel,
    parameterisation: InvertibleConvolution.Parameterisation = .factored, memory: Memory = .stored
  ) -> ConvolutionalFiRevNet<FlowStep<AdditiveCoupling<SmallConvolution>>> {
    ConvolutionalFiRevNet(
      height: 4, width: 4, channels: 1, stages: stages, steps: steps, factorsOut: factorsOut, order: order,
      parameterisation: parameterisation, memory: memory, seed: seed
    ) { shape, random in
      additive(shape.channels, split: shape.channels / 2, random)
    }
  }

  private static func stream(_ seed: UInt64) -> RandomStream { RandomStream(seed: seed, name: "image layer") }

  private static func additive(
    _ channels: Int, split: Int, _ random: RandomStream
  ) -> AdditiveCoupling<SmallConvolution> {
    AdditiveCoupling(
      split: split,
      function: SmallConvolution(inputs: split, hidden: 2, outputs: channels - split, random: random))
  }

  private static func affine(
    _ channels: Int, split: Int, _ random: RandomStream
  ) -> AffineCoupling<SmallConvolution> {
    AffineCoupling(
      split: split,
      function: SmallConvolution(inputs: split, hidden: 2, outputs: 2 * (channels - split), random: random))
  }

  static func networkAdditive(
    _ channels: Int, split: Int, hasBatchNorm: Bool, _ random: RandomStream
  ) -> AdditiveCoupling<ConvolutionNetwork> {
    AdditiveCoupling(
      split: split,
      function: ConvolutionNetwork(
        inputs: split, filters: 2, outputs: channels - split, hasBatchNorm: hasBatchNorm, random: random))
  }

  static func networkAffine(
    _ channels: Int, split: Int, hasBatchNorm: Bool, _ random: RandomStream
  ) -> AffineCoupling<ConvolutionNetwork> {
    AffineCoupling(
      split: split,
      function: ConvolutionNetwork(
        inputs: split, filters: 2, outputs: 2 * (channels - split), hasBatchNorm: hasBatchNorm, random: random))
  }

  private static func layerCase<Layer: InvertibleLayer>(
    _ name: String, _ size: Size, roundings: Int, make: @escaping @Sendable (_ seed: UInt64) -> Layer,
    roundTripBound: @escaping @Sendable (Layer, Matrix) -> Matrix
  ) -> LayerCase {
    LayerCase(
      "\(name), \(size)", dimension: size.values, height: size.height, width: size.width, roundings: roundings,
      make: make, roundTripBound: roundTripBound)
  }
}
