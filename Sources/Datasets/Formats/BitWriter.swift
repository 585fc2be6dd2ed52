/// Packs bits into bytes, least significant bit first, as RFC 1951 wants them.
struct BitWriter {
  private(set) var bytes: [UInt8] = []
  private var bits: UInt64 = 0
  private var count = 0

  /// Appends the `width` (at most 32) low bits of `value`, whose other bits must be zero.
  @inline(__always)
  mutating func write(_ value: UInt32, _ width: Int) {
    bits |= UInt64(value) &<< UInt64(truncatingIfNeeded: count)
    count &+= width
    if count >= 32 { flush() }
  }

  @inline(__always)
  private mutating func flush() {
    bytes.append(UInt8(truncatingIfNeeded: bits))
    bytes.append(UInt8(truncatingIfNeeded: bits >> 8))
    bytes.append(UInt8(truncatingIfNeeded: bits >> 16))
    bytes.append(UInt8(truncatingIfNeeded: bits >> 24))
    bits >>= 32
    count &-= 32
  }

  /// Fills the byte begun with zero bits.
  mutating func alignToByte() {
    while count > 0 {
      bytes.append(UInt8(truncatingIfNeeded: bits))
      bits >>= 8
      count -= 8
    }
    bits = 0
    count = 0
  }

  /// Appends whole bytes, after filling the byte begun.
  mutating func append(aligned more: ArraySlice<UInt8>) {
    alignToByte()
    bytes.append(contentsOf: more)
  }
}
