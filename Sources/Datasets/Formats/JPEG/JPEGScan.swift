/// A scan header (ITU-T T.81, B.2.3): which components' coefficients follow, and which part of them.
struct JPEGScan {
  /// Indices of the components in the frame.
  let components: [Int]
  /// For each of `components`, the numbers of its Huffman tables, 0...3.
  let tables: [(dc: Int, ac: Int)]
  /// The coefficients, in zigzag order; 0...63 in sequential frames.
  let band: ClosedRange<Int>
  /// Whether a bit of coefficients that earlier scans began is added (progressive frames).
  let isRefinement: Bool
  /// The place of the lowest bit that is coded; 0 in sequential frames.
  let lowBit: Int

  /// Reads the segment after its length, which `reader` ends with.
  init(_ reader: inout ByteReader, of frame: JPEGFrame) throws(FormatError) {
    let count = Int(try reader.bigEndian(UInt8.self, "number of components"))
    guard (1...frame.components.count).contains(count) else {
      throw reader.error(
        at: reader.offset - 1, expected: "1 to \(frame.components.count) components in a scan", found: "\(count)")
    }
    var components: [Int] = []
    var tables: [(dc: Int, ac: Int)] = []
    for _ in 0..<count {
      let identifier = try reader.bigEndian(UInt8.self, "component's identifier")
      // The components of a scan are in the order of the frame's, so none comes twice.
      let next = components.last.map { $0 + 1 } ?? 0
      let following = frame.components.indices.dropFirst(next)
      guard let index = following.first(where: { frame.components[$0].identifier == identifier }) else {
        throw reader.error(
          at: reader.offset - 1, expected: "the frame's components in their order", found: "component \(identifier)")
      }
      components.append(index)
      let numbers = Int(try reader.bigEndian(UInt8.self, "Huffman tables' numbers"))
      guard numbers >> 4 < 4, numbers & 15 < 4 else {
        throw reader.error(
          at: reader.offset - 1, expected: "Huffman tables 0 to 3", found: "\(numbers >> 4) and \(numbers & 15)")
      }
      tables.append((numbers >> 4, numbers & 15))
    }
    let blocks = components.reduce(0) { $0 + frame.components[$1].horizontal * frame.components[$1].vertical }
    guard count == 1 || blocks <= 10 else {
      throw reader.error(expected: "at most 10 blocks in an interleaved unit", found: "\(blocks)")
    }

    let start = Int(try reader.bigEndian(UInt8.self, "start of the spectral selection"))
    let end = Int(try reader.bigEndian(UInt8.self, "end of the spectral selection"))
    let bits = Int(try reader.bigEndian(UInt8.self, "successive approximation"))
    let (high, low) = (bits >> 4, bits & 15)
    if frame.isProgressive {
      guard start == 0 ? end == 0 : start <= end && end < 64 && count == 1 else {
        throw reader.error(
          at: reader.offset - 3, expected: "coefficient 0, or some of 1 to 63 of one component",
          found: "\(start) to \(end) of \(count)")
      }
      guard low <= 13, high == 0 || high == low + 1 else {
        throw reader.error(
          at: reader.offset - 1, expected: "bits from 13 downwards, one a refinement", found: "\(high) to \(low)")
      }
    } else {
      guard start == 0, end == 63, bits == 0 else {
        throw reader.error(
          at: reader.offset - 3, expected: "all bits of coefficients 0 to 63",
          found: "bits \(high) to \(low) of \(start) to \(end)")
      }
    }
    self.components = components
    self.tables = tables
    self.band = start...end
    self.isRefinement = high > 0
    self.lowBit = low
  }
}
