/// The Adler-32 checksum of a zlib stream (RFC 1950), built up piece by piece.
public struct Adler32: Sendable {
  private static let modulus: UInt32 = 65_521
  /// The most bytes whose sums fit 32 bits when both start below the modulus, so one division serves them all.
  private static let bytesPerReduction = 5_552

  private var sum: UInt32 = 1
  private var sumOfSums: UInt32 = 0

  /// The checksum of no bytes, which is 1.
  public init() {}

  /// The checksum of all bytes so far.
  public var value: UInt32 { sumOfSums << 16 | sum }

  /// Takes in `bytes`. Cost: linear.
  public mutating func update(_ bytes: Span<UInt8>) {
    var index = 0
    while index < bytes.count {
      let end = min(index + Self.bytesPerReduction, bytes.count)
      while index < end {
        sum &+= UInt32(bytes[index])
        sumOfSums &+= sum
        index += 1
      }
      sum %= Self.modulus
      sumOfSums %= Self.modulus
    }
  }

  /// The checksum of `bytes`. Cost: linear.
  public static func checksum(_ bytes: Span<UInt8>) -> UInt32 {
    var adler = Adler32()
    adler.update(bytes)
    return adler.value
  }
}
