import Foundation
import Testing

@testable import Kernels

/// Against the system's library, whose own error is below 1 ulp.
struct ElementaryTests {
  /// |found − expected| in units of the expected value's last place.
  private func ulps(_ found: Double, _ expected: Double) -> Double {
    found == expected ? 0 : abs(found - expected) / expected.ulp
  }

  private var arguments: [Double] {
    var numbers = Numbers(31)
    return (0..<2000).map { _ in Double(numbers.float()) + Double(numbers.float()) * 0x1p-24 }
  }

  @Test func exponentialIsWithinAnUlp() {
    for scale in [1e-9, 0.5, 4, 80, 700] {
      for x in arguments { #expect(ulps(exponential(scale * x), exp(scale * x)) <= 2, "e^\(scale * x)") }
    }
    #expect(exponential(0) == 1 && exponential(710) == .infinity && exponential(-.infinity) == 0)
    #expect(exponential(.infinity) == .infinity && exponential(.nan).isNaN && exponential(-746) == 0)
  }

  @Test func logarithmIsWithinTwoUlp() {
    for scale in [1e-300, 1e-9, 0.5, 1, 1.5, 4, 1e9, 1e300] {
      for x in arguments {
        let value = scale * abs(x)
        #expect(ulps(naturalLogarithm(value), log(value)) <= 3, "ln \(value)")
      }
    }
    for x in arguments { #expect(ulps(naturalLogarithm(1 + x / 64), log(1 + x / 64)) <= 3, "ln \(1 + x / 64)") }
    #expect(naturalLogarithm(1) == 0 && naturalLogarithm(0) == -.infinity && naturalLogarithm(.infinity) == .infinity)
    #expect(naturalLogarithm(-1).isNaN && naturalLogarithm(.nan).isNaN)
    #expect(ulps(naturalLogarithm(.leastNonzeroMagnitude), log(.leastNonzeroMagnitude)) <= 3)
  }

  @Test func cosineIsWithinTwoUlp() {
    for denominator in 1...70 {
      for numerator in (-3 * denominator)...(5 * denominator) {
        let found = cosine(piTimes: numerator, over: denominator)
        // The library's argument is rounded: by up to 2⁻⁵³ of itself.
        let angle = Double.pi * Double(numerator) / Double(denominator)
        #expect(abs(found - cos(angle)) <= 3 * 0x1p-53 * max(1, abs(angle)), "cos \(numerator)π/\(denominator)")
      }
    }
    #expect([0, 1, 2, 3, 4, -1, 6].map { cosine(piTimes: $0, over: 2) } == [1, 0, -1, 0, 1, 0, -1])
    #expect(cosine(piTimes: 1, over: 4) == 0.5.squareRoot())
    #expect(ulps(cosine(piTimes: 1, over: 3), 0.5) <= 2)
  }
}
