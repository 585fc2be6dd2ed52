import Datasets
import Testing

@Suite struct ZlibTests {
  @Test func isAStreamBetweenHeaderAndChecksum() throws {
    for (_, bytes) in compressorInputs {
      let file = Zlib.compress(bytes)
      #expect(file[0] == 0x78 && (Int(file[0]) << 8 | Int(file[1])) % 31 == 0 && file[1] & 0x20 == 0)
      let result = try Inflate.decompress(file, from: 2, limit: bytes.count)
      #expect(result.bytes == bytes && result.consumed == file.count - 6)
      #expect(file.suffix(4).reduce(0) { $0 << 8 | UInt32($1) } == adler32(bytes))
    }
  }

  @Test func knownFile() {
    #expect(Zlib.compress(Array("a".utf8)) == hex("78 5e 4b 04 00 00 62 00 62"))
  }
}
