import Datasets
import Testing

@Suite struct Adler32Tests {
  @Test func knownValues() {
    #expect(adler32([]) == 1)
    #expect(adler32(Array("Wikipedia".utf8)) == 0x11E6_0398)
    // The largest sums, over many reductions.
    #expect(adler32([UInt8](repeating: 255, count: 100_000)) == 0x149A_302C)
    #expect(adler32((0..<1_000).map { UInt8($0 * 7 & 255) }) == 0x5762_EE44)
  }

  @Test func piecesGiveTheWhole() {
    var generator = SplitMix64(seed: 3)
    let bytes = generator.bytes(12_000)
    for cut in [0, 1, 5_551, 5_552, 5_553, 12_000] {
      var adler = Adler32()
      adler.update(bytes.span.extracting(..<cut))
      adler.update(bytes.span.extracting(cut...))
      #expect(adler.value == adler32(bytes))
    }
  }
}
