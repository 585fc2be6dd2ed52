import Foundation
import MicroKernels
import Testing

@testable import Kernels

@Suite struct VectorMathTests {
  /// The largest error in ulp, and where; Foundation's Double functions are exact to 2⁻²⁹ of a float's ulp.
  private func largestError(
    _ kernel: KernelTable.Map, _ x: [Float], isIncluded: (Double) -> Bool = { _ in true },
    _ exact: (Double) -> Double
  ) -> (ulps: Double, at: Float) {
    let y = apply(kernel, x)
    var worst = (ulps: 0.0, at: Float(0))
    for (i, value) in x.enumerated() {
      let expected = exact(Double(value))
      guard isIncluded(expected) else { continue }
      let error = ulps(y[i], expected)
      if error > worst.ulps { worst = (error, value) }
    }
    return worst
  }

  /// `count` numbers at equal distances.
  private func sweep(_ range: ClosedRange<Float>, _ count: Int) -> [Float] {
    let step = (Double(range.upperBound) - Double(range.lowerBound)) / Double(count - 1)
    return (0..<count).map { Float(Double(range.lowerBound) + Double($0) * step) }
  }

  /// Every `stride`th float above zero, from the least subnormal to the greatest; an odd stride varies the low bits.
  private func positiveFloats(every stride: Int) -> [Float] {
    Swift.stride(from: 1, to: Int(Float.infinity.bitPattern), by: stride).map { Float(bitPattern: UInt32($0)) }
  }

  private func isNormal(_ value: Double) -> Bool { abs(value) >= Double(Float.leastNormalMagnitude) }

  @Test("exp is within 2 ulp where normal", arguments: allTables.map(\.name))
  func exponential(name: String) throws {
    let table = try #require(allTables.first { $0.name == name })
    let x = sweep(-88...89, 1_000_001) + sweep(-1...1, 200_001)
    let worst = largestError(table.exp, x, isIncluded: isNormal) { Foundation.exp($0) }
    #expect(worst.ulps <= 2, "at \(worst.at)")
    // Below the normal numbers, the stated bound is 2 × 2⁻¹⁴⁹, which is two subnormals' units.
    let tail = largestError(table.exp, sweep(-106 ... -87, 100_001), isIncluded: { !isNormal($0) }) {
      Foundation.exp($0)
    }
    #expect(tail.ulps <= 2, "at \(tail.at)")
    let tiny = positiveFloats(every: 4099).filter { $0 < 1 }
    let small = largestError(table.exp, tiny + tiny.map { -$0 }) { Foundation.exp($0) }
    #expect(small.ulps <= 2, "at \(small.at)")
  }

  @Test("exp at special places", arguments: allTables.map(\.name))
  func exponentialSpecials(name: String) throws {
    let table = try #require(allTables.first { $0.name == name })
    let y = apply(table.exp, [0, -0.0, .infinity, -.infinity, 88.72283, 88.72284, 1e38, -103.9, -104, -1e38, .nan])
    #expect(y[0] == 1 && y[1] == 1)
    #expect(y[2] == .infinity)
    #expect(y[3].bitPattern == 0)
    // ln of the greatest float is 88.72283905…
    #expect(y[4].isFinite && y[4] > 3.4e38)
    #expect(y[5] == .infinity && y[6] == .infinity)
    // e^−103.9 is 0.54 of the least subnormal, e^−104 is 0.49 of it.
    #expect(y[7] == .leastNonzeroMagnitude && y[8] == 0 && y[9] == 0)
    #expect(y[10].isNaN)
  }

  @Test("log is within 2 ulp", arguments: allTables.map(\.name))
  func logarithm(name: String) throws {
    let table = try #require(allTables.first { $0.name == name })
    let x = positiveFloats(every: 2113) + sweep(0.5...2, 200_001) + sweep(0.99...1.01, 200_001)
    let worst = largestError(table.log, x) { Foundation.log($0) }
    #expect(worst.ulps <= 2, "at \(worst.at)")
  }

  @Test("log at special places", arguments: allTables.map(\.name))
  func logarithmSpecials(name: String) throws {
    let table = try #require(allTables.first { $0.name == name })
    let least = Float.leastNonzeroMagnitude
    let y = apply(table.log, [0, -0.0, 1, .infinity, -1, -.infinity, .nan, -least, least, .greatestFiniteMagnitude])
    #expect(y[0] == -.infinity && y[1] == -.infinity)
    #expect(y[2] == 0)
    #expect(y[3] == .infinity)
    #expect(y[4].isNaN && y[5].isNaN && y[6].isNaN && y[7].isNaN)
    #expect(ulps(y[8], Foundation.log(0x1p-149)) <= 2)
    #expect(ulps(y[9], Foundation.log(Double(Float.greatestFiniteMagnitude))) <= 2)
  }

  @Test("tanh is within 4 ulp", arguments: allTables.map(\.name))
  func hyperbolicTangent(name: String) throws {
    let table = try #require(allTables.first { $0.name == name })
    let positive = positiveFloats(every: 4099)
    let x = sweep(-10...10, 1_000_001) + sweep(0.62...0.63, 50_001) + positive + positive.map { -$0 }
    let worst = largestError(table.tanh, x) { Foundation.tanh($0) }
    #expect(worst.ulps <= 4, "at \(worst.at)")
    let least = Float.leastNonzeroMagnitude
    let y = apply(table.tanh, [0, .infinity, -.infinity, .nan, 100, -100, least, -least, -0.0])
    #expect(y[0] == 0)
    #expect(y[1] == 1 && y[2] == -1 && y[3].isNaN && y[4] == 1 && y[5] == -1)
    #expect(y[6] == least && y[7] == -least && y[8] == 0)
    #expect(y.allSatisfy { !($0.magnitude > 1) })
  }

  @Test("sigmoid is within 4 ulp where normal", arguments: allTables.map(\.name))
  func logistic(name: String) throws {
    let table = try #require(allTables.first { $0.name == name })
    let exact: (Double) -> Double = { 1 / (1 + Foundation.exp(-$0)) }
    let worst = largestError(table.sigmoid, sweep(-88...40, 1_000_001), isIncluded: isNormal, exact)
    #expect(worst.ulps <= 4, "at \(worst.at)")
    // Below the normal numbers it is exp's value, over 1: within 2 units.
    let tail = largestError(table.sigmoid, sweep(-106 ... -87, 50_001), isIncluded: { !isNormal($0) }, exact)
    #expect(tail.ulps <= 2, "at \(tail.at)")
    let y = apply(table.sigmoid, [0, -0.0, .infinity, -.infinity, .nan, 1e38, -1e38, 200, -200])
    #expect(y[0] == 0.5 && y[1] == 0.5 && y[2] == 1 && y[3] == 0 && y[4].isNaN)
    #expect(y[5] == 1 && y[6] == 0 && y[7] == 1 && y[8] == 0)
  }

  @Test("A value's result does not depend on its lane", arguments: allTables.map(\.name))
  func lanes(name: String) throws {
    let table = try #require(allTables.first { $0.name == name })
    let x: [Float] = [0.3, 2.5, 0.01, 7, 80, 0x1p-133, 0.9, 1.1, 3, 5, 0.6, 0.63, 10, 20, 30, 0.125]
    for kernel in [table.exp, table.log, table.tanh, table.sigmoid] {
      let alone = x.map { apply(kernel, [$0])[0] }
      #expect(firstDifference(apply(kernel, x), alone) == nil)
    }
  }

  @Test("Elementwise kernels of a table: sums, differences, in place", arguments: allTables.map(\.name))
  func elementwise(name: String) throws {
    let table = try #require(allTables.first { $0.name == name })
    var numbers = Numbers(6)
    let a = (0..<3).map { _ in Vector(numbers.floats(16)) }
    let b = (0..<3).map { _ in Vector(numbers.floats(16)) }
    func run(_ kernel: KernelTable.Zip) -> [Vector] {
      // In place: the output is the first operand.
      var result = a
      result.withUnsafeMutableBufferPointer { target in
        b.withUnsafeBufferPointer { other in
          guard let y = target.baseAddress, let right = other.baseAddress else { return }
          kernel(3, UnsafePointer(y), right, y)
        }
      }
      return result
    }
    let sum = run(table.add)
    let difference = run(table.subtract)
    let gradient = run(table.rectifierGradient)
    for i in 0..<3 {
      for lane in 0..<16 {
        #expect(sum[i][lane] == a[i][lane] + b[i][lane])
        #expect(difference[i][lane] == a[i][lane] - b[i][lane])
        #expect(gradient[i][lane] == (a[i][lane] > 0 ? b[i][lane] : 0))
      }
    }
  }

  @Test("The public functions act on every value")
  func publicFunctions() {
    var numbers = Numbers(8)
    let matrix = numbers.matrix(19, 5)
    let x = Activation(rowsOf: matrix)
    let table = InstructionSet.selected
    #expect(firstDifference(exp(x).matrix().values, apply(table.exp, matrix.values)) == nil)
    #expect(firstDifference(tanh(x).matrix().values, apply(table.tanh, matrix.values)) == nil)
    #expect(firstDifference(sigmoid(x).matrix().values, apply(table.sigmoid, matrix.values)) == nil)
    let positive = Matrix(rows: 19, columns: 5, values: matrix.values.map { abs($0) + 0.1 })
    #expect(
      firstDifference(log(Activation(rowsOf: positive)).matrix().values, apply(table.log, positive.values)) == nil)
  }
}
