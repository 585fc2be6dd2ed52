import Testing

@testable import Datasets

@Suite struct StillImageTests {
  @Test func theFirstBytesTellTheFormat() throws {
    let grey = Raster(width: 2, height: 1, channels: 1, pixels: [7, 200])
    #expect(try StillImage.decodeGrey(PNG.encode(grey)) == grey)
    #expect(try StillImage.decodeGrey(KnownJPEG.baseline.file).pixels == KnownJPEG.baseline.pixels)
    for bytes in [[], [0xFF], Array("GIF89a".utf8), [UInt8](PNG.signature.dropLast())] {
      let error = #expect(throws: FormatError.self) { try StillImage.decodeGrey(bytes) }
      #expect(error?.offset == 0 && error?.expected == "the first bytes of a JPEG or PNG file")
    }
  }

  @Test func theLimitHoldsForBoth() {
    let grey = Raster(width: 2, height: 3, channels: 1, pixels: [UInt8](repeating: 0, count: 6))
    #expect(throws: Never.self) { try StillImage.decodeGrey(PNG.encode(grey), limit: 6) }
    for file in [PNG.encode(grey), KnownJPEG.grey.file] {
      #expect(throws: FormatError.self) { try StillImage.decodeGrey(file, limit: 5) }
    }
  }
}
