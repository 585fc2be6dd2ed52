import Testing

@testable import Datasets

@Suite struct InflateTests {
  /// A dynamic block's head whose code lengths are each written with four bits.
  private func dynamic(
    literals: [UInt8], distances: [UInt8], literalCount: Int? = nil, distanceCount: Int? = nil
  ) -> BitWriter {
    var writer = BitWriter()
    writer.write(0b101, 3)
    writer.write(UInt32((literalCount ?? literals.count) - 257), 5)
    writer.write(UInt32((distanceCount ?? distances.count) - 1), 5)
    writer.write(15, 4)
    for symbol in DeflateAlphabet.codeLengthOrder { writer.write(symbol < 16 ? 4 : 0, 3) }
    for length in literals + distances { writer.write(UInt32(UInt16(length).bitReversed >> 12), 4) }
    return writer
  }

  /// Code lengths of 257 + `more` literal symbols, all 0 but for those given.
  private func literals(_ lengths: [Int: UInt8], more: Int = 0) -> [UInt8] {
    (0..<257 + more).map { lengths[$0] ?? 0 }
  }

  private func decode(_ writer: BitWriter, limit: Int = 1_000) throws -> [UInt8] {
    var writer = writer
    writer.alignToByte()
    return try Inflate.decompress(writer.bytes, limit: limit).bytes
  }

  private func expectError(_ found: String, _ writer: BitWriter) {
    let error = #expect(throws: FormatError.self) { try decode(writer) }
    #expect(error?.found.contains(found) == true, "\(error?.description ?? "no error")")
  }

  /// A stored stream made by hand, a fixed and a dynamic one made by zlib, with what they hold.
  static let known: [(stream: [UInt8], bytes: [UInt8])] = [
    (hex("01 03 00 fc ff 61 62 63"), Array("abc".utf8)),
    (hex("4b 4c 4a 4e 44 42 3a 0a 40 22 05 00"), Array("abcabcabcabcabc, abcd".utf8)),
    (
      hex(
        """
        ed ca c1 11 00 30 08 02 30 50 8b 1e fb 0f dc eb 06 1d c0 bc 03 80 91 a5 31 ab 1d 72 36 85 03 b1 d3 0a 77 d1
        a3 ca 20 9e bd 7b bf ee 05
        """), (0..<600).map { UInt8((($0 * $0) >> 3) % 11) }
    ),
  ]

  @Test func knownStreams() throws {
    for (stream, bytes) in Self.known {
      let result = try Inflate.decompress([9, 9] + stream + [8], from: 2, limit: bytes.count)
      #expect(result.bytes == bytes)
      #expect(result.consumed == stream.count)
    }
  }

  @Test func outputBeyondTheLimitIsRejected() {
    for (stream, bytes) in Self.known {
      for limit in [0, 1, bytes.count / 2, bytes.count - 1] {
        let error = #expect(throws: FormatError.self) { try Inflate.decompress(stream, limit: limit) }
        #expect(error?.expected == "at most \(limit) decoded bytes")
      }
    }
  }

  @Test func aPrefixStopsWhereItIsEnough() throws {
    for (stream, bytes) in Self.known {
      for count in [1, bytes.count - 1, bytes.count, bytes.count + 1] {
        let result = try Inflate.prefix([9] + stream + [8], from: 1, count: count)
        #expect(result.bytes == Array(bytes.prefix(count)))
        #expect(result.consumed == nil || result.consumed == stream.count)
      }
      #expect(try Inflate.prefix(stream, count: bytes.count + 1).consumed == stream.count)
    }
    let zeros = Deflate.compress([UInt8](repeating: 0, count: 3_000_000))
    #expect(try Inflate.prefix(zeros, count: 3).consumed == nil)
    #expect(try Inflate.prefix(zeros, count: 3_000_001).bytes.count == 3_000_000)
  }

  @Test func aBombStopsAtTheLimit() {
    let bomb = Deflate.compress([UInt8](repeating: 0, count: 3_000_000))
    for limit in [1, 4_095, 4_096, 4_097, 100_000, 2_999_999] {
      #expect(throws: FormatError.self) { try Inflate.decompress(bomb, limit: limit) }
    }
  }

  @Test func damagedStreams() throws {
    for (index, (stream, bytes)) in Self.known.enumerated() {
      try fuzz(stream, seed: UInt64(10 + index), accepts: { $0.bytes.count <= bytes.count }) { damaged in
        try Inflate.decompress(damaged, limit: bytes.count)
      }
    }
  }

  @Test func reservedBlockTypeIsRejected() {
    #expect(throws: FormatError.self) { try Inflate.decompress([0b111], limit: 10) }
  }

  @Test func storedLengthIsChecked() {
    #expect(throws: FormatError.self) { try Inflate.decompress(hex("01 03 00 fd ff 61 62 63"), limit: 10) }
    #expect(throws: FormatError.self) { try Inflate.decompress(hex("01 03 00 fc ff 61 62"), limit: 10) }
  }

  @Test func aMissingLastBlockIsRejected() {
    #expect(throws: FormatError.self) { try Inflate.decompress(hex("00 03 00 fc ff 61 62 63"), limit: 10) }
  }

  @Test func aSingleDistanceCodeIsAccepted() throws {
    // "a" is 0, the end 10, length 3 is 11; the only distance, 1, is 0.
    var writer = dynamic(literals: literals([97: 1, 256: 2, 257: 2], more: 1), distances: [1])
    for (bits, width) in [(0, 1), (0b11, 2), (0, 1), (0b01, 2)] { writer.write(UInt32(bits), width) }
    #expect(try decode(writer) == Array("aaaa".utf8))

    var other = dynamic(literals: literals([97: 1, 256: 2, 257: 2], more: 1), distances: [1])
    for (bits, width) in [(0, 1), (0b11, 2), (1, 1), (0b01, 2)] { other.write(UInt32(bits), width) }
    expectError("no code", other)
  }

  @Test func noDistanceCodeIsAcceptedUntilUsed() throws {
    var writer = dynamic(literals: literals([97: 1, 256: 2, 257: 2], more: 1), distances: [0])
    for (bits, width) in [(0, 1), (0b01, 2)] { writer.write(UInt32(bits), width) }
    #expect(try decode(writer) == [97])
    var other = dynamic(literals: literals([97: 1, 256: 2, 257: 2], more: 1), distances: [0])
    for (bits, width) in [(0, 1), (0b11, 2), (0, 1), (0b01, 2)] { other.write(UInt32(bits), width) }
    expectError("no code", other)
  }

  @Test func unusableCodesAreRejected() {
    expectError("over-subscribed", dynamic(literals: literals([97: 1, 98: 1, 256: 1]), distances: [1, 1]))
    expectError("incomplete", dynamic(literals: literals([97: 2, 256: 1]), distances: [1, 1]))
    expectError("incomplete", dynamic(literals: literals([256: 1]), distances: [1, 1]))
    expectError("over-subscribed", dynamic(literals: literals([97: 1, 256: 1]), distances: [1, 1, 1]))
    expectError("incomplete", dynamic(literals: literals([97: 1, 256: 1]), distances: [2, 2]))
    expectError("none", dynamic(literals: literals([97: 1, 98: 1]), distances: [1, 1]))
    expectError(
      "287 and", dynamic(literals: literals([97: 1, 256: 1], more: 30), distances: [1, 1], literalCount: 287))
    expectError("and 31", dynamic(literals: literals([97: 1, 256: 1]), distances: Array(repeating: 5, count: 31)))
  }

  @Test func anUnusableCodeLengthCodeIsRejected() {
    for (lengths, found) in [
      ([1, 1, 1, 0], "over-subscribed"), ([2, 2, 2, 0], "incomplete"), ([0, 0, 0, 0], "incomplete"),
    ] {
      var writer = BitWriter()
      writer.write(0b101, 3)
      writer.write(0, 14)
      for length in lengths { writer.write(UInt32(length), 3) }
      expectError(found, writer)
    }
  }

  @Test func badRepetitionsAreRejected() {
    // Of the code-length symbols only 16 and 18 have codes, 0 and 1.
    var early = BitWriter()
    early.write(0b101, 3)
    early.write(0, 14)
    for length in [1, 0, 1, 0] { early.write(UInt32(length), 3) }
    var late = early
    early.write(0, 3)
    expectError("before the first", early)
    for _ in 0..<2 {
      late.write(1, 1)
      late.write(127, 7)
    }
    expectError("up to 276", late)
  }

  @Test func impossibleSymbolsAndDistancesAreRejected() {
    // In the fixed code: literal "a" is 10010001, length 3 is 0000001, symbol 286 is 11000110, distances have 5 bits.
    func fixed(_ codes: [(code: UInt16, width: Int)]) -> BitWriter {
      var writer = BitWriter()
      writer.write(0b011, 3)
      for (code, width) in codes { writer.write(UInt32(code.bitReversed) >> UInt32(16 - width), width) }
      return writer
    }
    let (a, three, end) = (
      (code: UInt16(0b1001_0001), width: 8), (code: UInt16(1), width: 7), (code: UInt16(0), width: 7)
    )
    #expect(throws: Never.self) { try decode(fixed([a, three, (0, 5), end])) }
    expectError("2", fixed([a, three, (1, 5), end]))
    expectError("1", fixed([three, (0, 5), end]))
    expectError("no code", fixed([a, (0b1100_0110, 8), (0, 5), end]))
    expectError("no code", fixed([a, three, (30, 5), end, end, end, end, end, end, end]))
  }
}
