import Testing

@testable import Datasets

@Suite struct ByteWriterTests {
  @Test func writesBothByteOrders() {
    var writer = ByteWriter()
    writer.littleEndian(0x0102 as UInt16)
    writer.bigEndian(0x0304_0506 as UInt32)
    writer.littleEndian(-2 as Int64)
    writer.littleEndian([1, -2.5])
    #expect(writer.bytes == hex("02 01 03 04 05 06 fe ff ff ff ff ff ff ff 00 00 80 3f 00 00 20 c0"))
  }
}
