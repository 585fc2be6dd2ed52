import Testing

@testable import Datasets

@Suite struct PNGTests {
  private struct Chunk {
    var type: String
    var data: [UInt8]
  }

  /// The chunks of a file, whose checksums and signature are verified.
  private func chunks(_ file: [UInt8]) throws -> [Chunk] {
    var reader = ByteReader(file, format: "PNG")
    #expect(Array(try reader.take(8, "signature")) == hex("89 50 4e 47 0d 0a 1a 0a"))
    var chunks: [Chunk] = []
    while reader.remaining > 0 {
      let length = Int(try reader.bigEndian(UInt32.self, "length"))
      let covered = try reader.take(4 + length, "chunk")
      #expect(try reader.bigEndian(UInt32.self, "CRC") == crc32(Array(covered)))
      chunks.append(Chunk(type: String(decoding: covered.prefix(4), as: UTF8.self), data: Array(covered.dropFirst(4))))
    }
    return chunks
  }

  /// The image of a file, and the filters of its lines. Undoes the filters as the specification words it.
  private func decode(_ file: [UInt8]) throws -> (image: Raster, filters: Set<UInt8>) {
    let chunks = try chunks(file)
    #expect(chunks.first?.type == "IHDR" && chunks.last?.type == "IEND" && chunks.last?.data == [])
    var header = ByteReader(chunks[0].data, format: "PNG")
    let width = Int(try header.bigEndian(UInt32.self, "width"))
    let height = Int(try header.bigEndian(UInt32.self, "height"))
    let rest = Array(try header.take(5, "rest"))
    #expect(rest == [8, 0, 0, 0, 0] || rest == [8, 2, 0, 0, 0])
    let channels = rest[1] == 0 ? 1 : 3
    let zlib = chunks.filter { $0.type == "IDAT" }.flatMap(\.data)
    let stride = width * channels
    let lines = try Inflate.decompress(zlib, from: 2, limit: height * (stride + 1)).bytes
    #expect(zlib.suffix(4).reduce(0) { $0 << 8 | UInt32($1) } == adler32(lines))

    var pixels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<stride {
        let a = x < channels ? 0 : Int(pixels[y * stride + x - channels])
        let b = y == 0 ? 0 : Int(pixels[(y - 1) * stride + x])
        let c = x < channels || y == 0 ? 0 : Int(pixels[(y - 1) * stride + x - channels])
        let nearest = [a, b, c].min { abs(a + b - c - $0) < abs(a + b - c - $1) } ?? 0
        let predictions = [0, a, b, (a + b) / 2, nearest]
        pixels.append(lines[y * (stride + 1) + 1 + x] &+ UInt8(predictions[Int(lines[y * (stride + 1)])]))
      }
    }
    let filters = Set((0..<height).map { lines[$0 * (stride + 1)] })
    return (Raster(width: width, height: height, channels: channels, pixels: pixels), filters)
  }

  private func noise(_ width: Int, _ height: Int, _ channels: Int, seed: UInt64) -> Raster {
    var generator = SplitMix64(seed: seed)
    return Raster(width: width, height: height, channels: channels, pixels: generator.bytes(width * height * channels))
  }

  @Test func roundTrips() throws {
    for channels in [1, 3] {
      for (width, height) in [(1, 1), (1, 9), (9, 1), (2, 2), (13, 7), (64, 48)] {
        let image = noise(width, height, channels, seed: UInt64(width * height))
        #expect(try decode(PNG.encode(image)).image == image)
      }
    }
  }

  @Test func allFiltersAreUsedAndUndone() throws {
    // Bands that suit left, up, average and Paeth in turn, with a little noise against exact repeats.
    var generator = SplitMix64(seed: 30)
    let (width, height) = (97, 120)
    var pixels: [UInt8] = []
    for y in 0..<height {
      let band = y / 24
      for x in 0..<width * 3 {
        let left = x < 3 ? 0 : Int(pixels[y * width * 3 + x - 3])
        let up = y == 0 ? 0 : Int(pixels[(y - 1) * width * 3 + x])
        let corner = x < 3 || y == 0 ? 0 : Int(pixels[(y - 1) * width * 3 + x - 3])
        let grit = Int.random(in: -3...3, using: &generator)
        let fresh = Int.random(in: 0...255, using: &generator)
        let start = x < 3 || y % 24 == 0
        let values: [Int] = [fresh % 7, left + grit, up + grit, (left + up) / 2 + grit * 2, left + up - corner + grit]
        let value = values[band]
        pixels.append(UInt8(truncatingIfNeeded: start && band > 0 ? fresh : value))
      }
    }
    let image = Raster(width: width, height: height, channels: 3, pixels: pixels)
    let result = try decode(PNG.encode(image))
    #expect(result.image == image)
    #expect(result.filters.isSuperset(of: [0, 1, 2, 3]))
  }

  @Test func figuresStaySmall() throws {
    // A flat figure: a frame and a bar. Unfiltered lines repeat exactly.
    var flat = Raster(width: 600, height: 400, channels: 3, pixels: Array(repeating: 255, count: 720_000))
    for y in 100..<400 { for x in 90..<150 { flat.pixels[(y * 600 + x) * 3] = 30 } }
    #expect(PNG.encode(flat).count < 3_000)
    // A ramp, which only filters make small.
    let slopes = (0..<65_536).map { (index: Int) -> UInt8 in
      let sum: Int = index / 256 * 3 + index % 256 * 5
      return UInt8(truncatingIfNeeded: sum)
    }
    let ramp = Raster(width: 256, height: 256, channels: 1, pixels: slopes)
    let result = try decode(PNG.encode(ramp))
    #expect(result.image == ramp)
    #expect(PNG.encode(ramp).count < 1_000)
  }

  @Test func textGoesAheadOfThePixels() throws {
    let image = noise(3, 3, 1, seed: 31)
    let file = PNG.encode(image, text: [("Title", "Zürich → x"), ("Seed", "")])
    let chunks = try chunks(file)
    #expect(chunks.map(\.type) == ["IHDR", "tEXt", "tEXt", "IDAT", "IEND"])
    #expect(chunks[1].data == Array("Title".utf8) + [0, 0x5A, 0xFC] + Array("rich ? x".utf8))
    #expect(chunks[2].data == Array("Seed".utf8) + [0])
    #expect(try decode(file).image == image)
    #expect(file.suffix(12) == hex("00 00 00 00 49 45 4e 44 ae 42 60 82"))
  }

  @Test func badKeywordsTrap() async {
    await #expect(processExitsWith: .failure) {
      _ = PNG.encode(Raster(width: 1, height: 1, channels: 1, pixels: [0]), text: [("", "x")])
    }
  }
}
