import Testing

@testable import Datasets

@Suite struct DeflateBlockTests {
  private func written(_ tokens: [UInt32], covering bytes: [UInt8]) throws -> (type: UInt8, size: Int) {
    var writer = BitWriter()
    DeflateBlock(tokens: tokens[...], covering: bytes[...]).write(to: &writer, isLast: true)
    writer.alignToByte()
    #expect(try Inflate.decompress(writer.bytes, limit: bytes.count).bytes == bytes)
    return (writer.bytes[0] >> 1 & 3, writer.bytes.count)
  }

  @Test func everyLengthAndDistanceIsWrittenRight() throws {
    var generator = SplitMix64(seed: 6)
    var bytes = generator.bytes(32_768)
    var tokens = bytes.map { UInt32($0) }
    let distances =
      Array(1...600) + stride(from: 601, through: 32_768, by: 61) + [16_384, 16_385, 24_576, 24_577, 32_768]
    for (index, distance) in distances.enumerated() {
      let length = 3 + index % 256
      tokens.append(LZ77.matchFlag | UInt32(length - 3) << 16 | UInt32(distance - 1))
      for _ in 0..<length { bytes.append(bytes[bytes.count - distance]) }
    }
    #expect(try written(tokens, covering: bytes).type == 2)
  }

  @Test func theSmallestWayIsTaken() throws {
    var generator = SplitMix64(seed: 7)
    let noise = generator.bytes(5_000)
    #expect(try written(noise.map { UInt32($0) }, covering: noise) == (0, 5_005))
    // A stored piece has at most 65535 bytes; three are needed.
    let more = generator.bytes(2 * 65_535 + 1)
    #expect(try written(more.map { UInt32($0) }, covering: more) == (0, more.count + 15))
    let short = Array("fixed".utf8)
    #expect(try written(short.map { UInt32($0) }, covering: short).type == 1)
    let two = generator.bytes(5_000, below: 1)
    let (type, size) = try written(two.map { UInt32($0) }, covering: two)
    // Two letters and the end: the rarer letter shares its branch with the end, so 1 or 2 bits a letter.
    #expect(type == 2 && size < 5_000 * 3 / 16 + 50)
    #expect(try written([], covering: []).type == 1)
  }
}
