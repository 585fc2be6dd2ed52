import Testing

@testable import Datasets

@Suite struct HuffmanEncoderTests {
  /// Kraft's sum in units of 2⁻¹⁵, which is 2¹⁵ for a complete code.
  private func kraft(_ lengths: [UInt8]) -> Int {
    lengths.reduce(0) { $0 + ($1 > 0 ? 1 << (15 - Int($1)) : 0) }
  }

  @Test func rfcExample() {
    // RFC 1951, 3.2.2: ABCDEFGH with lengths 3 3 3 3 3 2 4 4 has codes 010 011 100 101 110 00 1110 1111.
    let code = HuffmanEncoder(lengths: [3, 3, 3, 3, 3, 2, 4, 4])
    #expect(code.codes == [0b010, 0b110, 0b001, 0b101, 0b011, 0b00, 0b0111, 0b1111])
  }

  @Test func huffmanExample() {
    // The textbook's: 45 13 12 16 9 5 take 224 bits, and no code takes fewer.
    let code = HuffmanEncoder(frequencies: [45, 13, 12, 16, 9, 5], longest: 15)
    #expect(code.lengths == [1, 3, 3, 3, 4, 4])
    #expect(code.cost([45, 13, 12, 16, 9, 5]) == 224)
  }

  @Test func atLeastTwoSymbolsHaveCodes() {
    #expect(HuffmanEncoder(frequencies: [0, 0, 0], longest: 15).lengths == [1, 1, 0])
    #expect(HuffmanEncoder(frequencies: [0, 0, 5], longest: 15).lengths == [1, 0, 1])
  }

  @Test(arguments: [7, 9, 15]) func fibonacciFrequenciesAreLimited(longest: Int) {
    // Fibonacci numbers give Huffman's deepest tree: 29 levels for 30 of them.
    let count = longest == 7 ? 19 : 30
    var frequencies = [1, 1]
    while frequencies.count < count {
      frequencies.append(frequencies[frequencies.count - 1] + frequencies[frequencies.count - 2])
    }
    let code = HuffmanEncoder(frequencies: frequencies, longest: longest)
    #expect(code.lengths.max() == UInt8(longest))
    #expect(code.lengths.min() == 1)
    #expect(kraft(code.lengths) == 1 << 15)
    #expect(zip(code.lengths, code.lengths.dropFirst()).allSatisfy { $0 >= $1 })
  }

  @Test func randomFrequenciesGiveCompleteCodes() {
    var generator = SplitMix64(seed: 5)
    for _ in 0..<200 {
      let frequencies = (0..<286).map { _ in (1 << Int.random(in: 0...40, using: &generator)) >> 12 }
      let code = HuffmanEncoder(frequencies: frequencies, longest: 15)
      #expect(kraft(code.lengths) == 1 << 15)
      #expect(zip(frequencies, code.lengths).allSatisfy { ($0 > 0) == ($1 > 0) })
    }
  }
}
