/// A canonical Huffman code (RFC 1951, 3.2.2) laid out for decoding.
///
/// Codes of up to 11 bits are found with one look at a table; longer, hence rarer ones are counted out bit by bit.
/// A decoded entry is a 32-bit word:
///
///     bits  0...3   length of the code; 0 means that no code matches
///     bits  4...7   number of extra bits that follow
///     bits  8...9   kind
///     bits 16...31  value: literal byte, or the base to which the extra bits are added
struct HuffmanDecoder {
  static let literal: UInt32 = 0 << 8
  static let base: UInt32 = 1 << 8
  static let end: UInt32 = 2 << 8
  static let forbidden: UInt32 = 3 << 8
  static let kindMask: UInt32 = 3 << 8

  /// What makes a list of code lengths unusable.
  enum Fault: String, Error {
    case oversubscribed = "over-subscribed"
    case incomplete
  }

  static let tableBits = 11

  /// Indexed by the next 11 bits; 0 where these begin a longer code, or none.
  let table: [UInt32]
  /// Number of codes of each length 0...15.
  private let counts: [Int]
  /// The entries, without length, in order of their codes.
  private let ordered: [UInt32]

  /// The code in which symbol `s` has length `lengths[s]` (0: no code) and entry `symbols[s]`.
  ///
  /// `mayHaveOneCode` accepts, besides complete codes, no code at all and a single code of one bit, which RFC 1951
  /// allows for distances.
  init(lengths: ArraySlice<UInt8>, symbols: [UInt32], mayHaveOneCode: Bool = false) throws(Fault) {
    precondition(lengths.count <= symbols.count, "\(lengths.count) code lengths for \(symbols.count) symbols")
    var counts = [Int](repeating: 0, count: DeflateAlphabet.longestCode + 1)
    for length in lengths { counts[Int(length)] += 1 }
    counts[0] = 0
    var unused = 1
    var starts = [0, 0]
    for length in 1...DeflateAlphabet.longestCode {
      unused = 2 * unused - counts[length]
      if unused < 0 { throw .oversubscribed }
      starts.append(starts[length] + counts[length])
    }
    let codes = starts[DeflateAlphabet.longestCode + 1]
    let isPermittedStub = mayHaveOneCode && (codes == 0 || codes == 1 && counts[1] == 1)
    if unused > 0 && !isPermittedStub { throw .incomplete }

    var ordered = [UInt32](repeating: 0, count: codes)
    for (symbol, length) in lengths.enumerated() where length > 0 {
      ordered[starts[Int(length)]] = symbols[symbol]
      starts[Int(length)] += 1
    }

    let tableSize = 1 << Self.tableBits
    var table = [UInt32](repeating: 0, count: tableSize)
    var code = 0
    var index = 0
    for length in 1...Self.tableBits {
      for _ in 0..<counts[length] {
        // The stream gives a code's first bit first, so the table is indexed by the reversed code.
        let reversed = Int(UInt16(code).bitReversed >> (16 - length))
        let entry = ordered[index] | UInt32(length)
        var slot = reversed
        while slot < tableSize {
          table[slot] = entry
          slot &+= 1 << length
        }
        code += 1
        index += 1
      }
      code <<= 1
    }
    self.table = table
    self.counts = counts
    self.ordered = ordered
  }

  /// The entry of the code that `bits` begin with, found without the table; 0 if there is none.
  func entry(for bits: UInt64) -> UInt32 {
    var code = 0
    var first = 0
    var index = 0
    for length in 1...DeflateAlphabet.longestCode {
      code = code << 1 | Int(bits >> UInt64(length - 1) & 1)
      first <<= 1
      if code - first < counts[length] { return ordered[index + code - first] | UInt32(length) }
      first += counts[length]
      index += counts[length]
    }
    return 0
  }
}

extension UInt16 {
  /// The same bits in the opposite order.
  var bitReversed: UInt16 {
    var value = self
    value = (value & 0x5555) << 1 | value >> 1 & 0x5555
    value = (value & 0x3333) << 2 | value >> 2 & 0x3333
    value = (value & 0x0F0F) << 4 | value >> 4 & 0x0F0F
    return value.byteSwapped
  }
}
