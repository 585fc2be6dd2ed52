import Datasets
import Testing

@Suite struct SHA256Tests {
  /// The examples of FIPS 180 and NIST's note on them, and "".
  @Test func standardVectors() {
    let vectors = [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
      (
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
      ),
    ]
    for (text, digest) in vectors { #expect(SHA256.hexadecimal(text.utf8) == digest) }
    #expect(
      SHA256.hexadecimal(repeatElement(UInt8(ascii: "a"), count: 1_000_000))
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  @Test func piecesGiveTheWhole() {
    var generator = SplitMix64(seed: 5)
    let bytes = generator.bytes(300)
    for end in 0...300 {
      let whole = SHA256.hexadecimal(bytes[..<end])
      var hash = SHA256()
      var place = 0
      while place < end {
        let next = min(end, place + Int.random(in: 0...70, using: &generator))
        hash.update(bytes[place..<next])
        place = next
      }
      #expect(hash.hexadecimal == whole, "\(end) bytes")
      // Looking at it changes nothing.
      #expect(hash.hexadecimal == whole)
      #expect(hash.digest.count == 32)
    }
  }
}
