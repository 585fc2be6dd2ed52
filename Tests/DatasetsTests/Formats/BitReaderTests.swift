import Testing

@testable import Datasets

@Suite struct BitReaderTests {
  @Test func readsTheLowestBitFirst() {
    var reader = BitReader([0b1010_0110, 0b0000_0001], from: 0)
    #expect(reader.read(1) == 0)
    #expect(reader.read(3) == 0b011)
    #expect(reader.offset == 0)
    #expect(reader.read(5) == 0b1_1010)
    #expect(reader.offset == 1)
    #expect(reader.read(7) == 0)
    #expect(reader.read(1) == nil)
  }

  @Test func readsWhatBitWriterWrote() {
    var generator = SplitMix64(seed: 4)
    let widths = (0..<2_000).map { _ in Int.random(in: 0...16, using: &generator) }
    let values = widths.map { Int.random(in: 0..<1 << $0, using: &generator) }
    var writer = BitWriter()
    for (width, value) in zip(widths, values) { writer.write(UInt32(value), width) }
    writer.alignToByte()
    var reader = BitReader(writer.bytes, from: 0)
    for (width, value) in zip(widths, values) { #expect(reader.read(width) == value) }
  }

  @Test(arguments: [2, 8, 9, 20]) func alignedBytesFollowTheByteBegun(length: Int) {
    let bytes = (0..<UInt8(length + 2)).map { $0 }
    var reader = BitReader(bytes, from: 1)
    #expect(reader.read(3) == 1)
    reader.alignToByte()
    #expect(reader.offset == 2)
    #expect(reader.readAlignedBytes(length + 1) == nil)
    #expect(reader.readAlignedBytes(length) == bytes[2...])
    #expect(reader.read(1) == nil)
  }
}
