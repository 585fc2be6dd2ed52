import MicroKernels
import Testing

@testable import Kernels

@Suite struct TransposeTests {
  private static let untouched: Float = -12345

  /// The kernel's output in a buffer that was `untouched` before.
  private func run(
    _ source: [Float], _ count: Int, _ kernel: (UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void
  ) -> [Float] {
    var output = [Float](repeating: Self.untouched, count: count)
    source.withUnsafeBufferPointer { source in
      output.withUnsafeMutableBufferPointer { output in
        if let from = source.baseAddress, let to = output.baseAddress { kernel(from, to) }
      }
    }
    return output
  }

  @Test(
    "transpose16 is exact for any number of rows", arguments: allTables.map(\.name), [(16, 16), (19, 16), (33, 21)])
  func transpose(name: String, strides: (source: Int, destination: Int)) throws {
    let table = try #require(allTables.first { $0.name == name })
    for rows in 0...16 {
      // No more rows than stated are readable; what is beyond is NaN.
      let source = (0..<16 * strides.source).map { $0 < rows * strides.source ? Float($0) : .nan }
      let output = run(source, 16 * strides.destination) {
        table.transpose16(rows, $0, strides.source, $1, strides.destination)
      }
      for k in 0..<16 {
        for row in 0..<strides.destination {
          let expected = row >= 16 ? Self.untouched : row < rows ? source[row * strides.source + k] : 0
          #expect(output[k * strides.destination + row] == expected, "rows \(rows): \(k), \(row)")
        }
      }
    }
  }

  @Test("packRows is exact for any number of rows", arguments: allTables.map(\.name), [6, 12])
  func pack(name: String, width: Int) throws {
    let table = try #require(allTables.first { $0.name == name })
    for stride in [16, 23] {
      for rows in 0...16 {
        let source = (0..<16 * stride).map { $0 < rows * stride ? Float($0) : .nan }
        let output = run(source, 16 * width + 32) { table.packRows(rows, width, $0, stride, $1) }
        for k in 0..<16 {
          for row in 0..<width {
            let expected = row < rows ? source[row * stride + k] : 0
            #expect(output[k * width + row] == expected, "rows \(rows): \(k), \(row)")
          }
        }
        // Up to 16 − width floats past the panel may be written, and no more.
        #expect(output[(16 * width + 16 - width)...].allSatisfy { $0 == Self.untouched })
      }
    }
  }
}
