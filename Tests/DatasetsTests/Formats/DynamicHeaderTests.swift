import Testing

@testable import Datasets

@Suite struct DynamicHeaderTests {
  /// The header, then the end of the block, is an empty block if the two codes are read back as they are.
  private func size(_ literals: [UInt8], _ distances: [UInt8]) throws -> Int {
    let (literalCode, distanceCode) = (HuffmanEncoder(lengths: literals), HuffmanEncoder(lengths: distances))
    var writer = BitWriter()
    writer.write(0b101, 3)
    let header = DynamicHeader(literalCode, distanceCode)
    header.write(to: &writer)
    // A literal 0 and 255 where there are codes for them, and the end.
    var expected: [UInt8] = []
    for symbol in [0, 255, 256] where literals[symbol] > 0 {
      writer.write(literalCode.codes[symbol], Int(literals[symbol]))
      if symbol < 256 { expected.append(UInt8(symbol)) }
    }
    writer.alignToByte()
    let result = try Inflate.decompress(writer.bytes, limit: 2)
    #expect(result.bytes == expected)
    #expect(result.consumed == writer.bytes.count)
    return header.bitCount
  }

  @Test func codesOfManyShapes() throws {
    // Runs of zeros of every length around the limits of the run symbols 17 (3 to 10) and 18 (11 to 138).
    for gap in Array(1...20) + [137, 138, 139, 140, 148, 149, 150, 250, 254] {
      var literals = [UInt8](repeating: 0, count: 286)
      literals[0] = 1
      literals[gap] = literals[gap] == 0 ? 2 : literals[gap]
      literals[256] = 2
      _ = try size(literals, [1, 1] + [UInt8](repeating: 0, count: 28))
    }
    // Runs of one length of every number around the limit of the run symbol 16 (3 to 6).
    for run in 1...16 {
      var literals = [UInt8](repeating: 0, count: 286)
      for symbol in 0..<run { literals[symbol] = 5 }
      for symbol in 0..<16 - run { literals[100 + symbol] = 5 }
      literals[256] = 1
      _ = try size(literals, [UInt8](repeating: 0, count: 28) + [1, 1])
    }
  }

  @Test func runsAreShort() throws {
    var literals = [UInt8](repeating: 0, count: 286)
    literals[0] = 1
    literals[256] = 1
    #expect(try size(literals, [1, 1] + [UInt8](repeating: 0, count: 28)) < 100)
  }
}
