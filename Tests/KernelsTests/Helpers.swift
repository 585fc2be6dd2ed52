import Foundation
import MicroKernels
import Testing

@testable import Kernels

/// Suites that change what the whole process shares (buffer poisoning, the number of threads) run one at a time.
@Suite(.serialized)
struct SharedState {}

/// Numbers that do not come from the code under test: SplitMix64 (Steele, Lea, Flood 2014).
struct Numbers {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Uniform in [−1, 1), all 24 bits in use.
  mutating func float() -> Float { Float(next() >> 40) * 0x1p-23 - 1 }

  mutating func floats(_ count: Int) -> [Float] { (0..<count).map { _ in float() } }

  mutating func matrix(_ rows: Int, _ columns: Int) -> Matrix {
    Matrix(rows: rows, columns: columns, values: floats(rows * columns))
  }

  /// Whole numbers in −8…8.
  mutating func wholeMatrix(_ rows: Int, _ columns: Int) -> Matrix {
    Matrix(rows: rows, columns: columns, values: (0..<rows * columns).map { _ in Float(Int(next() % 17) - 8) })
  }
}

/// Half the distance from 1 to the next float: the largest relative error of one rounding.
let unitRoundoff = 0x1p-24

/// Every table that this machine can run.
let allTables = InstructionSet.tables(CPUFeatures.detect())

/// Where two arrays' bits first differ, in words, or nil.
func firstDifference(_ found: [Float], _ expected: [Float]) -> String? {
  guard found.count == expected.count else { return "\(found.count) values, expected \(expected.count)" }
  for i in 0..<found.count where found[i].bitPattern != expected[i].bitPattern {
    return "value \(i): \(found[i]), expected \(expected[i])"
  }
  return nil
}

func firstDifference(_ found: Matrix, _ expected: Matrix) -> String? {
  guard found.rows == expected.rows, found.columns == expected.columns else {
    return "\(found.rows)×\(found.columns), expected \(expected.rows)×\(expected.columns)"
  }
  return firstDifference(found.values, expected.values)
}

/// All values of all lanes, padding included.
func allLanes(_ x: Activation) -> [Float] {
  (0..<x.blocks * x.vectorsPerBlock).flatMap { index in (0..<16).map { x.pointer[index][$0] } }
}

/// |found − exact| in units of the exact value's last place; subnormals' unit is 2⁻¹⁴⁹, infinity counts as 2¹²⁸.
func ulps(_ found: Float, _ exact: Double) -> Double {
  if found.isNaN || exact.isNaN { return found.isNaN && exact.isNaN ? 0 : .infinity }
  if Float(exact) == found { return found.isInfinite ? 0 : abs(Double(found) - exact) / unit(exact) }
  if exact.isInfinite { return .infinity }
  let value = found.isInfinite ? (found > 0 ? 0x1p128 : -0x1p128) : Double(found)
  return abs(value - exact) / unit(exact)
}

private func unit(_ exact: Double) -> Double {
  let exponent = exact == 0 ? -126 : max(-126, min(127, Int(exact.exponent)))
  return Double(sign: .plus, exponent: exponent - 23, significand: 1)
}

/// Runs a kernel's vectors over an array, the last vector filled up with the last value.
func apply(_ kernel: KernelTable.Map, _ x: [Float]) -> [Float] {
  guard let last = x.last else { return [] }
  let count = (x.count + 15) / 16
  var vectors = [Vector](repeating: Vector(repeating: last), count: count)
  for (i, value) in x.enumerated() { vectors[i / 16][i % 16] = value }
  var result = [Vector](repeating: Vector(repeating: .nan), count: count)
  vectors.withUnsafeBufferPointer { source in
    result.withUnsafeMutableBufferPointer { target in
      if let from = source.baseAddress, let to = target.baseAddress { kernel(count, from, to) }
    }
  }
  return x.indices.map { result[$0 / 16][$0 % 16] }
}

/// Blocks of memory are handed out full of NaN while `body` runs. For suites in `SharedState`.
func withPoisonedBuffers(_ body: () throws -> Void) rethrows {
  BufferPool.shared.setPoisoning(true)
  defer { BufferPool.shared.setPoisoning(false) }
  try body()
}

/// `body` with another number of threads. For suites in `SharedState`.
func withThreads<Result>(_ threads: Int, _ body: () throws -> Result) rethrows -> Result {
  let before = Parallel.threads
  defer { Parallel.threads = before }
  Parallel.threads = threads
  return try body()
}
