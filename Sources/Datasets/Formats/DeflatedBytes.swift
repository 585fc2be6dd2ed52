/// Bytes compressed once, to be put into several files: a gzip file and an archive of the same array, say.
public struct DeflatedBytes: Sendable {
  /// The bytes.
  public let bytes: [UInt8]
  /// Blocks of theirs, none the last of its stream, that begin and end at whole bytes.
  private let blocks: [UInt8]

  /// Compresses `bytes`. Cost: as `Deflate.compress`.
  public init(_ bytes: [UInt8]) {
    self.bytes = bytes
    blocks = Deflate.compress(bytes, isWhole: false)
  }

  /// The parts of a complete DEFLATE stream of `head`, which is not compressed, and the bytes.
  func stream(after head: [UInt8]) -> [[UInt8]] {
    var start = BitWriter()
    DeflateBlock.writeStored(head[...], to: &start, isLast: false)
    var end = BitWriter()
    DeflateBlock.writeStored([], to: &end, isLast: true)
    return [start.bytes, blocks, end.bytes]
  }

  /// The CRC-32 of `head` and the bytes. Cost: a pass over them.
  func checksum(after head: [UInt8]) -> UInt32 {
    var crc = CRC32()
    crc.update(head.span)
    crc.update(bytes.span)
    return crc.value
  }
}
