/// A Huffman code of JPEG (ITU-T T.81, annex C), laid out for decoding.
///
/// Codes of up to 9 bits are found with one look at a table; longer ones are compared with the last code of each length.
struct JPEGHuffmanTable {
  static let tableBits = 9
  static let longestCode = 16

  /// Indexed by the next 9 bits: symbol · 256 + length of the code, or 0 where these begin a longer code, or none.
  let table: [UInt16]
  /// For each length 0...16, the end of its codes, moved to the left of 16 bits; below it a code is of that length or less.
  let ends: [Int]
  /// For each length, what is added to a code of that length to have the index of its symbol.
  let offsets: [Int]
  /// The symbols in order of their codes.
  let symbols: [UInt8]

  /// The code with `counts[l - 1]` codes of length l (1...16) for `symbols`, as many; nil if there are not so many codes.
  init?(counts: ArraySlice<UInt8>, symbols: ArraySlice<UInt8>) {
    var table = [UInt16](repeating: 0, count: 1 << Self.tableBits)
    var ends = [0]
    var offsets = [0]
    var code = 0
    var index = 0
    for (length, count) in zip(1..., counts) {
      code <<= 1
      offsets.append(index - code)
      for symbol in symbols.dropFirst(index).prefix(Int(count)) {
        guard code < 1 << length else { return nil }
        if length <= Self.tableBits {
          let spare = Self.tableBits - length
          for entry in (code << spare)..<((code + 1) << spare) { table[entry] = UInt16(symbol) << 8 | UInt16(length) }
        }
        code += 1
        index += 1
      }
      ends.append(code << (Self.longestCode - length))
    }
    self.table = table
    self.ends = ends
    self.offsets = offsets
    self.symbols = Array(symbols)
  }

  /// The entry (as in `table`) of the code that the 16 `bits` begin with, found without the table; 0 if there is none.
  func entry(for bits: Int) -> UInt16 {
    for length in Self.tableBits + 1...Self.longestCode where bits < ends[length] {
      let index = bits >> (Self.longestCode - length) + offsets[length]
      // Bits that precede the first code of this length belong to a shorter one, which the table has.
      return symbols.indices.contains(index) ? UInt16(symbols[index]) << 8 | UInt16(length) : 0
    }
    return 0
  }
}
