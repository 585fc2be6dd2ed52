/// SHA-256 (FIPS 180-4), built up piece by piece.
public struct SHA256: Sendable {
  /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
  private static let constants: [UInt32] = [
    0x428A_2F98, 0x7137_4491, 0xB5C0_FBCF, 0xE9B5_DBA5, 0x3956_C25B, 0x59F1_11F1, 0x923F_82A4, 0xAB1C_5ED5,
    0xD807_AA98, 0x1283_5B01, 0x2431_85BE, 0x550C_7DC3, 0x72BE_5D74, 0x80DE_B1FE, 0x9BDC_06A7, 0xC19B_F174,
    0xE49B_69C1, 0xEFBE_4786, 0x0FC1_9DC6, 0x240C_A1CC, 0x2DE9_2C6F, 0x4A74_84AA, 0x5CB0_A9DC, 0x76F9_88DA,
    0x983E_5152, 0xA831_C66D, 0xB003_27C8, 0xBF59_7FC7, 0xC6E0_0BF3, 0xD5A7_9147, 0x06CA_6351, 0x1429_2967,
    0x27B7_0A85, 0x2E1B_2138, 0x4D2C_6DFC, 0x5338_0D13, 0x650A_7354, 0x766A_0ABB, 0x81C2_C92E, 0x9272_2C85,
    0xA2BF_E8A1, 0xA81A_664B, 0xC24B_8B70, 0xC76C_51A3, 0xD192_E819, 0xD699_0624, 0xF40E_3585, 0x106A_A070,
    0x19A4_C116, 0x1E37_6C08, 0x2748_774C, 0x34B0_BCB5, 0x391C_0CB3, 0x4ED8_AA4A, 0x5B9C_CA4F, 0x682E_6FF3,
    0x748F_82EE, 0x78A5_636F, 0x84C8_7814, 0x8CC7_0208, 0x90BE_FFFA, 0xA450_6CEB, 0xBEF9_A3F7, 0xC671_78F2,
  ]

  /// The first 32 bits of the fractional parts of the square roots of the first 8 primes, then the state so far.
  private var state: [UInt32] = [
    0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19,
  ]
  /// Bytes of a block begun.
  private var pending: [UInt8] = []
  /// Bytes taken in.
  private var count: UInt64 = 0
  /// The message schedule, kept so that it is allocated once.
  private var schedule = [UInt32](repeating: 0, count: 64)

  /// The digest of no bytes.
  public init() {}

  /// Takes in `bytes`. Cost: linear, some 2 ns a byte.
  public mutating func update(_ bytes: some Collection<UInt8>) {
    count += UInt64(bytes.count)
    pending += bytes
    let whole = pending.count / 64 * 64
    let source = pending
    Self.take(source.span, blocks: whole / 64, &schedule, &state)
    pending.removeFirst(whole)
  }

  /// The digest of all bytes so far, 32 bytes.
  public var digest: [UInt8] {
    var copy = self
    // A one bit, zeros, and the length in bits as the last eight bytes of a block.
    let zeros = (119 - pending.count) % 64
    var end = ByteWriter()
    end.append([0x80])
    end.append(repeatElement(0, count: zeros))
    end.bigEndian(count &* 8)
    copy.update(end.bytes)
    var writer = ByteWriter()
    for word in copy.state { writer.bigEndian(word) }
    return writer.bytes
  }

  /// The digest as 64 lower-case hexadecimal digits.
  public var hexadecimal: String {
    digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// The digest of `bytes` as 64 lower-case hexadecimal digits. Cost: linear.
  public static func hexadecimal(_ bytes: some Collection<UInt8>) -> String {
    var hash = SHA256()
    hash.update(bytes)
    return hash.hexadecimal
  }

  /// Takes in the first blocks of 64 bytes.
  private static func take(_ bytes: Span<UInt8>, blocks: Int, _ scheduled: inout [UInt32], _ state: inout [UInt32]) {
    let allConstants = constants
    let constants = allConstants.span
    var schedule = scheduled.mutableSpan
    precondition(constants.count == 64 && schedule.count == 64 && bytes.count >= 64 * blocks)
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    for block in 0..<blocks {
      for index in 0..<16 {
        let at = 64 &* block &+ 4 &* index
        let high = UInt32(bytes[at]) << 24 | UInt32(bytes[at &+ 1]) << 16
        schedule[index] = high | UInt32(bytes[at &+ 2]) << 8 | UInt32(bytes[at &+ 3])
      }
      for index in 16..<64 {
        let (early, late) = (schedule[index &- 15], schedule[index &- 2])
        let small0 = rotated(early, 7) ^ rotated(early, 18) ^ early >> 3
        let small1 = rotated(late, 17) ^ rotated(late, 19) ^ late >> 10
        schedule[index] = schedule[index &- 16] &+ small0 &+ schedule[index &- 7] &+ small1
      }
      let before = (a, b, c, d, e, f, g, h)
      // Eight rounds, after which every variable is back in its place; between them names move, not values.
      for index in stride(from: 0, to: 64, by: 8) {
        round(a, b, c, &d, e, f, g, &h, schedule[index] &+ constants[index])
        round(h, a, b, &c, d, e, f, &g, schedule[index &+ 1] &+ constants[index &+ 1])
        round(g, h, a, &b, c, d, e, &f, schedule[index &+ 2] &+ constants[index &+ 2])
        round(f, g, h, &a, b, c, d, &e, schedule[index &+ 3] &+ constants[index &+ 3])
        round(e, f, g, &h, a, b, c, &d, schedule[index &+ 4] &+ constants[index &+ 4])
        round(d, e, f, &g, h, a, b, &c, schedule[index &+ 5] &+ constants[index &+ 5])
        round(c, d, e, &f, g, h, a, &b, schedule[index &+ 6] &+ constants[index &+ 6])
        round(b, c, d, &e, f, g, h, &a, schedule[index &+ 7] &+ constants[index &+ 7])
      }
      (a, b, c, d) = (a &+ before.0, b &+ before.1, c &+ before.2, d &+ before.3)
      (e, f, g, h) = (e &+ before.4, f &+ before.5, g &+ before.6, h &+ before.7)
    }
    state = [a, b, c, d, e, f, g, h]
  }

  @inline(__always)
  private static func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 { word &>> count | word &<< (32 &- count) }

  /// One of the 64 rounds of a block, with the sum of its constant and its word of the schedule.
  @inline(__always)
  private static func round(
    _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: inout UInt32, _ e: UInt32, _ f: UInt32, _ g: UInt32, _ h: inout UInt32,
    _ word: UInt32
  ) {
    let big1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
    let first = h &+ big1 &+ (e & f ^ ~e & g) &+ word
    let big0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
    d = d &+ first
    h = first &+ big0 &+ (a & b ^ a & c ^ b & c)
  }
}
