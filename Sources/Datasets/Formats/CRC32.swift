/// The CRC-32 of gzip, ZIP and PNG (polynomial 0xEDB88320, reflected), built up piece by piece.
///
/// Eight tables take eight bytes a step; a byte costs under a nanosecond.
public struct CRC32: Sendable {
  /// Table `k`, at 256k, holds the remainder of each byte value followed by `k` zero bytes.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var remainder = UInt32(byte)
      for _ in 0..<8 { remainder = remainder & 1 == 1 ? remainder >> 1 ^ 0xEDB8_8320 : remainder >> 1 }
      tables[byte] = remainder
    }
    for index in 256..<8 * 256 {
      let previous = tables[index - 256]
      tables[index] = previous >> 8 ^ tables[Int(previous & 0xFF)]
    }
    return tables
  }()

  /// The complement of the checksum so far, which is what the recurrence carries.
  private var state: UInt32 = 0xFFFF_FFFF

  /// The checksum of no bytes.
  public init() {}

  /// The checksum of all bytes so far.
  public var value: UInt32 { ~state }

  /// Takes in `bytes`. Cost: linear.
  public mutating func update(_ bytes: Span<UInt8>) {
    let allTables = Self.tables
    let table = allTables.span
    var crc = state
    var index = 0
    while index + 8 <= bytes.count {
      crc ^= UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8
      crc ^= UInt32(bytes[index + 2]) << 16 | UInt32(bytes[index + 3]) << 24
      var next: UInt32 = table[0x700 + Int(crc & 0xFF)] ^ table[0x600 + Int(crc >> 8 & 0xFF)]
      next ^= table[0x500 + Int(crc >> 16 & 0xFF)] ^ table[0x400 + Int(crc >> 24)]
      next ^= table[0x300 + Int(bytes[index + 4])] ^ table[0x200 + Int(bytes[index + 5])]
      next ^= table[0x100 + Int(bytes[index + 6])] ^ table[Int(bytes[index + 7])]
      crc = next
      index += 8
    }
    while index < bytes.count {
      crc = crc >> 8 ^ table[Int((crc ^ UInt32(bytes[index])) & 0xFF)]
      index += 1
    }
    state = crc
  }

  /// The checksum of `bytes`. Cost: linear.
  public static func checksum(_ bytes: Span<UInt8>) -> UInt32 {
    var crc = CRC32()
    crc.update(bytes)
    return crc.value
  }
}
