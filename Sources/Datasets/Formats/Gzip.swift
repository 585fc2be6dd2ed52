/// The gzip format (RFC 1952): a DEFLATE stream with a header, a CRC-32 and a length.
public enum Gzip {
  private static let format = "gzip"

  /// Encodes `bytes` as one member with no name and no time, so that the same bytes give the same file.
  public static func compress(_ bytes: [UInt8]) -> [UInt8] {
    member([Deflate.compress(bytes)], checksum: CRC32.checksum(bytes.span), count: bytes.count)
  }

  /// The same for `head` followed by bytes that are compressed already. Cost: a pass over them.
  public static func compress(_ head: [UInt8], _ body: DeflatedBytes) -> [UInt8] {
    member(body.stream(after: head), checksum: body.checksum(after: head), count: head.count + body.bytes.count)
  }

  private static func member(_ stream: [[UInt8]], checksum: UInt32, count: Int) -> [UInt8] {
    var writer = ByteWriter()
    writer.bytes.reserveCapacity(stream.reduce(18) { $0 + $1.count })
    // Magic, method 8, no flags, time 0, no extra flags, operating system unknown.
    writer.append([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255])
    for part in stream { writer.append(part) }
    writer.littleEndian(checksum)
    writer.littleEndian(UInt32(truncatingIfNeeded: count))
    return writer.bytes
  }

  /// Whether `bytes` begin with gzip's magic number.
  public static func isGzip(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: [0x1F, 0x8B])
  }

  /// Decodes one or more members, which must fill `bytes`, and joins what they hold.
  ///
  /// Cost: linear; memory grows with what is really decoded, never beyond `limit` bytes.
  /// - Parameter limit: the most bytes that all members together may decode to.
  /// - Throws: on anything RFC 1952 does not allow, wrong checksums or lengths, and bytes after the last member.
  public static func decompress(_ bytes: [UInt8], limit: Int) throws(FormatError) -> [UInt8] {
    var reader = ByteReader(bytes, format: format)
    var output: [UInt8] = []
    repeat {
      try readHeader(&reader)
      let member = try Inflate.decompress(bytes, from: reader.offset, limit: limit - output.count)
      _ = try reader.take(member.consumed, "compressed data")
      try checkTrailer(of: member.bytes, &reader)
      // The usual single member is handed on without a copy.
      if output.isEmpty { output = member.bytes } else { output += member.bytes }
    } while reader.remaining > 0
    return output
  }

  /// Decodes no more than it takes to have the first `count` bytes: enough to read what heads a file, and from it how
  /// large the rest may be, before all of it is decompressed.
  ///
  /// Checksums are looked at only in members that end before that.
  /// - Returns: `count` bytes or, if there are fewer, all.
  /// - Throws: as `decompress` does, on the part that is decoded.
  public static func prefix(_ bytes: [UInt8], count: Int) throws(FormatError) -> [UInt8] {
    var reader = ByteReader(bytes, format: format)
    var output: [UInt8] = []
    repeat {
      try readHeader(&reader)
      let member = try Inflate.prefix(bytes, from: reader.offset, count: count - output.count)
      guard let consumed = member.consumed, output.count + member.bytes.count < count else {
        return output + member.bytes
      }
      _ = try reader.take(consumed, "compressed data")
      try checkTrailer(of: member.bytes, &reader)
      output += member.bytes
    } while reader.remaining > 0
    return output
  }

  private static func checkTrailer(of member: [UInt8], _ reader: inout ByteReader) throws(FormatError) {
    try check(reader.littleEndian(UInt32.self, "CRC-32"), CRC32.checksum(member.span), "CRC-32", reader)
    try check(
      reader.littleEndian(UInt32.self, "length"), UInt32(truncatingIfNeeded: member.count), "length", reader)
  }

  private static func check(
    _ stored: UInt32, _ computed: UInt32, _ name: String, _ reader: ByteReader
  ) throws(FormatError) {
    guard stored == computed else {
      throw reader.error(
        at: reader.offset - 4, expected: "the \(name) \(computed) of the decoded data", found: "\(stored)")
    }
  }

  private static func readHeader(_ reader: inout ByteReader) throws(FormatError) {
    let start = reader.offset
    let magic = try reader.bigEndian(UInt16.self, "magic number")
    guard magic == 0x1F8B else {
      throw reader.error(
        at: start, expected: start == 0 ? "magic number 1f 8b" : "another member or the end of the data",
        found: String(magic, radix: 16))
    }
    let method = try reader.littleEndian(UInt8.self, "method")
    guard method == 8 else {
      throw reader.error(at: start + 2, expected: "method 8", found: "\(method)")
    }
    let flags = try reader.littleEndian(UInt8.self, "flags")
    guard flags & 0xE0 == 0 else {
      throw reader.error(
        at: start + 3, expected: "flags with the three reserved bits clear", found: String(flags, radix: 2))
    }
    _ = try reader.take(6, "time and system")
    if flags & 4 != 0 {
      let length = try reader.littleEndian(UInt16.self, "extra field's length")
      _ = try reader.take(Int(length), "extra field")
    }
    if flags & 8 != 0 { try reader.skipZeroTerminated("a file name") }
    if flags & 16 != 0 { try reader.skipZeroTerminated("a comment") }
    if flags & 2 != 0 {
      let header = reader.bytes[start..<reader.offset]
      let computed = CRC32.checksum(header.span) & 0xFFFF
      let stored = try reader.littleEndian(UInt16.self, "header checksum")
      guard UInt32(stored) == computed else {
        throw reader.error(
          at: reader.offset - 2, expected: "the header checksum \(computed)", found: "\(stored)")
      }
    }
  }
}
