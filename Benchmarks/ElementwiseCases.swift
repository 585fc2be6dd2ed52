import Foundation
import Kernels

/// Functions of single numbers, on the widest activation of the spheres network: 500 samples of 200 channels.
enum ElementwiseCases {
  private static let samples = 500
  private static let channels = 200
  private static var count: Int { samples * channels }
  private static let shape = "\(samples)×\(channels)"

  static var all: [Case] {
    [
      addition,
      map("exp", ulps: 2, { exp($0) }, { Foundation.exp($0) }),
      map("log", ulps: 2, positive: true, { log($0) }, { Foundation.log($0) }),
      map("tanh", ulps: 4, { tanh($0) }, { Foundation.tanh($0) }),
      map("sigmoid", ulps: 4, { sigmoid($0) }, { 1 / (1 + Foundation.exp(-$0)) }),
    ]
  }

  private static var addition: Case {
    // Two operands read, one result written.
    Case(name: "add", shape: shape, work: .bytes(Double(3 * 4 * count))) { check in
      let a = RandomData.matrix(samples, channels, "a")
      let b = RandomData.matrix(samples, channels, "b")
      let (x, y) = (Activation(rowsOf: a), Activation(rowsOf: b))
      let sum = add(x.view, y.view)
      for (row, column) in Check.places(rows: samples, columns: channels) {
        try check.equal(sum[row, column], a[row, column] + b[row, column], "sum (\(row), \(column))")
      }
      return .call { _ = add(x.view, y.view) }
    }
  }

  /// `ulps` is what the function's documentation promises; `exact` is the C library's double, whose own error is far
  /// below an ulp of a Float.
  private static func map(
    _ name: String, ulps: Double, positive: Bool = false, _ function: @escaping (Activation) -> Activation,
    _ exact: @escaping (Double) -> Double
  ) -> Case {
    Case(name: name, shape: shape, work: .elements(Double(count))) { check in
      var rows = RandomData.matrix(samples, channels, "x")
      if positive { rows.values = rows.values.map { $0.magnitude + .leastNormalMagnitude } }
      let x = Activation(rowsOf: rows)
      let y = function(x)
      for (row, column) in Check.places(rows: samples, columns: channels) {
        let argument = rows[row, column]
        let expected = exact(Double(argument))
        try check.near(
          Double(y[row, column]), expected, within: ulps * Double(Float(expected).ulp), "\(name)(\(argument))")
      }
      return .call { _ = function(x) }
    }
  }
}
