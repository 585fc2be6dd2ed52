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
}
