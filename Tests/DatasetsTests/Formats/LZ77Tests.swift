import Testing

@testable import Datasets

@Suite struct LZ77Tests {
  /// What tokens stand for, spelt out naively.
  private func expand(_ tokens: ArraySlice<UInt32>, onto start: [UInt8]) -> [UInt8] {
    var bytes = start
    for token in tokens {
      if token & LZ77.matchFlag == 0 {
        bytes.append(UInt8(token))
      } else {
        let distance = Int(token & 0xFFFF) + 1
        #expect(distance <= min(bytes.count, 32_768))
        for _ in 0..<Int(token >> 16 & 0xFF) + 3 { bytes.append(bytes[bytes.count - distance]) }
      }
    }
    return bytes
  }

  @Test(arguments: [1, 2, 1_000]) func tokensStandForTheBytes(capacity: Int) {
    for (name, bytes) in compressorInputs where bytes.count <= 70_000 {
      var cutter = LZ77(bytes)
      var tokens = [UInt32](repeating: 0, count: capacity)
      var rebuilt: [UInt8] = []
      while !cutter.isAtEnd {
        let count = cutter.fill(&tokens)
        guard count > 0 else { break }
        rebuilt = expand(tokens[..<count], onto: rebuilt)
        #expect(rebuilt.count == cutter.position)
      }
      #expect(rebuilt == bytes, "\(name)")
    }
  }

  @Test func findsMatches() {
    var cutter = LZ77(Array("abcdeabcde".utf8))
    var tokens = [UInt32](repeating: 0, count: 100)
    #expect(cutter.fill(&tokens) == 6)
    #expect(tokens[5] == LZ77.matchFlag | (5 - 3) << 16 | (5 - 1))
  }

  @Test func prefersALongerMatchOneByteLater() {
    // At the last "abcd", "abcd" matches 4 bytes; one later, "bcdefghij" matches 9.
    var cutter = LZ77(Array("abcd bcdefghij abcdefghij".utf8))
    var tokens = [UInt32](repeating: 0, count: 100)
    let count = cutter.fill(&tokens)
    #expect(tokens[count - 1] == LZ77.matchFlag | (9 - 3) << 16 | (11 - 1))
  }
}
