import Foundation
import Kernels

/// Moving samples between rows and lanes, and random numbers.
enum DataCases {
  static var all: [Case] { [gather, write, words(1_000_000), gaussians(1_000_000)] }

  private static let batch = 500
  private static let columns = 100
  private static let rows = 50_000

  /// Batches in a random order, as in training, from a matrix that no cache near the core holds.
  private static var gather: Case {
    // Read once, written once.
    Case(
      name: "gather", shape: "\(batch) of \(rows) rows of \(columns)", work: .bytes(Double(2 * 4 * batch * columns))
    ) { check in
      let data = RandomData.matrix(rows, columns, "data")
      let order = RandomStream(seed: 1, name: "order").permutation(count: rows)
      let batches = stride(from: 0, to: rows, by: batch).map { Array(order[$0..<($0 + batch)]) }
      let x = Activation(gathering: batches[0], from: data)
      for (sample, row) in batches[0].enumerated() {
        for column in 0..<columns {
          try check.equal(x[sample, column], data[row, column], "value \(column) of sample \(sample)")
        }
      }
      var next = 0
      return .call {
        _ = Activation(gathering: batches[next], from: data)
        next = (next + 1) % batches.count
      }
    }
  }

  private static var write: Case {
    Case(
      name: "write rows", shape: "\(batch) rows of \(columns)", work: .bytes(Double(2 * 4 * batch * columns))
    ) { check in
      let data = RandomData.matrix(batch, columns, "data")
      let x = Activation(rowsOf: data)
      var result = Matrix(rows: batch, columns: columns)
      x.write(to: &result)
      try check.equal(result.values, data.values, "the matrix")
      return .call { x.write(to: &result) }
    }
  }

  /// Number i of a bulk draw is made of one word: of counter 16·(i / 32) + i mod 16, the low word where i mod 32 < 16.
  private static func word(_ i: Int, of stream: RandomStream) -> UInt32 {
    let bits = stream.bits(at: UInt64(i / 32 * 16 + i % 16))
    return UInt32(truncatingIfNeeded: i % 32 < 16 ? bits : bits >> 32)
  }

  private static func words(_ count: Int) -> Case {
    Case(name: "random words", shape: "\(count) uniforms", work: .elements(Double(count))) { check in
      let stream = RandomStream(seed: 1, name: "benchmark")
      let found = stream.uniforms(count: count)
      for i in Check.indices(count: count) {
        try check.equal(found[i], Float(word(i, of: stream) >> 8) * 0x1p-24, "number \(i)")
      }
      return .call { _ = stream.uniforms(count: count) }
    }
  }

  private static func gaussians(_ count: Int) -> Case {
    Case(name: "gaussians", shape: "\(count)", work: .elements(Double(count))) { check in
      let stream = RandomStream(seed: 1, name: "benchmark")
      let found = stream.gaussians(count: count)
      for i in Check.indices(count: count) { try checkGaussian(i, found[i], stream, check) }
      return .call { _ = stream.gaussians(count: count) }
    }
  }

  /// The transform of Box and Muller in double: the low word gives the radius, the high word the angle (two bits the
  /// quarter turn, the 23 bits that the kernel uses of the others the place in it).
  ///
  /// The radius r = √(−2 ln v) inherits u/2 from the rounding of v, which is divided by v·r and is largest where v is
  /// near 1, and a few u·r from the logarithm; the polynomials for the angle add a few u·r: sixteen of each is ample.
  private static func checkGaussian(_ i: Int, _ found: Float, _ stream: RandomStream, _ check: Check) throws {
    let bits = stream.bits(at: UInt64(i / 32 * 16 + i % 16))
    let v = (Double(bits & 0xFFFF_FFFF) + 0.5) * 0x1p-32
    let radius = (-2 * Foundation.log(v)).squareRoot()
    let direction = bits >> 32
    let place = Double(direction >> 7 & 0x7F_FFFF) * 0x1p-23 - 0.5
    let angle = (Double(direction >> 30) + place) * .pi / 2
    let expected = radius * (i % 32 < 16 ? cos(angle) : sin(angle))
    try check.near(
      Double(found), expected, within: 16 * Check.roundoff * (radius + 1 / radius), "number \(i)")
  }
}
