/// What a PNG file's IHDR chunk says, and what follows from it (PNG specification, sections 8 and 11.2.1).
struct PNGHeader {
  /// What the samples of a pixel are; raw values are the file's.
  enum ColourType: UInt8 {
    case grey = 0
    case colour = 2
    case palette = 3
    case greyAlpha = 4
    case colourAlpha = 6

    /// Samples in a pixel.
    var samples: Int {
      switch self {
      case .grey, .palette: 1
      case .greyAlpha: 2
      case .colour: 3
      case .colourAlpha: 4
      }
    }

    /// The bits that a sample may have.
    var depths: [Int] {
      switch self {
      case .grey: [1, 2, 4, 8, 16]
      case .palette: [1, 2, 4, 8]
      case .colour, .greyAlpha, .colourAlpha: [8, 16]
      }
    }
  }

  /// Pixels that are stored as an image of their own: all, or one of Adam7's seven passes.
  struct Pass {
    let firstColumn: Int
    let firstRow: Int
    let columnStep: Int
    let rowStep: Int
    let width: Int
    let height: Int
    /// Bytes in a scanline, without its filter's number.
    let lineBytes: Int
  }

  let width: Int
  let height: Int
  let depth: Int
  let type: ColourType
  let isInterlaced: Bool

  /// Reads the chunk's data, which begin at `reader`; `limit` is the largest number of pixels.
  init(_ reader: inout ByteReader, limit: Int) throws(FormatError) {
    width = try Self.dimension(&reader, "width")
    height = try Self.dimension(&reader, "height")
    // Two numbers below 2³¹ have a product of less than 62 bits; the bits of 2⁴⁸ pixels can still be counted.
    let most = min(limit, 1 << 48)
    guard width * height <= most else {
      throw reader.error(
        at: reader.offset - 8, expected: "an image of at most \(most) pixels", found: "\(width) × \(height)")
    }
    depth = Int(try reader.bigEndian(UInt8.self, "bit depth"))
    let number = try reader.bigEndian(UInt8.self, "colour type")
    guard let type = ColourType(rawValue: number) else {
      throw reader.error(at: reader.offset - 1, expected: "a colour type 0, 2, 3, 4 or 6", found: "\(number)")
    }
    self.type = type
    guard type.depths.contains(depth) else {
      throw reader.error(
        at: reader.offset - 2, expected: "a depth of \(type.depths) bits for colour type \(number)", found: "\(depth)")
    }
    let methods = Array(try reader.take(3, "methods"))
    guard methods[0] == 0, methods[1] == 0, methods[2] <= 1 else {
      throw reader.error(
        at: reader.offset - 3, expected: "compression 0, filter 0, interlace 0 or 1", found: "\(methods)")
    }
    isInterlaced = methods[2] == 1
  }

  private static func dimension(_ reader: inout ByteReader, _ name: String) throws(FormatError) -> Int {
    let value = try reader.bigEndian(UInt32.self, name)
    guard (1...UInt32(Int32.max)).contains(value) else {
      throw reader.error(at: reader.offset - 4, expected: "a \(name) from 1 to 2³¹ - 1", found: "\(value)")
    }
    return Int(value)
  }

  /// The passes in the order of the file; those without pixels have nothing in the file and are left out.
  var passes: [Pass] {
    guard isInterlaced else { return [pass(0, 0, 1, 1)] }
    let adam7 = [
      pass(0, 0, 8, 8), pass(4, 0, 8, 8), pass(0, 4, 4, 8), pass(2, 0, 4, 4), pass(0, 2, 2, 4), pass(1, 0, 2, 2),
      pass(0, 1, 1, 2),
    ]
    return adam7.filter { $0.width > 0 && $0.height > 0 }
  }

  private func pass(_ firstColumn: Int, _ firstRow: Int, _ columnStep: Int, _ rowStep: Int) -> Pass {
    let columns = (width - firstColumn + columnStep - 1) / columnStep
    return Pass(
      firstColumn: firstColumn, firstRow: firstRow, columnStep: columnStep, rowStep: rowStep, width: columns,
      height: (height - firstRow + rowStep - 1) / rowStep, lineBytes: (columns * bitsPerPixel + 7) / 8)
  }

  private var bitsPerPixel: Int { depth * type.samples }
  /// The bytes between a sample and the one that filters take for its left neighbour.
  var filterStep: Int { max(1, bitsPerPixel / 8) }
  /// Bytes of all scanlines with their filters' numbers.
  var byteCount: Int { passes.reduce(0) { $0 + $1.height * ($1.lineBytes + 1) } }
}
