import Kernels
import TestSupport
import Testing

@testable import Flow

struct GainPenaltyTests {
  @Test("A map that doubles has gain 4, and a rotation 1, whatever the noise")
  func value() {
    let x = gaussianMatrix(rows: 21, columns: 6, seed: 81, name: "x")
    let noise = gaussianMatrix(rows: 21, columns: 6, seed: 82, name: "noise")
    // ‖ε‖² of 126 numbers, as they were drawn.
    let drawn = noise.values.reduce(0.0) { $0 + Double($1 * $1) } / 126
    for (factor, order) in [(2, [0, 1, 2, 3, 4, 5]), (1, [3, 0, 5, 1, 2, 4])] as [(Float, [Int])] {
      func map(_ rows: Matrix) -> Activation {
        scaleChannels(
          Activation(rowsOf: rows).permutingChannels(order).view, by: [Float](repeating: factor, count: 6))
      }
      let moved = Matrix(rows: 21, columns: 6, values: zip(x.values, noise.values).map { $0 + 0.25 * $1 })
      let (gain, _) = GainPenalty.evaluate(code: map(x), displaced: map(moved), deviation: 0.25, weight: 3)
      #expect(abs(gain - Double(factor * factor) * drawn) < 1e-4 * drawn)
    }
  }

  @Test("The inverse's gain is that of F⁻¹, and its gradient that of a quotient whose numerator is fixed")
  func inverse() {
    let x = gaussianMatrix(rows: 5, columns: 4, seed: 85, name: "x")
    let step = gaussianMatrix(rows: 5, columns: 4, seed: 86, name: "step")
    let returned = Matrix(rows: 5, columns: 4, values: zip(x.values, step.values).map { $0 + 0.5 * $1 })
    // F halves: F⁻¹ has gain 4, whatever the step.
    let code = Matrix(rows: 5, columns: 4, values: x.values.map { $0 / 2 })
    let other = Matrix(rows: 5, columns: 4, values: returned.values.map { $0 / 2 })
    func gain(_ other: Matrix) -> (gain: Double, gradient: Activation) {
      GainPenalty.evaluateInverse(
        x: Activation(rowsOf: x), returned: Activation(rowsOf: returned), code: Activation(rowsOf: code),
        codeOfReturned: Activation(rowsOf: other), weight: 3)
    }
    let found = gain(other)
    #expect(abs(found.gain - 4) < 1e-4)
    for row in 0..<5 {
      for column in 0..<4 {
        func at(_ h: Float) -> Double {
          var moved = other
          moved[row, column] += h
          return 3 * gain(moved).gain
        }
        // Central differences over 2⁻⁷: a third derivative of some hundreds, and 1e-6 of rounding in the gain.
        let slope = (at(0x1p-7) - at(-0x1p-7)) * 64
        #expect(abs(slope - Double(found.gradient[row, column])) < 0.02 * max(1, abs(slope)), "[\(row), \(column)]")
      }
    }
  }

  @Test("The gradient is that of the weighted gain")
  func gradient() {
    let code = gaussianMatrix(rows: 5, columns: 4, seed: 83, name: "code")
    let displaced = gaussianMatrix(rows: 5, columns: 4, seed: 84, name: "displaced")
    let (weight, deviation): (Float, Float) = (1.5, 0.5)
    let (_, gradient) = GainPenalty.evaluate(
      code: Activation(rowsOf: code), displaced: Activation(rowsOf: displaced), deviation: deviation, weight: weight)
    for row in 0..<5 {
      for column in 0..<4 {
        // d/dz' of λ·(z' − z)²/(σ²·d·samples) by hand.
        let expected = 2 * weight * (displaced[row, column] - code[row, column]) / (deviation * deviation * 4 * 5)
        #expect(abs(gradient[row, column] - expected) < 1e-6)
      }
    }
    #expect(channelSums(gradient.view).allSatisfy { $0.isFinite })
  }
}
