/// Decodes the entropy-coded data of one scan (ITU-T T.81, annexes F and G) into coefficients.
///
/// Decoding spends its time here. All of it stands in one file because a debug build inlines within files only.
struct JPEGScanDecoder {
  private let scan: JPEGScan
  private let frame: JPEGFrame
  /// Blocks of an interleaved unit, or the one of a scan of a single component.
  private let blocks: [Block]
  /// Units in a row, and rows of them.
  private let columns: Int
  private let rows: Int
  private let restartInterval: Int
  private let bytes: [UInt8]
  /// The DC and the AC table of each component of the scan, in turn.
  private let tables: [JPEGHuffmanTable]
  /// How many blocks to come have nothing more (progressive scans of coefficients 1 to 63).
  private var emptyBlocks = 0
  private(set) var bits: JPEGBits

  /// A block's place in a unit: its component's number in the scan, and how its index among all stored blocks follows
  /// from the unit's row and column.
  private struct Block {
    let component: Int
    let first: Int
    let rowStride: Int
    let columnStride: Int
  }

  /// The natural index (row · 8 + column) of each coefficient in zigzag order (T.81, figure A.6).
  static let naturalOrder: [UInt8] = {
    var order: [UInt8] = []
    for diagonal in 0..<15 {
      for step in max(0, diagonal - 7)...min(diagonal, 7) {
        // Odd diagonals go down to the left, even ones up to the right.
        let (row, column) = diagonal % 2 == 1 ? (step, diagonal - step) : (diagonal - step, step)
        order.append(UInt8(8 * row + column))
      }
    }
    return order
  }()

  /// A decoder of the data from `offset` on. The tables that the scan needs must be there.
  ///
  /// - Parameter restartInterval: units between restart markers, 0 for none.
  init(
    _ scan: JPEGScan, of frame: JPEGFrame, dc: [JPEGHuffmanTable?], ac: [JPEGHuffmanTable?], restartInterval: Int,
    in bytes: [UInt8], from offset: Int
  ) throws(FormatError) {
    self.scan = scan
    self.frame = frame
    self.restartInterval = restartInterval
    self.bytes = bytes
    bits = JPEGBits(next: offset)
    // What a scan does not use needs no table.
    guard let unused = JPEGHuffmanTable(counts: [], symbols: []) else { preconditionFailure("an empty code is a code") }
    let usesDC = scan.band.lowerBound == 0 && !scan.isRefinement
    let usesAC = scan.band.upperBound > 0
    var blocks: [Block] = []
    var tables: [JPEGHuffmanTable] = []
    for (number, index) in scan.components.enumerated() {
      let (component, numbers) = (frame.components[index], scan.tables[number])
      guard let dcTable = usesDC ? dc[numbers.dc] : unused, let acTable = usesAC ? ac[numbers.ac] : unused else {
        throw FormatError(
          format: JPEG.format, offset: offset, expected: "the Huffman tables of a scan before it",
          found: "no table \(usesDC && dc[numbers.dc] == nil ? "DC \(numbers.dc)" : "AC \(numbers.ac)")")
      }
      tables += [dcTable, acTable]
      let isAlone = scan.components.count == 1
      let (high, wide) = isAlone ? (1, 1) : (component.vertical, component.horizontal)
      for row in 0..<high {
        for column in 0..<wide {
          blocks.append(
            Block(
              component: number, first: component.firstBlock + row * component.storedColumns + column,
              rowStride: high * component.storedColumns, columnStride: wide))
        }
      }
    }
    self.blocks = blocks
    self.tables = tables
    let only = scan.components.count == 1 ? frame.components[scan.components[0]] : nil
    columns = only?.blockColumns ?? frame.unitColumns
    rows = only?.blockRows ?? frame.unitRows
  }

  /// Decodes all units into the stored blocks of the frame, each of 64 coefficients in natural order.
  ///
  /// - Returns: where the next marker is, or the end of the file.
  mutating func decode(into coefficients: inout MutableSpan<Int16>) throws(FormatError) -> Int {
    let order = Self.naturalOrder.span
    // A span of a copy, so that `self` may change while it is used.
    let bytes = bytes
    let input = bytes.span
    // Codes without references, which would be counted block by block: the short codes of all tables in one array.
    let tables = tables
    let shortCodes = tables.flatMap(\.table)
    let lookup = shortCodes.span
    var predictions = [Int](repeating: 0, count: scan.components.count)
    var untilRestart = restartInterval
    var restarts = 0
    for row in 0..<rows {
      for column in 0..<columns {
        if restartInterval > 0 {
          if untilRestart == 0 {
            try bits.restart(restarts & 7, input)
            restarts += 1
            untilRestart = restartInterval
            for index in predictions.indices { predictions[index] = 0 }
            emptyBlocks = 0
          }
          untilRestart -= 1
        }
        for index in blocks.indices {
          let at = 64 * (blocks[index].first + row * blocks[index].rowStride + column * blocks[index].columnStride)
          try decodeBlock(index, at, &predictions, tables, lookup, order, input, &coefficients)
        }
        guard bits.isWithinData else { throw bits.truncated(input) }
      }
    }
    return bits.markerOffset(input)
  }

  @inline(__always)
  private mutating func decodeBlock(
    _ index: Int, _ at: Int, _ predictions: inout [Int], _ tables: [JPEGHuffmanTable], _ lookup: Span<UInt16>,
    _ order: Span<UInt8>, _ input: Span<UInt8>, _ coefficients: inout MutableSpan<Int16>
  ) throws(FormatError) {
    let component = blocks[index].component
    let (dc, ac) = (2 &* component, 2 &* component &+ 1)
    if scan.band.lowerBound > 0 {
      if scan.isRefinement {
        try refine(ac, tables, lookup, at, order, input, &coefficients)
      } else {
        try begin(ac, tables, lookup, at, order, input, &coefficients)
      }
      return
    }
    if scan.isRefinement {
      if bits.read(1, input) == 1 { coefficients[at] |= 1 << Int16(scan.lowBit) }
      return
    }
    let category = Int(try bits.symbol(dc, tables, lookup, input))
    guard category <= 11 else {
      throw bits.error(expected: "a difference of at most 11 bits", found: "\(category)")
    }
    let value = predictions[component] &+ bits.signed(category, input)
    predictions[component] = value
    coefficients[at] = Int16(truncatingIfNeeded: value &<< scan.lowBit)
    if !frame.isProgressive { try decodeSequential(ac, tables, lookup, at, order, input, &coefficients) }
  }

  /// Coefficients 1 to 63 of a block of a sequential frame (F.2.2.2).
  @inline(__always)
  private mutating func decodeSequential(
    _ table: Int, _ tables: [JPEGHuffmanTable], _ lookup: Span<UInt16>, _ at: Int, _ order: Span<UInt8>,
    _ input: Span<UInt8>, _ coefficients: inout MutableSpan<Int16>
  ) throws(FormatError) {
    // A copy of the state stays in registers.
    var local = bits
    defer { bits = local }
    var index = 1
    while index < 64 {
      let symbol = Int(try local.symbol(table, tables, lookup, input))
      let size = symbol & 15
      if size == 0 {
        guard symbol == 0xF0 else { return }
        index += 16
        continue
      }
      index += symbol >> 4
      guard index < 64 else { throw local.beyond(63) }
      coefficients[at &+ Int(order[index])] = Int16(truncatingIfNeeded: local.signed(size, input))
      index += 1
    }
  }

  /// The first scan of a band of a progressive frame (G.1.2.2).
  private mutating func begin(
    _ table: Int, _ tables: [JPEGHuffmanTable], _ lookup: Span<UInt16>, _ at: Int, _ order: Span<UInt8>,
    _ input: Span<UInt8>, _ coefficients: inout MutableSpan<Int16>
  ) throws(FormatError) {
    guard emptyBlocks == 0 else {
      emptyBlocks -= 1
      return
    }
    var index = scan.band.lowerBound
    while index <= scan.band.upperBound {
      let symbol = Int(try bits.symbol(table, tables, lookup, input))
      let (run, size) = (symbol >> 4, symbol & 15)
      if size == 0 {
        guard run == 15 else {
          emptyBlocks = 1 << run + bits.read(run, input) - 1
          return
        }
        index += 16
        continue
      }
      index += run
      guard index <= scan.band.upperBound else { throw bits.beyond(scan.band.upperBound) }
      let value = bits.signed(size, input)
      coefficients[at + Int(order[index])] = Int16(truncatingIfNeeded: value << scan.lowBit)
      index += 1
    }
  }

  /// A later scan of a band of a progressive frame (G.1.2.3): a bit for what is not zero, and what stops being zero.
  private mutating func refine(
    _ table: Int, _ tables: [JPEGHuffmanTable], _ lookup: Span<UInt16>, _ at: Int, _ order: Span<UInt8>,
    _ input: Span<UInt8>, _ coefficients: inout MutableSpan<Int16>
  ) throws(FormatError) {
    let last = scan.band.upperBound
    let bit: Int16 = 1 << Int16(scan.lowBit)
    var index = scan.band.lowerBound
    while emptyBlocks == 0, index <= last {
      let symbol = Int(try bits.symbol(table, tables, lookup, input))
      let (run, size) = (symbol >> 4, symbol & 15)
      var value: Int16 = 0
      if size == 0 {
        if run < 15 {
          emptyBlocks = 1 << run + bits.read(run, input)
          break
        }
      } else {
        guard size == 1 else { throw bits.error(expected: "one bit of a coefficient", found: "\(size)") }
        value = bits.read(1, input) == 1 ? bit : -bit
      }
      index = refineNonzero(from: index, skipping: run, bit, at, order, input, &coefficients)
      if value != 0 {
        guard index <= last else { throw bits.beyond(last) }
        coefficients[at + Int(order[index])] = value
      }
      index += 1
    }
    if emptyBlocks > 0 {
      _ = refineNonzero(from: index, skipping: 64, bit, at, order, input, &coefficients)
      emptyBlocks -= 1
    }
  }

  /// Reads a bit for every coefficient that is not zero, until `zeros` zeros have been passed and another is met.
  @inline(__always)
  private mutating func refineNonzero(
    from start: Int, skipping zeros: Int, _ bit: Int16, _ at: Int, _ order: Span<UInt8>, _ input: Span<UInt8>,
    _ coefficients: inout MutableSpan<Int16>
  ) -> Int {
    var index = start
    var left = zeros
    while index <= scan.band.upperBound {
      let place = at + Int(order[index])
      let coefficient = coefficients[place]
      if coefficient == 0 {
        if left == 0 { return index }
        left -= 1
      } else if bits.read(1, input) == 1, coefficient & bit == 0 {
        coefficients[place] = coefficient &+ (coefficient > 0 ? bit : 0 &- bit)
      }
      index += 1
    }
    return index
  }
}

/// Reads bits from entropy-coded data, most significant first, and takes out the zero bytes stuffed after 0xFF.
///
/// At a marker or the end of the file zeros are made up, so that nothing has to be checked bit by bit: `isWithinData` says
/// afterwards whether any were used.
struct JPEGBits {
  /// The next byte to load; at a marker it stays at its 0xFF.
  private var next: Int
  /// The coming bits, the next one on top. Those below `count` from the top are zero or what the next refill puts there.
  private var bits: UInt64 = 0
  /// How many of `bits` may be used, made-up ones included.
  private var count = 0
  /// How many of them are made up.
  private var madeUp = 0

  init(next: Int) { self.next = next }

  /// Whether all bits used so far were in the data.
  var isWithinData: Bool { count >= madeUp }

  /// Makes at least 48 bits available.
  @inline(__always)
  private mutating func refill(_ input: Span<UInt8>) {
    if next <= input.count &- 8 {
      var word = UInt64(input[next]) << 56
      word |= UInt64(input[next &+ 1]) << 48
      word |= UInt64(input[next &+ 2]) << 40
      word |= UInt64(input[next &+ 3]) << 32
      word |= UInt64(input[next &+ 4]) << 24
      word |= UInt64(input[next &+ 5]) << 16
      word |= UInt64(input[next &+ 6]) << 8
      word |= UInt64(input[next &+ 7])
      // No byte is 0xFF: then the complement has no zero byte.
      if (~word &- 0x0101_0101_0101_0101) & word & 0x8080_8080_8080_8080 == 0 {
        bits |= word &>> UInt64(truncatingIfNeeded: count)
        let taken = (63 &- count) >> 3
        next &+= taken
        count &+= taken &* 8
        return
      }
    }
    refillByByte(input)
  }

  @inline(never)
  private mutating func refillByByte(_ input: Span<UInt8>) {
    while count <= 56 {
      var byte: UInt8 = 0
      if next < input.count, input[next] != 0xFF {
        byte = input[next]
        next += 1
      } else if next + 1 < input.count, input[next + 1] == 0 {
        byte = 0xFF
        next += 2
      } else {
        madeUp += 8
      }
      bits |= UInt64(byte) << UInt64(56 - count)
      count += 8
    }
  }

  /// The next `width` (0...16) bits as a number.
  @inline(__always)
  mutating func read(_ width: Int, _ input: Span<UInt8>) -> Int {
    if count < width { refill(input) }
    // Two shifts, as a shift by 64 is one by 0.
    let value = Int(truncatingIfNeeded: (bits &>> 1) &>> UInt64(truncatingIfNeeded: 63 &- width))
    bits &<<= UInt64(truncatingIfNeeded: width)
    count &-= width
    return value
  }

  /// A number of `width` bits (0...15) whose first bit tells its sign (T.81, F.2.2.1, EXTEND).
  @inline(__always)
  mutating func signed(_ width: Int, _ input: Span<UInt8>) -> Int {
    let value = read(width, input)
    let half = (1 &<< width) >> 1
    return value < half ? value &- (1 &<< width) &+ 1 : value
  }

  /// The next symbol of code `table` of `tables`, whose tables are joined in `lookup`.
  @inline(__always)
  mutating func symbol(
    _ table: Int, _ tables: [JPEGHuffmanTable], _ lookup: Span<UInt16>, _ input: Span<UInt8>
  ) throws(FormatError) -> UInt8 {
    let tableBits = JPEGHuffmanTable.tableBits
    // Enough for the longest code and the longest number after it.
    if count < 32 { refill(input) }
    let short = Int(truncatingIfNeeded: bits &>> UInt64(64 - tableBits))
    var entry = lookup[table &<< tableBits &+ short]
    if entry == 0 {
      entry = tables[table].entry(for: Int(truncatingIfNeeded: bits &>> 48))
      guard entry != 0 else {
        throw isWithinData ? error(expected: "a Huffman code", found: "bits that are none") : truncated(input)
      }
    }
    let length = Int(entry & 0xFF)
    bits &<<= UInt64(truncatingIfNeeded: length)
    count &-= length
    return UInt8(truncatingIfNeeded: entry >> 8)
  }

  /// The offset of the next marker at or after what has been loaded, or the end of the file.
  func markerOffset(_ input: Span<UInt8>) -> Int {
    var offset = next
    while offset < input.count {
      if input[offset] == 0xFF, offset + 1 < input.count, input[offset + 1] != 0 { return offset }
      offset += 1
    }
    return offset
  }

  /// Drops what is left before the next marker, which must be restart marker `number`, and goes on behind it.
  mutating func restart(_ number: Int, _ input: Span<UInt8>) throws(FormatError) {
    guard isWithinData else { throw truncated(input) }
    var offset = markerOffset(input)
    // Any number of 0xFF may stand before a marker's code.
    while offset + 1 < input.count, input[offset + 1] == 0xFF { offset += 1 }
    let code = JPEGMarker.restarts.lowerBound + UInt8(number)
    guard offset + 1 < input.count, input[offset + 1] == code else {
      throw FormatError(
        format: JPEG.format, offset: offset, expected: "restart marker \(number)",
        found: offset + 1 < input.count ? "marker 0x\(String(input[offset + 1], radix: 16))" : "the end of the data")
    }
    self = JPEGBits(next: offset + 2)
  }

  /// The error of data that end within a scan.
  func truncated(_ input: Span<UInt8>) -> FormatError {
    error(
      expected: "more data of the scan",
      found: next + 1 < input.count ? "marker 0x\(String(input[next + 1], radix: 16))" : "the end of the data")
  }

  /// The error of a coefficient after the `last`.
  func beyond(_ last: Int) -> FormatError { error(expected: "coefficients up to \(last)", found: "one beyond") }

  /// An error near the bits to come.
  func error(expected: String, found: String) -> FormatError {
    FormatError(format: JPEG.format, offset: next, expected: expected, found: found)
  }
}
