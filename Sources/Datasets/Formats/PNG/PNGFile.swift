/// The chunks of a PNG file that decoding needs, checked for order, size and checksum (PNG specification, section 5).
struct PNGFile {
  let header: PNGHeader
  /// The grey of each value that a sample of up to 8 bits has, or of each entry of the palette; empty for other pixels.
  let levels: [UInt8]
  /// The data of the IDAT chunks, joined.
  let compressed: [UInt8]

  private struct Chunk {
    let type: String
    /// Offset of its data in the file.
    let offset: Int
    let data: ArraySlice<UInt8>
  }

  /// Reads all chunks up to IEND; `limit` is the largest number of pixels.
  init(_ bytes: [UInt8], limit: Int) throws(FormatError) {
    var reader = ByteReader(bytes, format: PNG.format)
    let signature = try reader.take(PNG.signature.count, "signature")
    guard Array(signature) == PNG.signature else {
      throw reader.error(at: 0, expected: "PNG's signature", found: "other bytes")
    }
    let first = try Self.chunk(&reader)
    guard first.type == "IHDR" else {
      throw reader.error(at: first.offset - 4, expected: "IHDR as the first chunk", found: first.type)
    }
    try Self.check(first, hasLengths: 13...13, reader)
    var inner = ByteReader(bytes, format: PNG.format, offset: first.offset)
    let header = try PNGHeader(&inner, limit: limit)

    var palette: [UInt8]?
    var compressed: [UInt8] = []
    var last = first
    var (hasPixels, hasTransparency) = (false, false)
    while last.type != "IEND" {
      let chunk = try Self.chunk(&reader)
      switch chunk.type {
      case "PLTE":
        guard palette == nil, !hasPixels, !hasTransparency, header.type != .grey, header.type != .greyAlpha else {
          throw reader.error(
            at: chunk.offset - 4, expected: "one palette, of a colour image, ahead of tRNS and IDAT", found: "another")
        }
        palette = try Self.palette(chunk, header, reader)
      case "tRNS":
        guard !hasTransparency, !hasPixels, header.type != .greyAlpha, header.type != .colourAlpha else {
          throw reader.error(
            at: chunk.offset - 4, expected: "one tRNS, of an image without alpha, ahead of IDAT", found: "another")
        }
        try Self.checkTransparency(chunk, header, palette, reader)
        hasTransparency = true
      case "IDAT":
        guard !hasPixels || last.type == "IDAT" else {
          throw reader.error(at: chunk.offset - 4, expected: "IDAT chunks side by side", found: "another IDAT")
        }
        guard header.type != .palette || palette != nil else {
          throw reader.error(at: chunk.offset - 4, expected: "PLTE ahead of IDAT", found: "no PLTE")
        }
        hasPixels = true
        compressed += chunk.data
      case "IEND":
        try Self.check(chunk, hasLengths: 0...0, reader)
        guard hasPixels else {
          throw reader.error(at: chunk.offset - 4, expected: "IDAT ahead of IEND", found: "none")
        }
      default:
        // A small first letter marks chunks that need not be understood.
        guard chunk.type.utf8.first.map({ $0 & 0x20 != 0 }) ?? false else {
          throw reader.error(at: chunk.offset - 4, expected: "critical chunks of the specification", found: chunk.type)
        }
      }
      last = chunk
    }

    self.header = header
    self.compressed = compressed
    switch header.type {
    case .palette:
      let entries = palette ?? []
      levels = stride(from: 0, to: entries.count, by: 3).map {
        Grey.luma(Int(entries[$0]), Int(entries[$0 + 1]), Int(entries[$0 + 2]))
      }
    case .grey where header.depth <= 8:
      let most = (1 << header.depth) - 1
      // 255 is a multiple of 1, 3, 15 and 255.
      levels = (0...most).map { UInt8($0 * (255 / most)) }
    default: levels = []
    }
  }

  /// Takes a chunk, whose checksum is right.
  private static func chunk(_ reader: inout ByteReader) throws(FormatError) -> Chunk {
    let length = Int(try reader.bigEndian(UInt32.self, "chunk's length"))
    guard length <= Int(Int32.max) else {
      throw reader.error(at: reader.offset - 4, expected: "a length of at most 2³¹ - 1", found: "\(length)")
    }
    let start = reader.offset
    let name = try reader.take(4, "chunk's type")
    guard name.allSatisfy({ (0x41...0x5A).contains($0 & 0xDF) }) else {
      throw reader.error(
        at: start, expected: "a chunk's type of four letters",
        found: name.map { String($0, radix: 16) }.joined(separator: " "))
    }
    let data = try reader.take(length, "chunk")
    let covered = reader.bytes[start..<reader.offset]
    let computed = CRC32.checksum(covered.span)
    let stored = try reader.bigEndian(UInt32.self, "CRC-32")
    guard stored == computed else {
      throw reader.error(
        at: reader.offset - 4, expected: "the CRC-32 \(computed) of the chunk", found: "\(stored)")
    }
    return Chunk(type: String(decoding: name, as: UTF8.self), offset: start + 4, data: data)
  }

  private static func check(
    _ chunk: Chunk, hasLengths lengths: ClosedRange<Int>, _ reader: ByteReader
  ) throws(FormatError) {
    guard lengths.contains(chunk.data.count) else {
      let expected = lengths.count == 1 ? "\(lengths.lowerBound)" : "\(lengths.lowerBound) to \(lengths.upperBound)"
      throw reader.error(
        at: chunk.offset - 8, expected: "\(expected) bytes of \(chunk.type)", found: "\(chunk.data.count)")
    }
  }

  private static func palette(
    _ chunk: Chunk, _ header: PNGHeader, _ reader: ByteReader
  ) throws(FormatError) -> [UInt8] {
    let most = header.type == .palette ? 1 << header.depth : 256
    try check(chunk, hasLengths: 3...3 * most, reader)
    guard chunk.data.count % 3 == 0 else {
      throw reader.error(
        at: chunk.offset - 8, expected: "three bytes for each entry of the palette", found: "\(chunk.data.count)")
    }
    return Array(chunk.data)
  }

  private static func checkTransparency(
    _ chunk: Chunk, _ header: PNGHeader, _ palette: [UInt8]?, _ reader: ByteReader
  ) throws(FormatError) {
    switch header.type {
    case .grey: try check(chunk, hasLengths: 2...2, reader)
    case .palette:
      guard let palette else {
        throw reader.error(at: chunk.offset - 4, expected: "PLTE ahead of tRNS", found: "no PLTE")
      }
      try check(chunk, hasLengths: 1...palette.count / 3, reader)
    default: try check(chunk, hasLengths: 6...6, reader)
    }
  }
}
