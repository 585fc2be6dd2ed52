import Testing

@testable import Datasets

@Suite struct PNGDecodeTests {
  private static let kinds: [(type: UInt8, depth: Int)] = [
    (0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (3, 1), (3, 2), (3, 4), (3, 8), (4, 8), (4, 16), (6, 8),
    (6, 16),
  ]
  private let grey = PNGWriter(width: 3, height: 2, depth: 8, type: 0)
  private let paletted = PNGWriter(width: 3, height: 2, depth: 2, type: 3, palette: [9, 9, 9, 0, 0, 0, 255, 255, 255])

  @Test(arguments: kinds, [false, true]) func allKinds(_ kind: (type: UInt8, depth: Int), isInterlaced: Bool) throws {
    var generator = SplitMix64(seed: UInt64(kind.type) * 100 + UInt64(kind.depth))
    for (width, height) in [(1, 1), (2, 5), (5, 2), (8, 8), (9, 7), (33, 17)] {
      let palette = kind.type == 3 ? generator.bytes(3 << kind.depth) : []
      let writer = PNGWriter(
        width: width, height: height, depth: kind.depth, type: kind.type, isInterlaced: isInterlaced, palette: palette)
      let values = (0..<width * height * writer.samples).map { _ in
        Int.random(in: 0..<1 << kind.depth, using: &generator)
      }
      func value(_ x: Int, _ y: Int, _ sample: Int) -> Int { values[(y * width + x) * writer.samples + sample] }
      /// 8 bits of a sample.
      func byte(_ x: Int, _ y: Int, _ sample: Int) -> Int {
        let number = value(x, y, sample)
        return kind.depth == 16 ? number >> 8 : number * 255 / ((1 << kind.depth) - 1)
      }
      let expected = (0..<width * height).map { index -> UInt8 in
        let (x, y) = (index % width, index / width)
        var colour = [byte(x, y, 0), 0, 0]
        switch kind.type {
        case 2, 6: colour = [byte(x, y, 0), byte(x, y, 1), byte(x, y, 2)]
        case 3: colour = (0..<3).map { Int(palette[3 * value(x, y, 0) + $0]) }
        default: return UInt8(colour[0])
        }
        return UInt8((colour[0] * 19595 + colour[1] * 38470 + colour[2] * 7471 + 0x8000) >> 16)
      }
      let image = try PNG.decodeGrey(writer.file(value))
      #expect(image == Raster(width: width, height: height, channels: 1, pixels: expected), "\(width) × \(height)")
    }
  }

  @Test func ourOwnFilesRoundTrip() throws {
    var generator = SplitMix64(seed: 41)
    for (width, height) in [(1, 1), (1, 9), (13, 7), (64, 48)] {
      let image = Raster(width: width, height: height, channels: 1, pixels: generator.bytes(width * height))
      #expect(try PNG.decodeGrey(PNG.encode(image, text: [("Title", "x")])) == image)
    }
  }

  /// Greys of the whole range have the same luma in each channel, and it is the grey itself.
  @Test func greyColoursKeepTheirGrey() throws {
    let pixels = (0..<256).flatMap { [UInt8](repeating: UInt8($0), count: 3) }
    let image = Raster(width: 16, height: 16, channels: 3, pixels: pixels)
    #expect(try PNG.decodeGrey(PNG.encode(image)).pixels == (0...255).map { $0 })
  }

  private func error(_ file: [UInt8], limit: Int = 1 << 26) throws -> FormatError {
    try #require(throws: FormatError.self) { try PNG.decodeGrey(file, limit: limit) }
  }

  /// A file of the given chunks.
  private func file(_ chunks: [(String, [UInt8])]) -> [UInt8] {
    PNG.signature + chunks.flatMap { PNGWriter.chunk($0.0, $0.1) }
  }

  @Test func chunksMustBeInOrderAndOfTheirSize() throws {
    let data = Zlib.compress(grey.lines { _, _, _ in 0 })
    let paletteData = Zlib.compress(paletted.lines { _, _, _ in 2 })
    let (head, end) = (("IHDR", grey.header), ("IEND", [] as [UInt8]))
    let (colour, palette) = (("IHDR", paletted.header), ("PLTE", paletted.palette))
    #expect(throws: Never.self) { try PNG.decodeGrey(file([head, ("teST", [1]), ("IDAT", data), ("tEST", []), end])) }
    #expect(throws: Never.self) {
      try PNG.decodeGrey(file([colour, palette, ("tRNS", [1, 2]), ("IDAT", paletteData), end]))
    }
    let broken: [(chunks: [(String, [UInt8])], expected: String, found: String)] = [
      ([("IDAT", data), head, end], "IHDR as the first", "IDAT"),
      ([head, ("IDAT", data), head, end], "critical chunks", "IHDR"),
      ([head, ("IDAT", data)], "chunk's length", "0 bytes"),
      ([head, end], "IDAT ahead of IEND", "none"),
      ([head, ("IDAT", data), ("IEND", [0])], "0 bytes of IEND", "1"),
      ([head, ("TEST", []), ("IDAT", data), end], "critical chunks", "TEST"),
      ([head, ("te5T", []), ("IDAT", data), end], "four letters", "74 65 35 54"),
      ([head, ("IDAT", data), ("teST", []), ("IDAT", []), end], "side by side", "another"),
      ([head, palette, ("IDAT", data), end], "one palette, of a colour image", "another"),
      ([("IHDR", grey.header + [0]), ("IDAT", data), end], "13 bytes of IHDR", "14"),
      ([head, ("tRNS", [0]), ("IDAT", data), end], "2 bytes of tRNS", "1"),
      ([head, ("IDAT", data), ("tRNS", [0, 0]), end], "ahead of IDAT", "another"),
      ([colour, ("IDAT", paletteData), end], "PLTE ahead of IDAT", "no PLTE"),
      ([colour, ("tRNS", [0]), palette, ("IDAT", paletteData), end], "PLTE ahead of tRNS", "no PLTE"),
      ([colour, palette, ("tRNS", [0, 0, 0, 0]), ("IDAT", paletteData), end], "1 to 3 bytes of tRNS", "4"),
      ([colour, palette, palette, ("IDAT", paletteData), end], "one palette", "another"),
      ([colour, ("PLTE", [1, 2]), ("IDAT", paletteData), end], "3 to 12 bytes of PLTE", "2"),
      ([colour, ("PLTE", [1, 2, 3, 4]), ("IDAT", paletteData), end], "three bytes", "4"),
      ([colour, ("PLTE", [1, 2, 3]), ("IDAT", paletteData), end], "an entry of the palette's 1", "2"),
    ]
    for (chunks, expected, found) in broken {
      let error = try error(file(chunks))
      #expect(error.expected.contains(expected) && error.found.contains(found), "\(error) for \(expected)")
    }
  }

  @Test func checksumsMustBeRight() throws {
    var file = grey.file { x, y, _ in 10 * x + y }
    file[29] ^= 1
    #expect(try error(file).expected.contains("CRC-32"))
    #expect(try error(file).offset == 29)
    var data = Zlib.compress(grey.lines { _, _, _ in 0 })
    data[data.count - 1] ^= 1
    let end = self.file([("IHDR", grey.header), ("IDAT", data), ("IEND", [])])
    #expect(try error(end).expected.contains("Adler-32"))
  }

  @Test func headersAreChecked() throws {
    let fields: [(place: Int, value: UInt8, expected: String)] = [
      (3, 0, "a width"), (7, 0, "a height"), (0, 0x80, "a width"), (8, 3, "a depth of"), (9, 1, "a colour type"),
      (9, 2, "bytes of scanlines"), (9, 3, "PLTE ahead of IDAT"), (10, 1, "compression 0"), (11, 1, "compression 0"),
      (12, 2, "interlace 0 or 1"), (4, 0x7F, "pixels"),
    ]
    let data = Zlib.compress(grey.lines { _, _, _ in 0 })
    for field in fields {
      var header = grey.header
      header[field.place] = field.value
      let error = try error(file([("IHDR", header), ("IDAT", data), ("IEND", [])]))
      #expect(error.expected.contains(field.expected), "\(error)")
    }
    let largest: [UInt8] = [0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF] + grey.header[8...]
    let enormous = file([("IHDR", largest), ("IDAT", data), ("IEND", [])])
    #expect(try error(enormous, limit: .max).found == "2147483647 × 2147483647")
  }

  @Test func scanlinesMustBeAsManyAsTheHeaderSays() throws {
    let lines = grey.lines { _, _, _ in 1 }
    #expect(try error(grey.file(lines: lines + [0])).expected == "at most 8 decoded bytes")
    #expect(try error(grey.file(lines: lines.dropLast())).expected == "8 bytes of scanlines")
    #expect(try error(grey.file(lines: [5] + lines.dropFirst())).expected == "a filter 0 to 4")
    let trailing = Zlib.compress(lines) + [0]
    #expect(
      try error(file([("IHDR", grey.header), ("IDAT", trailing), ("IEND", [])])).expected == "the end of the stream")
  }

  @Test func everyPrefixIsRefused() throws {
    let whole = paletted.file { x, y, _ in (x + y) % 3 }
    #expect(try PNG.decodeGrey(whole + [1, 2, 3]).pixels == [9, 0, 255, 0, 255, 9])
    for count in whole.indices {
      #expect(throws: FormatError.self) { try PNG.decodeGrey(Array(whole.prefix(count))) }
    }
  }
}
