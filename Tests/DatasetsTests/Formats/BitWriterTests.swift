import Testing

@testable import Datasets

@Suite struct BitWriterTests {
  @Test func writesTheLowestBitFirst() {
    var writer = BitWriter()
    writer.write(0b0, 1)
    writer.write(0b011, 3)
    writer.write(0b1_1010, 5)
    writer.append(aligned: [7, 8])
    writer.write(0xFFFF_FFFF, 32)
    writer.write(1, 1)
    writer.alignToByte()
    #expect(writer.bytes == [0b1010_0110, 0b0000_0001, 7, 8, 255, 255, 255, 255, 1])
  }
}
