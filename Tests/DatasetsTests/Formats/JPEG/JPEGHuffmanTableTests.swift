import Testing

@testable import Datasets

@Suite struct JPEGHuffmanTableTests {
  /// The symbol and length of the code that 16 bits begin with, as the decoder finds it.
  private func look(_ table: JPEGHuffmanTable, _ bits: Int) -> (symbol: Int, length: Int) {
    let short = table.table[bits >> (16 - JPEGHuffmanTable.tableBits)]
    let entry = Int(short == 0 ? table.entry(for: bits) : short)
    return (entry >> 8, entry & 0xFF)
  }

  @Test func codesOfEveryLengthAreFound() throws {
    // One code of each length: ones and then a zero. Sixteen ones are no code.
    let table = try #require(
      JPEGHuffmanTable(counts: [UInt8](repeating: 1, count: 16)[...], symbols: (100..<116).map { $0 }[...]))
    for bits in 0..<0xFFFF {
      let ones = (~bits << 48).leadingZeroBitCount
      #expect(look(table, bits) == (100 + ones, ones + 1))
    }
    #expect(look(table, 0xFFFF).length == 0)
  }

  @Test func gapsAreNoCodes() throws {
    // Codes 00 and 0100 0000 00: what lies beyond belongs to nothing.
    var counts = [UInt8](repeating: 0, count: 16)
    (counts[1], counts[9]) = (1, 1)
    let table = try #require(JPEGHuffmanTable(counts: counts[...], symbols: [7, 8]))
    for bits in 0...0xFFFF {
      let expected = bits < 0x4000 ? (7, 2) : bits < 0x4040 ? (8, 10) : (0, 0)
      #expect(look(table, bits) == expected)
    }
  }

  @Test func thereAreNoMoreCodesThanFit() {
    let symbols = [UInt8](repeating: 0, count: 20)
    for length in 1...4 {
      var counts = [UInt8](repeating: 0, count: 16)
      counts[length - 1] = 1 << UInt8(length)
      #expect(JPEGHuffmanTable(counts: counts[...], symbols: symbols[..<(1 << length)]) != nil)
      counts[15] = 1
      #expect(JPEGHuffmanTable(counts: counts[...], symbols: symbols[..<(1 + (1 << length))]) == nil)
      counts[15] = 0
      counts[length - 1] += 1
      #expect(JPEGHuffmanTable(counts: counts[...], symbols: symbols[..<(1 + (1 << length))]) == nil)
    }
  }
}
