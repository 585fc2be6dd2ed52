/// An encoder of DEFLATE streams (RFC 1951), quick rather than thorough: between gzip's levels 1 and 6 in size.
public enum Deflate {
  /// Enough tokens to pay for a dynamic block's code, few enough to follow changes in the data.
  private static let tokensPerBlock = 32_768

  /// Encodes `bytes` as one complete stream. The same bytes give the same stream.
  ///
  /// Cost: linear in time; memory is the result and half a megabyte.
  public static func compress(_ bytes: [UInt8]) -> [UInt8] {
    var writer = BitWriter()
    var cutter = LZ77(bytes)
    var tokens = [UInt32](repeating: 0, count: tokensPerBlock)
    repeat {
      let start = cutter.position
      let count = cutter.fill(&tokens)
      DeflateBlock(tokens: tokens[..<count], covering: bytes[start..<cutter.position])
        .write(to: &writer, isLast: cutter.isAtEnd)
    } while !cutter.isAtEnd
    writer.alignToByte()
    return writer.bytes
  }
}
