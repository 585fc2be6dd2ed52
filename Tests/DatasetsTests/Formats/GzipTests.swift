import Datasets
import Testing

@Suite struct GzipTests {
  private let word = Array("invariance".utf8)
  /// Made by Python's gzip module.
  private let plain = hex("1f 8b 08 00 00 00 00 00 02 03 cb cc 2b 4b 2c ca 4c cc 4b 4e 05 00 b5 a0 34 7d 0a 00 00 00")
  /// The same with a time, an extra field, a name, a comment and a header checksum.
  private let decorated = hex(
    """
    1f 8b 08 1e 87 d6 12 00 02 03 03 00 65 78 00 6e 61 6d 65 00 72 65 6d 61 72 6b 00 b1 31 cb cc 2b 4b 2c ca 4c cc 4b 4e
    05 00 b5 a0 34 7d 0a 00 00 00
    """)

  @Test func knownFiles() throws {
    #expect(try Gzip.decompress(plain, limit: 10) == word)
    #expect(try Gzip.decompress(decorated, limit: 10) == word)
    #expect(Gzip.isGzip(plain) && !Gzip.isGzip([0x1F]) && !Gzip.isGzip([0, 0, 8, 3]))
  }

  @Test func roundTrips() throws {
    for (name, bytes) in compressorInputs {
      let file = Gzip.compress(bytes)
      #expect(file.starts(with: [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]))
      #expect(try Gzip.decompress(file, limit: bytes.count) == bytes, "\(name)")
    }
  }

  @Test func membersAreJoinedWithinOneLimit() throws {
    let empty = Gzip.compress([])
    let file = empty + plain + decorated + empty
    #expect(try Gzip.decompress(file, limit: 20) == word + word)
    #expect(throws: FormatError.self) { try Gzip.decompress(file, limit: 19) }
  }

  @Test func aPrefixNeedsNoMoreThanItsPart() throws {
    let file = plain + decorated
    for count in 0...25 {
      #expect(try Gzip.prefix(file, count: count) == Array((word + word).prefix(count)))
    }
    var generator = SplitMix64(seed: 23)
    let noise = generator.bytes(400_000)
    for bytes in [noise, noise.map { $0 & 1 }] {
      let cut = Array(Gzip.compress(bytes).prefix(40_000))
      for count in [1, 16, 4_000] { #expect(try Gzip.prefix(cut, count: count) == Array(bytes.prefix(count))) }
      #expect(throws: FormatError.self) { try Gzip.prefix(cut, count: 400_000) }
    }
  }

  @Test func aPrefixChecksTheMembersThatItEnds() {
    var file = plain
    file[plain.count - 8] ^= 1
    #expect(throws: FormatError.self) { try Gzip.prefix(file, count: 11) }
    #expect(throws: Never.self) { try Gzip.prefix(file, count: 9) }
  }

  @Test func whatFollowsMustBeAMember() {
    for rest in [[0], [0x1F], [0x1F, 0x8B], Array("x".utf8), [UInt8](repeating: 0, count: 20)] {
      #expect(throws: FormatError.self) { try Gzip.decompress(plain + rest, limit: 100) }
    }
    #expect(throws: FormatError.self) { try Gzip.decompress([], limit: 100) }
  }

  @Test(arguments: [
    (0, "1f 8b"), (2, "method 8"), (3, "reserved"), (27, "header checksum"), (41, "CRC-32"), (45, "length"),
  ]) func damagedFieldsAreNamed(offset: Int, expected: String) {
    var file = decorated
    file[offset] ^= 0x80
    let error = #expect(throws: FormatError.self) { try Gzip.decompress(file, limit: 100) }
    #expect(error?.offset == offset && error?.expected.contains(expected) == true, "\(error?.description ?? "")")
  }

  @Test func damagedFiles() throws {
    for (seed, file) in [(20, plain), (21, decorated)] {
      try fuzz(file, seed: UInt64(seed), rounds: 1_000, accepts: { $0 == word }) {
        try Gzip.decompress($0, limit: 1_000)
      }
    }
    let image = compressorInputs[2].bytes
    try fuzz(Gzip.compress(image), seed: 22, rounds: 150, accepts: { $0 == image }) {
      try Gzip.decompress($0, limit: image.count)
    }
  }
}
