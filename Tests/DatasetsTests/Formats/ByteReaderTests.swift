import Testing

@testable import Datasets

@Suite struct ByteReaderTests {
  @Test func readsBothByteOrders() throws {
    var reader = ByteReader([1, 2, 3, 4, 5, 6, 0xFF, 8, 9, 10, 11, 12, 13, 0x8E], format: "test")
    #expect(try reader.littleEndian(UInt16.self, "a") == 0x0201)
    #expect(try reader.bigEndian(UInt32.self, "b") == 0x0304_0506)
    #expect(try reader.littleEndian(UInt64.self, "c") == 0x8E0D_0C0B_0A09_08FF)
    #expect(reader.remaining == 0)
  }

  @Test func namesWhatIsMissingAndDoesNotMove() {
    var reader = ByteReader([1, 2, 3], format: "test", offset: 1)
    #expect(
      throws: FormatError(format: "test", offset: 1, expected: "4 bytes of size", found: "2 bytes")
    ) { try reader.bigEndian(UInt32.self, "size") }
    #expect(reader.offset == 1)
  }

  @Test func skipsToTheZero() throws {
    var reader = ByteReader([7, 7, 0, 5, 7], format: "test")
    try reader.skipZeroTerminated("a name")
    #expect(reader.offset == 3)
    #expect(throws: FormatError.self) { try reader.skipZeroTerminated("a name") }
  }

  @Test func floatsHaveTheirLowestByteFirst() {
    #expect(floats(littleEndian: [0, 0, 0x80, 0x3F, 0, 0, 0x20, 0xC0]) == [1, -2.5])
    #expect(floats(littleEndian: [9, 0, 0, 0x80, 0x3F][1...]) == [1])
  }
}
