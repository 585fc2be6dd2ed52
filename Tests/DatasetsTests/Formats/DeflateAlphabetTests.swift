import Testing

@testable import Datasets

@Suite struct DeflateAlphabetTests {
  @Test func lengthsAreCoveredWithoutGaps() {
    // The last symbol, 258 alone, takes over the end of the range before it.
    var next = 3
    for symbol in 0..<28 {
      #expect(DeflateAlphabet.lengthBase[symbol] == next)
      next += 1 << DeflateAlphabet.lengthExtra[symbol]
    }
    #expect(next == DeflateAlphabet.longestMatch + 1)
    #expect(DeflateAlphabet.lengthBase[28] == DeflateAlphabet.longestMatch)
  }

  @Test func distancesAreCoveredWithoutGaps() {
    var next = 1
    for symbol in 0..<30 {
      #expect(DeflateAlphabet.distanceBase[symbol] == next)
      next += 1 << DeflateAlphabet.distanceExtra[symbol]
    }
    #expect(next == DeflateAlphabet.window + 1)
  }

  @Test func codeLengthOrderIsAPermutation() {
    #expect(DeflateAlphabet.codeLengthOrder.sorted() == Array(0..<19))
  }
}
