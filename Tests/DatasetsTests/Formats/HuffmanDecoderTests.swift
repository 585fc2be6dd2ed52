import Testing

@testable import Datasets

@Suite struct HuffmanDecoderTests {
  private static let symbols = (0..<32).map { UInt32($0) << 16 }

  /// Finds an entry as decoding does: in the table, then without it.
  private func symbol(_ decoder: HuffmanDecoder, _ bits: UInt32) -> (symbol: Int, length: Int) {
    let quick = decoder.table[Int(bits) & (decoder.table.count - 1)]
    let entry = quick != 0 ? quick : decoder.entry(for: UInt64(bits))
    return (Int(entry >> 16), Int(entry & 15))
  }

  @Test func decodesShortAndLongCodes() throws {
    // Lengths 1, 2, … 15, 15: both within and beyond the table.
    let lengths = (1...15).map { UInt8($0) } + [15]
    let encoder = HuffmanEncoder(lengths: lengths)
    let decoder = try HuffmanDecoder(lengths: lengths[...], symbols: Self.symbols)
    for index in lengths.indices {
      let padded = encoder.codes[index] | 0xFFFF_0000 << UInt32(lengths[index])
      #expect(symbol(decoder, encoder.codes[index]) == (index, Int(lengths[index])))
      #expect(symbol(decoder, padded) == (index, Int(lengths[index])))
      #expect(decoder.entry(for: UInt64(padded)) >> 16 == UInt32(index))
    }
  }

  @Test func rejectsUnusableLengths() {
    #expect(throws: HuffmanDecoder.Fault.oversubscribed) {
      try HuffmanDecoder(lengths: [1, 1, 1], symbols: Self.symbols)
    }
    #expect(throws: HuffmanDecoder.Fault.incomplete) { try HuffmanDecoder(lengths: [1, 2], symbols: Self.symbols) }
    #expect(throws: HuffmanDecoder.Fault.incomplete) { try HuffmanDecoder(lengths: [1], symbols: Self.symbols) }
    #expect(throws: HuffmanDecoder.Fault.incomplete) {
      try HuffmanDecoder(lengths: [2], symbols: Self.symbols, mayHaveOneCode: true)
    }
    #expect(throws: HuffmanDecoder.Fault.incomplete) {
      try HuffmanDecoder(lengths: [2, 2], symbols: Self.symbols, mayHaveOneCode: true)
    }
  }

  @Test func aStubMayBeAllowed() throws {
    let one = try HuffmanDecoder(lengths: [0, 1], symbols: Self.symbols, mayHaveOneCode: true)
    #expect(symbol(one, 0) == (1, 1))
    #expect(one.entry(for: 1) == 0)
    let none = try HuffmanDecoder(lengths: [0, 0], symbols: Self.symbols, mayHaveOneCode: true)
    #expect(none.entry(for: 0) == 0)
  }
}
