import MicroKernels
import Testing

@testable import Kernels

@Suite struct AdamaxTests {
  private struct State {
    var value: [Float]
    var first: [Float]
    var largest: [Float]

    init(value: [Float]) {
      self.value = value
      first = [Float](repeating: 0, count: value.count)
      largest = first
    }

    mutating func update(_ gradient: [Float], step: Int, weightDecay: Float = 0) {
      adamaxUpdate(
        &value, gradient: gradient, first: &first, second: &largest, step: step, learningRate: 0.01, beta1: 0.9,
        beta2: 0.999, epsilon: 1e-8, weightDecay: weightDecay)
    }

    mutating func updateSlowly(_ gradient: [Float], step: Int, weightDecay: Float) {
      Reference.adamax(
        &value, gradient: gradient, first: &first, second: &largest, step: step, learningRate: 0.01, beta1: 0.9,
        beta2: 0.999, epsilon: 1e-8, weightDecay: weightDecay)
    }
  }

  @Test("Equals the plain loop to the bit", arguments: [0, 1, 15, 16, 17, 100_003], [0, 0.125] as [Float])
  func equalsReference(count: Int, weightDecay: Float) {
    var numbers = Numbers(UInt64(count))
    var fast = State(value: numbers.floats(count))
    var slow = fast
    for step in 1...3 {
      var gradient = numbers.floats(count)
      for i in gradient.indices {
        gradient[i] *= i % 8 == 3 ? 0 : Float(sign: .plus, exponent: -(i % 12), significand: 1)
      }
      fast.update(gradient, step: step, weightDecay: weightDecay)
      slow.updateSlowly(gradient, step: step, weightDecay: weightDecay)
      #expect(firstDifference(fast.value, slow.value) == nil, "step \(step)")
      #expect(firstDifference(fast.first, slow.first) == nil, "step \(step)")
      #expect(firstDifference(fast.largest, slow.largest) == nil, "step \(step)")
    }
  }

  /// By hand, with rate 0.01 and gradients 4, then −1, then 0:
  /// m = 0.4, 0.26, 0.234; u = 4, 3.996, 3.992004; the corrections are 0.1, 0.19, 0.271.
  @Test("Three steps by hand")
  func byHand() {
    var state = State(value: [1])
    var value = 1.0
    let expected = [(0.4, 4.0, 0.1), (0.26, 3.996, 0.19), (0.234, 3.992_004, 0.271)]
    for (index, gradient) in [4, -1, 0].enumerated() {
      state.update([Float(gradient)], step: index + 1)
      let (m, u, correction) = expected[index]
      value -= 0.01 / correction * m / u
      // A dozen roundings of relative 2⁻²⁴ and constants rounded to Float, 1 − β₁ by 2⁻²².
      #expect(abs(Double(state.first[0]) - m) < 1e-6 && abs(Double(state.largest[0]) - u) < 4e-6)
      #expect(abs(Double(state.value[0]) - value) < 1e-6)
    }
  }

  /// A parameter without a gradient stays: m is 0 and u is ε, not 0.
  @Test("No gradient, no move, unless weights decay")
  func noGradient() {
    var state = State(value: [2])
    state.update([0], step: 1)
    #expect(state.value[0] == 2 && state.first[0] == 0 && state.largest[0] == 1e-8)
    var decaying = State(value: [2])
    decaying.update([0], step: 1, weightDecay: 0.5)
    // The gradient is 1, and the first step the rate.
    #expect(abs(decaying.value[0] - 1.99) < 1e-6 && abs(decaying.largest[0] - 1) < 1e-6)
  }

  @Test("Every instruction set, any place", arguments: allTables.map(\.name))
  func placeDoesNotMatter(name: String) throws {
    let table = try #require(allTables.first { $0.name == name })
    let step = AdamaxStep(beta1: 0.9, beta2: 0.999, rate: 0.02, epsilon: 1e-8, weightDecay: 0.01)
    for count in [1, 15, 16, 17, 47] {
      var values = [Float](repeating: 0.75, count: count)
      var firsts = [Float](repeating: -0.5, count: count)
      var seconds = [Float](repeating: 0.25, count: count)
      let gradients = [Float](repeating: 0.125, count: count)
      values.withUnsafeMutableBufferPointer { v in
        firsts.withUnsafeMutableBufferPointer { m in
          seconds.withUnsafeMutableBufferPointer { s in
            gradients.withUnsafeBufferPointer { g in
              guard let v = v.baseAddress, let m = m.baseAddress, let s = s.baseAddress, let g = g.baseAddress else {
                return
              }
              table.adamax(count, step, AdamBuffers(value: v, gradient: g, first: m, second: s))
            }
          }
        }
      }
      // g = 0.1325, m = −0.43675, u = 0.24975, value 0.75 + 0.02·0.43675/0.24975.
      for i in 0..<count {
        #expect(abs(values[i] - 0.784_975) < 1e-6 && abs(firsts[i] + 0.436_75) < 1e-6 && seconds[i] == 0.25 * 0.999)
        #expect(values[i] == values[0] && firsts[i] == firsts[0])
      }
    }
  }
}
