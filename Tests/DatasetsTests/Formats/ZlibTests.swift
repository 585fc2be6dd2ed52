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

  @Test func roundTrips() throws {
    for (name, bytes) in compressorInputs {
      #expect(try Zlib.decompress(Zlib.compress(bytes), limit: bytes.count) == bytes, "\(name)")
    }
  }

  @Test func eachFaultHasItsError() throws {
    let file = Zlib.compress(Array("invariance".utf8))
    // Another method, a larger window, check bits that do not fit, a dictionary, a checksum, and a byte too many.
    let broken: [(file: [UInt8], expected: String)] = [
      ([0x79, 0x5D] + file[2...], "method 8"), ([0x88, 0x1C] + file[2...], "method 8"),
      ([0x78, 0x5F] + file[2...], "multiple of 31"), ([0x78, 0x20] + file[2...], "no preset dictionary"),
      (file.dropLast() + [file[file.count - 1] ^ 1], "Adler-32"), (file + [0], "end of the stream"),
    ]
    for (file, expected) in broken {
      let error = try #require(throws: FormatError.self) { try Zlib.decompress(file, limit: 100) }
      #expect(error.expected.contains(expected), "\(error)")
    }
    #expect(throws: FormatError.self) { try Zlib.decompress(file, limit: 9) }
  }
}
