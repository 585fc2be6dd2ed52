/// The zlib format (RFC 1950): a DEFLATE stream with two bytes before it and an Adler-32 after it.
public enum Zlib {
  /// Encodes `bytes`. The same bytes give the same stream.
  public static func compress(_ bytes: [UInt8]) -> [UInt8] {
    var writer = ByteWriter()
    // Method 8 with a 32 KiB window; fast level, no dictionary, and check bits that make 0x785E a multiple of 31.
    writer.append([0x78, 0x5E])
    writer.append(Deflate.compress(bytes))
    writer.bigEndian(Adler32.checksum(bytes.span))
    return writer.bytes
  }

  /// Decodes a stream, which must fill `bytes`.
  ///
  /// Cost: linear; memory grows with what is really decoded, never beyond `limit` bytes.
  /// - Parameter limit: the most bytes that the stream may decode to.
  /// - Throws: on a header that RFC 1950 does not allow, a preset dictionary, what `Inflate` throws, a wrong Adler-32,
  ///   and bytes after it.
  public static func decompress(_ bytes: [UInt8], limit: Int) throws(FormatError) -> [UInt8] {
    var reader = ByteReader(bytes, format: "zlib")
    let header = try reader.bigEndian(UInt16.self, "header")
    // Method 8 with a window of at most 32 KiB.
    guard header >> 8 & 15 == 8, header >> 12 <= 7, header % 31 == 0 else {
      throw reader.error(
        at: 0, expected: "a zlib header of method 8, a multiple of 31", found: "0x" + String(header, radix: 16))
    }
    guard header & 0x20 == 0 else {
      throw reader.error(at: 1, expected: "no preset dictionary", found: "one")
    }
    let body = try Inflate.decompress(bytes, from: reader.offset, limit: limit)
    _ = try reader.take(body.consumed, "compressed data")
    let stored = try reader.bigEndian(UInt32.self, "Adler-32")
    let computed = Adler32.checksum(body.bytes.span)
    guard stored == computed else {
      throw reader.error(
        at: reader.offset - 4, expected: "the Adler-32 \(computed) of the decoded data", found: "\(stored)")
    }
    guard reader.remaining == 0 else {
      throw reader.error(expected: "the end of the stream", found: "\(reader.remaining) bytes more")
    }
    return body.bytes
  }
}
