import Kernels

/// An encoder of DEFLATE streams (RFC 1951), quick rather than thorough: between gzip's levels 1 and 6 in size.
public enum Deflate {
  /// Enough tokens to pay for a dynamic block's code, few enough to follow changes in the data.
  private static let tokensPerBlock = 32_768

  /// Bytes that one thread encodes at a time. Matches do not reach across parts, which costs a few thousandths in size.
  private static let partSize = 1 << 20

  /// Encodes `bytes` as one complete stream. The same bytes give the same stream, on any number of threads.
  ///
  /// Cost: linear in time; memory is the result and a few megabytes.
  public static func compress(_ bytes: [UInt8]) -> [UInt8] {
    compress(bytes, isWhole: true)
  }

  /// Encodes `bytes` as blocks that end at a whole byte; the last one ends the stream where it `isWhole`.
  static func compress(_ bytes: [UInt8], isWhole: Bool) -> [UInt8] {
    guard bytes.count > partSize else { return blocks(of: bytes, areLast: isWhole) }
    let parts = (bytes.count + partSize - 1) / partSize
    let streams = Parallel.map(parts) { part in
      let end = min((part + 1) * partSize, bytes.count)
      return blocks(of: Array(bytes[(part * partSize)..<end]), areLast: isWhole && part == parts - 1)
    }
    var result: [UInt8] = []
    result.reserveCapacity(streams.reduce(0) { $0 + $1.count })
    for stream in streams { result += stream }
    return result
  }

  private static func blocks(of bytes: [UInt8], areLast: Bool) -> [UInt8] {
    var writer = BitWriter()
    var cutter = LZ77(bytes)
    var tokens = [UInt32](repeating: 0, count: tokensPerBlock)
    repeat {
      let start = cutter.position
      let count = cutter.fill(&tokens)
      DeflateBlock(tokens: tokens[..<count], covering: bytes[start..<cutter.position])
        .write(to: &writer, isLast: areLast && cutter.isAtEnd)
    } while !cutter.isAtEnd
    // An empty stored block fills the byte begun, so that others can follow.
    if !areLast { DeflateBlock.writeStored([], to: &writer, isLast: false) }
    writer.alignToByte()
    return writer.bytes
  }
}
