import Datasets
import Testing

@Suite struct CRC32Tests {
  @Test func knownValues() {
    #expect(crc32([]) == 0)
    #expect(crc32(Array("123456789".utf8)) == 0xCBF4_3926)
    #expect(crc32((0..<1_000).map { UInt8($0 * 7 & 255) }) == 0x114A_D5FF)
  }

  @Test func piecesGiveTheWhole() {
    var generator = SplitMix64(seed: 2)
    let bytes = generator.bytes(100)
    let whole = crc32(bytes)
    for cut in 0...bytes.count {
      var crc = CRC32()
      crc.update(bytes.span.extracting(..<cut))
      crc.update(bytes.span.extracting(cut...))
      #expect(crc.value == whole)
    }
  }
}
