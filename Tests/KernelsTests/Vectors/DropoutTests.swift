import Testing

@testable import Kernels

extension SharedState {
  struct DropoutTests {
    private let random = RandomStream(seed: 3, name: "dropout")
    private let x = Activation(samples: 20, height: 5, width: 7, channels: 9, repeating: 1.5)

    @Test(
      "Values are zero or divided by what is kept, as often as they should be", arguments: [0.1, 0.5, 0.9] as [Float])
    func shares(probability: Float) {
      var values: [Float] = []
      withPoisonedBuffers { values = allLanes(dropout(x, probability: probability, random: random, draw: 1)) }
      let kept = 1.5 * (1 / (1 - probability))
      #expect(values.allSatisfy { $0 == 0 || $0 == kept })
      // Five deviations of a binomial.
      let (n, p) = (Double(values.count), Double(probability))
      let zeros = Double(values.filter { $0 == 0 }.count)
      #expect(abs(zeros - n * p) <= 5 * (n * p * (1 - p)).squareRoot())
    }

    @Test func nothingIsDroppedWithProbabilityZero() {
      #expect(allLanes(dropout(x, probability: 0, random: random, draw: 1)).allSatisfy { $0 == 1.5 })
    }

    @Test("A draw is the same mask whenever it is asked for, on any number of threads, and no other draw's")
    func draws() {
      let masks = [1, 2, 3].map { threads in
        withThreads(threads) { allLanes(dropout(x, probability: 0.5, random: random, draw: 7)) }
      }
      #expect(masks[1] == masks[0] && masks[2] == masks[0])
      let others = [
        allLanes(dropout(x, probability: 0.5, random: random, draw: 8)),
        allLanes(dropout(x, probability: 0.5, random: RandomStream(seed: 4, name: "dropout"), draw: 7)),
      ]
      for other in others {
        // Half of all pairs agree, within five deviations.
        let n = Double(other.count)
        let equal = Double(zip(masks[0], other).filter { $0 == $1 }.count)
        #expect(abs(equal - n / 2) <= 5 * (n / 4).squareRoot())
      }
    }
  }
}
