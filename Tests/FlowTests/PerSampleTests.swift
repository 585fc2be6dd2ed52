import Flow
import Kernels
import TestSupport
import Testing

struct PerSampleTests {
  @Test func arithmetic() {
    var values = PerSample(samples: 17, repeating: 2)
    values[16] = 0.5
    values += PerSample(samples: 17, repeating: 1)
    #expect(values[0] == 3 && values[16] == 1.5 && values.total == 49.5)
    #expect((-values)[16] == -1.5 && (-values).total == -49.5)
  }

  /// A constant is zero beyond the last sample, or it would reach the gradients of weights through an affine coupling.
  @Test func constantsEndWithTheLastSample() {
    let random = RandomStream(seed: 51, name: "coupling")
    let layer = perturbed(
      AffineCoupling(split: 2, function: RectifierNetwork(widths: [2, 3, 4], random: random)), seed: 51)
    let x = Activation(rowsOf: gaussianMatrix(rows: 3, columns: 4, seed: 51, name: "x"))
    var set = PerSample(samples: 3)
    for sample in 0..<3 { set[sample] = -1 }
    let gradients = [PerSample(samples: 3, repeating: -1), set].map { dlogDet in
      var gradient = layer
      _ = layer.backward(
        layer.forwardRecording(x).tape, outputGradient: Activation(samples: 3, channels: 4), logDetGradient: dlogDet,
        into: &gradient, .replace)
      return gradient.parameters().flatMap(\.values)
    }
    #expect(sameBits(gradients[0], gradients[1]), "seed 51")
    #expect(gradients[0].contains { $0 != 0 })
  }
}
