import Testing

@testable import Kernels

extension SharedState {
  @Suite struct ActivationSamplesTests {
    @Test(
      "Batches stand one after the other, and come apart again",
      arguments: [[16], [16, 16], [32, 5], [5, 16], [7, 0, 13, 20], [0], [16, 1]])
    func stacking(counts: [Int]) {
      withPoisonedBuffers {
        let total = counts.reduce(0, +)
        let whole = numberedImage(total, 2, 1, 3)
        var (parts, start): ([Activation], Int) = ([], 0)
        for count in counts {
          parts.append(whole.samples(start..<(start + count)))
          start += count
        }
        for (part, count) in zip(parts, counts) {
          #expect(part.samples == count && allLanes(part).allSatisfy { $0.isFinite })
        }
        let stacked = Activation(stacking: parts)
        #expect(stacked.shape == whole.shape && stacked.matrix() == whole.matrix())
        #expect(allLanes(stacked).allSatisfy { $0.isFinite })
      }
    }

    @Test("Lanes beyond the last sample are zero, so that a stack of gradients is one")
    func padding() {
      let x = Activation(samples: 20, channels: 1, repeating: 3)
      let first = x.samples(0..<18)
      #expect(channelSums(first.view) == [54])
      #expect(channelSums(Activation(stacking: [first, first.samples(1..<4)]).view) == [63])
    }
  }
}
