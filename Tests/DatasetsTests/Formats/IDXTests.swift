import Datasets
import Testing

@Suite struct IDXTests {
  private let images = hex("00 00 08 03 00 00 00 02 00 00 00 01 00 00 00 03 01 02 03 04 05 06")
  private let labels = hex("00 00 08 01 00 00 00 03 07 02 01")

  @Test func knownFiles() throws {
    let expected = IDX(dimensions: [2, 1, 3], bytes: [1, 2, 3, 4, 5, 6])
    #expect(try IDX.decode(images, limit: 22) == expected)
    #expect(expected.encode() == images)
    #expect(try IDX.decode(labels, limit: 11) == IDX(dimensions: [3], bytes: [7, 2, 1]))
    #expect(IDX(dimensions: [3], bytes: [7, 2, 1]).encode() == labels)
    #expect(try IDX.decode(hex("00 00 08 01 00 00 00 00"), limit: 8) == IDX(dimensions: [0], bytes: []))
  }

  @Test func gzippedFiles() throws {
    #expect(try IDX.decode(Gzip.compress(images), limit: 22) == IDX.decode(images, limit: 22))
  }

  @Test func theLimitHoldsForBoth() {
    #expect(throws: FormatError.self) { try IDX.decode(images, limit: 21) }
    #expect(throws: FormatError.self) { try IDX.decode(Gzip.compress(images), limit: 21) }
  }

  @Test(arguments: [
    ("00 00 08 02 00 00 00 01 00 00 00 01 05", 0), ("00 00 0d 01 00 00 00 00", 0), ("01 00 08 01 00 00 00 00", 0),
    ("00 00 08 01 00 00 00 03 07 02", 8), ("00 00 08 01 00 00 00 03 07 02 01 00", 8), ("00 00 08 01 00 00 00", 4),
    ("00 00 08 03 ff ff ff ff ff ff ff ff ff ff ff ff 00", 4),
    ("00 00 08 03 7f ff ff ff 7f ff ff ff 00 00 00 02 00", 16),
    ("", 0), ("1f 8b", 2),
  ]) func badFiles(text: String, offset: Int) {
    let error = #expect(throws: FormatError.self) { try IDX.decode(hex(text), limit: 1_000) }
    #expect(error?.offset == offset, "\(error?.description ?? "")")
  }

  @Test func aGzippedFileMayHoldNoMoreThanItsHeaderPromises() {
    // A million zeros behind a header that promises six bytes: refused after 22, although the limit is larger.
    let bomb = Gzip.compress(Array(images[..<16]) + [UInt8](repeating: 0, count: 1_000_000))
    let error = #expect(throws: FormatError.self) { try IDX.decode(bomb, limit: 10_000_000) }
    #expect(error?.description.hasSuffix("expected at most 22 decoded bytes, found more.") == true, "\(error as Any)")
    // Less than promised is found out by the count.
    let short = Gzip.compress(Array(images.dropLast()))
    #expect(throws: FormatError.self) { try IDX.decode(short, limit: 10_000_000) }
  }

  @Test func aHeaderThatPromisesTooMuchIsRefusedBeforeTheRest() {
    // The stream is cut in its middle: whoever decompressed it would say so.
    var generator = SplitMix64(seed: 62)
    let head = hex("00 00 08 03 00 01 00 00 00 00 01 00 00 00 01 00")
    let file = Gzip.compress(head + generator.bytes(300_000)).prefix(150_000)
    let error = #expect(throws: FormatError.self) { try IDX.decode(Array(file), limit: 1 << 30) }
    #expect(error?.format == "IDX" && error?.offset == 4 && error?.found == "4294967296 elements", "\(error as Any)")
    let overflow = Gzip.compress(hex("00 00 08 03 7f ff ff ff ff ff ff ff ff ff ff ff"))
    #expect(#expect(throws: FormatError.self) { try IDX.decode(overflow, limit: .max) }?.offset == 4)
  }

  @Test func theHeaderMayLieInSeveralMembers() throws {
    let file = (0..<4).flatMap { Gzip.compress(Array(images[(5 * $0)..<min(5 * $0 + 5, 20)])) }
    #expect(try IDX.decode(file + Gzip.compress(Array(images[20...])), limit: 22) == IDX.decode(images, limit: 22))
  }

  @Test func damagedFiles() throws {
    try fuzz(images, seed: 60) { try IDX.decode($0, limit: 1_000) }
    try fuzz(Gzip.compress(images), seed: 61, accepts: { $0.bytes == [1, 2, 3, 4, 5, 6] }) {
      try IDX.decode($0, limit: 1_000)
    }
  }
}
