import Datasets
import Testing

@Suite struct DeflateTests {
  @Test func roundTrips() throws {
    for (name, bytes) in compressorInputs {
      let stream = Deflate.compress(bytes)
      let result = try Inflate.decompress(stream, limit: bytes.count)
      #expect(result.bytes == bytes, "\(name)")
      #expect(result.consumed == stream.count, "\(name)")
    }
  }

  @Test func theSameBytesGiveTheSameStream() {
    for (_, bytes) in compressorInputs { #expect(Deflate.compress(bytes) == Deflate.compress(bytes)) }
  }

  @Test func sizesAreBounded() throws {
    for (name, bytes) in compressorInputs {
      // A stored piece costs five bytes, and there is one for each 32768 literals or fewer bytes.
      #expect(Deflate.compress(bytes).count <= bytes.count + 6 * (bytes.count / 32_768 + 1), "\(name)")
    }
    let sizes = Dictionary(uniqueKeysWithValues: compressorInputs.map { ($0.name, Deflate.compress($0.bytes).count) })
    // 300000 bytes in matches of 258, each at least two bits.
    #expect(try #require(sizes["zeros"]) < 360)
    // The second half repeats the first within the window, and not beyond it.
    #expect(try #require(sizes["at the window's edge"]) < 33_300)
    #expect(try #require(sizes["beyond the window"]) > 65_000)
    // One bit a letter is the entropy.
    #expect(try #require(sizes["two letters"]) < 50_000 / 8 * 3 / 2)
    // A phrase of 20 letters 999 times.
    #expect(try #require(sizes["text"]) < 150)
  }
}
