/// A frame header (ITU-T T.81, B.2.2) and what follows from it: where the blocks of each component lie.
struct JPEGFrame {
  /// One component of the image: luminance, a chrominance, or a colour.
  struct Component {
    let identifier: UInt8
    /// Horizontal and vertical sampling factors, 1...4.
    let horizontal: Int
    let vertical: Int
    /// The number of its quantisation table, 0...3.
    let table: Int
    /// Samples in a row and rows, without padding.
    let width: Int
    let height: Int
    /// Blocks in a row and rows of blocks that hold samples; scans of one component have so many.
    let blockColumns: Int
    let blockRows: Int
    /// Blocks in a row as stored: padded to whole interleaved units.
    let storedColumns: Int
    /// Rows of blocks as stored.
    let storedRows: Int
    /// The index of its first block among the stored blocks of all components.
    let firstBlock: Int

    var storedBlocks: Int { storedColumns * storedRows }
  }

  let isProgressive: Bool
  let width: Int
  let height: Int
  let components: [Component]
  /// The largest sampling factors.
  let horizontal: Int
  let vertical: Int
  /// Interleaved units in a row, and rows of them.
  let unitColumns: Int
  let unitRows: Int

  /// Stored blocks of all components.
  var storedBlocks: Int { components.reduce(0) { $0 + $1.storedBlocks } }
  /// Blocks of all components that hold samples; each takes a bit of the file at least.
  var codedBlocks: Int { components.reduce(0) { $0 + $1.blockColumns * $1.blockRows } }

  /// Reads the segment after its length, which `reader` ends with; `limit` is the largest number of pixels.
  init(_ reader: inout ByteReader, isProgressive: Bool, limit: Int) throws(FormatError) {
    let precision = try reader.bigEndian(UInt8.self, "sample precision")
    guard precision == 8 else {
      throw reader.error(at: reader.offset - 1, expected: "samples of 8 bits", found: "\(precision) bits")
    }
    let height = Int(try reader.bigEndian(UInt16.self, "height"))
    guard height > 0 else {
      throw reader.error(at: reader.offset - 2, expected: "a height in the frame header", found: "0 (a DNL marker's)")
    }
    let width = Int(try reader.bigEndian(UInt16.self, "width"))
    guard width > 0 else {
      throw reader.error(at: reader.offset - 2, expected: "a width of at least 1", found: "0")
    }
    guard width * height <= limit else {
      throw reader.error(
        at: reader.offset - 4, expected: "an image of at most \(limit) pixels", found: "\(width) × \(height)")
    }
    let count = Int(try reader.bigEndian(UInt8.self, "number of components"))
    guard count == 1 || count == 3 else {
      throw reader.error(
        at: reader.offset - 1, expected: "1 component (grey) or 3 (colour)",
        found: count == 4 ? "4 (CMYK or YCCK)" : "\(count)")
    }

    var declared: [(identifier: UInt8, horizontal: Int, vertical: Int, table: Int)] = []
    for _ in 0..<count {
      let identifier = try reader.bigEndian(UInt8.self, "component's identifier")
      guard !declared.contains(where: { $0.identifier == identifier }) else {
        throw reader.error(
          at: reader.offset - 1, expected: "identifiers that differ", found: "\(identifier) a second time")
      }
      let factors = Int(try reader.bigEndian(UInt8.self, "sampling factors"))
      guard (1...4).contains(factors >> 4), (1...4).contains(factors & 15) else {
        throw reader.error(
          at: reader.offset - 1, expected: "sampling factors 1 to 4", found: "\(factors >> 4) and \(factors & 15)")
      }
      let table = Int(try reader.bigEndian(UInt8.self, "quantisation table's number"))
      guard table < 4 else {
        throw reader.error(at: reader.offset - 1, expected: "a quantisation table 0 to 3", found: "\(table)")
      }
      declared.append((identifier, factors >> 4, factors & 15, table))
    }

    let horizontal = declared.reduce(1) { max($0, $1.horizontal) }
    let vertical = declared.reduce(1) { max($0, $1.vertical) }
    let unitColumns = Self.quotient(width, 8 * horizontal)
    let unitRows = Self.quotient(height, 8 * vertical)
    var components: [Component] = []
    for declaration in declared {
      let ownWidth = Self.quotient(width * declaration.horizontal, horizontal)
      let ownHeight = Self.quotient(height * declaration.vertical, vertical)
      let first = components.last.map { $0.firstBlock + $0.storedBlocks } ?? 0
      components.append(
        Component(
          identifier: declaration.identifier, horizontal: declaration.horizontal, vertical: declaration.vertical,
          table: declaration.table, width: ownWidth, height: ownHeight, blockColumns: Self.quotient(ownWidth, 8),
          blockRows: Self.quotient(ownHeight, 8), storedColumns: unitColumns * declaration.horizontal,
          storedRows: unitRows * declaration.vertical, firstBlock: first))
    }
    self.isProgressive = isProgressive
    self.width = width
    self.height = height
    self.components = components
    self.horizontal = horizontal
    self.vertical = vertical
    self.unitColumns = unitColumns
    self.unitRows = unitRows
  }

  private static func quotient(_ dividend: Int, _ divisor: Int) -> Int { (dividend + divisor - 1) / divisor }
}
