import Kernels

/// Compares a fast kernel's numbers with the slow reference's.
struct Check {
  /// The case that is checked.
  let title: String

  /// Throws unless the numbers are equal: for kernels that promise the reference's very bits.
  func equal(_ found: Float, _ expected: Float, _ place: @autoclosure () -> String) throws {
    guard found == expected else { throw failure(place(), "\(found)", "\(expected)") }
  }

  /// Throws unless all numbers are equal.
  func equal(_ found: [Float], _ expected: [Float], _ place: @autoclosure () -> String) throws {
    guard found.count == expected.count else {
      throw failure("the number of values of \(place())", "\(found.count)", "\(expected.count)")
    }
    for index in found.indices { try equal(found[index], expected[index], "\(place()) [\(index)]") }
  }

  /// Throws unless the numbers differ by at most `tolerance`; NaN is never near.
  func near(_ found: Double, _ expected: Double, within tolerance: Double, _ place: @autoclosure () -> String) throws {
    guard (found - expected).magnitude <= tolerance else { throw failure(place(), "\(found)", "\(expected)") }
  }

  /// The elements to look at: all of a small matrix; of a large one its two corners and 62 others, always the same.
  static func places(rows: Int, columns: Int) -> [(row: Int, column: Int)] {
    indices(count: rows * columns).map { ($0 / columns, $0 % columns) }
  }

  /// The same for an array.
  static func indices(count: Int) -> [Int] {
    guard count > 4096 else { return Array(0..<count) }
    let random = RandomStream(seed: 1, name: "places to check")
    return [0, count - 1] + (0..<62).map { random.integer(below: count, at: UInt64($0)) }
  }

  /// Unit roundoff of `Float`.
  static let roundoff = 0x1p-24

  private func failure(_ place: String, _ found: String, _ expected: String) -> BenchmarkError {
    BenchmarkError("\(title) is wrong, so nothing was timed: \(place) is \(found), the reference gives \(expected).")
  }
}
