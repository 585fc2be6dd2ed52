import MicroKernels
import Testing

@testable import Kernels

@Suite struct AdamTests {
  static let beta1: Float = 0.9
  static let beta2: Float = 0.999
  static let rate: Float = 0.01
  static let epsilon: Float = 1e-8

  private struct State {
    var value: [Float]
    var first: [Float]
    var second: [Float]

    init(value: [Float]) {
      self.value = value
      first = [Float](repeating: 0, count: value.count)
      second = first
    }

    mutating func update(_ gradient: [Float], step: Int) {
      adamUpdate(
        &value, gradient: gradient, first: &first, second: &second, step: step, learningRate: AdamTests.rate,
        beta1: AdamTests.beta1, beta2: AdamTests.beta2, epsilon: AdamTests.epsilon)
    }
  }

  /// Kingma & Ba 2014, algorithm 1, as printed, in Double, with a running bound of the Float version's error.
  ///
  /// With u = 2⁻²⁴: m takes at most four roundings of numbers below |m| + |g| a step; v, a sum of positive terms, four
  /// relative ones a step, of which the root leaves half; root, scale (itself rounded), sum, rate (a quotient of two
  /// rounded numbers), product and quotient are at most ten; the last difference is one of the value. 1 % for the rest.
  private struct Exact {
    var value: Double
    var first = 0.0
    var second = 0.0
    var firstError = 0.0
    var valueError = 0.0

    mutating func update(_ gradient: Double, step: Int) {
      let (b1, b2) = (Double(AdamTests.beta1), Double(AdamTests.beta2))
      let before = first
      first = b1 * first + (1 - b1) * gradient
      second = b2 * second + (1 - b2) * gradient * gradient
      var (power1, power2) = (1.0, 1.0)
      for _ in 0..<step { (power1, power2) = (power1 * b1, power2 * b2) }
      let denominator = (second / (1 - power2)).squareRoot() + Double(AdamTests.epsilon)
      let rate = Double(AdamTests.rate)
      value -= rate * (first / (1 - power1)) / denominator
      let t = Double(step)
      firstError += 4 * unitRoundoff * (abs(before) + abs(gradient))
      let scale = rate / (1 - power1) / denominator
      valueError += 1.01 * (scale * (firstError + abs(first) * (2 * t + 10) * unitRoundoff) + unitRoundoff * abs(value))
    }
  }

  @Test("Agrees with the published algorithm", arguments: [0, 1, 15, 16, 17, 1000])
  func agreesWithDouble(count: Int) {
    var numbers = Numbers(UInt64(count))
    var state = State(value: numbers.floats(count))
    var exact = state.value.map { Exact(value: Double($0)) }
    for step in 1...8 {
      var gradient = numbers.floats(count)
      // Gradients of many sizes, and none at all: the moments of element 3 stay zero.
      for i in gradient.indices {
        gradient[i] *= i % 8 == 3 ? 0 : Float(sign: .plus, exponent: -(i % 12), significand: 1)
      }
      state.update(gradient, step: step)
      for i in 0..<count {
        exact[i].update(Double(gradient[i]), step: step)
        #expect(abs(Double(state.value[i]) - exact[i].value) <= exact[i].valueError, "element \(i), step \(step)")
        #expect(abs(Double(state.first[i]) - exact[i].first) <= exact[i].firstError, "element \(i), step \(step)")
        let secondBound = 1.01 * 4 * Double(step) * unitRoundoff * exact[i].second
        #expect(abs(Double(state.second[i]) - exact[i].second) <= secondBound, "element \(i), step \(step)")
      }
    }
  }

  @Test("The first step is the learning rate against the gradient's sign")
  func firstStep() {
    var state = State(value: [1, 1, 1])
    state.update([5, -0.25, 0], step: 1)
    // m / √v is ±1 after correction; ε and a dozen roundings change it by under 1e-6 relative.
    #expect(abs(state.value[0] - 0.99) < 1e-6 && abs(state.value[1] - 1.01) < 1e-6 && state.value[2] == 1)
  }

  @Test("An element's result does not depend on its place", arguments: allTables.map(\.name))
  func placeDoesNotMatter(name: String) throws {
    let table = try #require(allTables.first { $0.name == name })
    let step = AdamStep(beta1: 0.9, beta2: 0.999, rate: 0.02, secondMomentScale: 1.5, epsilon: 1e-8)
    var numbers = Numbers(31)
    let (value, gradient, first) = (numbers.float(), numbers.float(), numbers.float())
    let second = abs(numbers.float())
    var expected: [Float]?
    for count in [1, 15, 16, 17, 31, 47] {
      var values = [Float](repeating: value, count: count)
      var firsts = [Float](repeating: first, count: count)
      var seconds = [Float](repeating: second, count: count)
      let gradients = [Float](repeating: gradient, count: count)
      values.withUnsafeMutableBufferPointer { v in
        firsts.withUnsafeMutableBufferPointer { m in
          seconds.withUnsafeMutableBufferPointer { s in
            gradients.withUnsafeBufferPointer { g in
              guard let v = v.baseAddress, let m = m.baseAddress, let s = s.baseAddress, let g = g.baseAddress else {
                return
              }
              table.adam(count, step, AdamBuffers(value: v, gradient: g, first: m, second: s))
            }
          }
        }
      }
      let reference = expected ?? [values[0], firsts[0], seconds[0]]
      expected = reference
      for i in 0..<count {
        #expect(firstDifference([values[i], firsts[i], seconds[i]], reference) == nil, "\(i) of \(count)")
      }
      #expect(values[0] != value && firsts[0] != first && seconds[0] != second)
    }
  }
}
