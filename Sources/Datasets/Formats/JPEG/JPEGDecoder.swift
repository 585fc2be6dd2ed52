/// The state of decoding one JPEG file: tables, the frame, its coefficients.
struct JPEGDecoder {
  private var reader: ByteReader
  private let limit: Int
  /// Quantisation tables 0 to 3 as last defined, steps in natural order.
  private var quantisationTables = [[UInt16]?](repeating: nil, count: 4)
  private var dcTables = [JPEGHuffmanTable?](repeating: nil, count: 4)
  private var acTables = [JPEGHuffmanTable?](repeating: nil, count: 4)
  /// Interleaved units between restart markers; 0 for none.
  private var restartInterval = 0
  private var isJFIF = false
  private var adobeTransform: UInt8?
  private var orientation: Orientation?
  private var image: Image?

  /// What there is from the frame header on.
  private struct Image {
    let frame: JPEGFrame
    var progress: JPEGProgress
    /// For each component, its quantisation table as it was when the component's first scan began.
    var tables: [[UInt16]?]
    /// Blocks of all components as the frame places them, 64 coefficients each in natural order; empty before a scan.
    var coefficients: [Int16] = []
  }

  /// A decoder of `bytes`; `limit` is the largest number of pixels.
  init(_ bytes: [UInt8], limit: Int) {
    reader = ByteReader(bytes, format: JPEG.format)
    self.limit = limit
  }

  /// Reads segments up to the end marker, or the end of the file where nothing is left to decode.
  mutating func readSegments() throws(FormatError) {
    let start = try reader.bigEndian(UInt16.self, "start marker")
    guard start == 0xFF00 | UInt16(JPEGMarker.startOfImage) else {
      throw reader.error(at: 0, expected: "the start marker 0xffd8", found: "0x\(String(start, radix: 16))")
    }
    while true {
      if reader.remaining == 0, let image, image.progress.isComplete { return }
      let at = reader.offset
      let marker = try readMarker()
      switch marker {
      case JPEGMarker.endOfImage: return
      case JPEGMarker.restarts: continue
      default: try readSegment(marker, at: at)
      }
    }
  }

  /// The grey image, upright.
  func finish() throws(FormatError) -> Raster {
    guard let image, image.progress.isBegun else {
      throw reader.error(
        expected: "a scan of every component before the end",
        found: image == nil ? "no frame" : "components without one")
    }
    let frame = image.frame
    var planes: [JPEGPlane] = []
    for (component, table) in zip(frame.components, image.tables) {
      // A component that has been begun has a table.
      guard let table else { continue }
      planes.append(JPEGPlane(component, of: frame, coefficients: image.coefficients.span, table: table))
    }
    let colour = JPEGColour(
      isJFIF: isJFIF, adobeTransform: adobeTransform, identifiers: frame.components.map(\.identifier))
    var pixels: [UInt8] = []
    pixels.reserveCapacity(frame.width * frame.height)
    // Lines of the components, and of their grey.
    var first = [UInt8](repeating: 0, count: frame.width)
    var (second, third, grey) = (first, first, first)
    for y in 0..<frame.height {
      Self.write(planes[0], line: y, to: &first)
      guard planes.count == 3 else {
        pixels += first
        continue
      }
      Self.write(planes[1], line: y, to: &second)
      Self.write(planes[2], line: y, to: &third)
      var span = grey.mutableSpan
      switch colour {
      case .luminanceChrominance:
        Grey.write(luminance: first.span, blueness: second.span, redness: third.span, to: &span)
      case .redGreenBlue: Grey.write(red: first.span, green: second.span, blue: third.span, to: &span)
      }
      pixels += grey
    }
    let raster = Raster(width: frame.width, height: frame.height, channels: 1, pixels: pixels)
    return (orientation ?? .upright).upright(raster)
  }

  private static func write(_ plane: JPEGPlane, line: Int, to buffer: inout [UInt8]) {
    var span = buffer.mutableSpan
    plane.write(line: line, to: &span)
  }

  /// Takes a marker: any number of 0xFF, and the byte after them.
  private mutating func readMarker() throws(FormatError) -> UInt8 {
    let prefix = try reader.bigEndian(UInt8.self, "a marker")
    guard prefix == 0xFF else {
      throw reader.error(
        at: reader.offset - 1, expected: "a marker, which begins with 0xff", found: "0x\(String(prefix, radix: 16))")
    }
    var code = prefix
    while code == 0xFF { code = try reader.bigEndian(UInt8.self, "a marker") }
    return code
  }

  /// Reads the segment of a marker that stands at offset `at`.
  private mutating func readSegment(_ marker: UInt8, at: Int) throws(FormatError) {
    if let refusal = JPEGMarker.refusal(of: marker) {
      throw reader.error(at: at, expected: "a baseline or progressive frame with Huffman codes", found: refusal)
    }
    let known: [UInt8] = [
      JPEGMarker.startOfScan, JPEGMarker.quantisationTables, JPEGMarker.restartInterval, JPEGMarker.huffmanTables,
      JPEGMarker.progressiveFrame,
    ]
    let isFrame = JPEGMarker.sequentialFrames.contains(marker) || marker == JPEGMarker.progressiveFrame
    guard isFrame || known.contains(marker) || JPEGMarker.ignorable.contains(where: { $0.contains(marker) }) else {
      throw reader.error(
        at: at, expected: "a marker that may stand here",
        found: marker == JPEGMarker.numberOfLines ? "a number of lines" : "0x\(String(marker, radix: 16))")
    }
    let length = Int(try reader.bigEndian(UInt16.self, "segment's length"))
    guard length >= 2 else {
      throw reader.error(at: reader.offset - 2, expected: "a length of at least 2", found: "\(length)")
    }
    let segment = try reader.take(length - 2, "segment")
    if marker == JPEGMarker.application0 {
      isJFIF = isJFIF || segment.starts(with: Array("JFIF\0".utf8))
    } else if marker == JPEGMarker.application1 {
      if orientation == nil, segment.starts(with: Array("Exif\0\0".utf8)) {
        orientation = Orientation(exif: segment.dropFirst(6))
      }
    } else if marker == JPEGMarker.application14 {
      // "Adobe", a version, two flags, and the transform.
      if segment.count >= 12, segment.starts(with: Array("Adobe".utf8)) {
        adobeTransform = segment[segment.startIndex + 11]
      }
    } else if isFrame || known.contains(marker) {
      try read(marker, length: length - 2)
    }
  }

  /// Reads a segment that decoding depends on, which must be as long as its length says.
  private mutating func read(_ marker: UInt8, length: Int) throws(FormatError) {
    let end = reader.offset
    var inner = ByteReader(reader.bytes, format: JPEG.format, offset: end - length)
    switch marker {
    case JPEGMarker.quantisationTables:
      while inner.offset < end { try readQuantisationTable(&inner) }
    case JPEGMarker.huffmanTables:
      while inner.offset < end { try readHuffmanTable(&inner) }
    case JPEGMarker.restartInterval: restartInterval = Int(try inner.bigEndian(UInt16.self, "restart interval"))
    case JPEGMarker.startOfScan:
      guard let frame = image?.frame else {
        throw inner.error(expected: "a frame before a scan", found: "none")
      }
      let scan = try JPEGScan(&inner, of: frame)
      try Self.check(inner, endsAt: end)
      return try decode(scan)
    default:
      guard image == nil else { throw inner.error(expected: "one frame", found: "another") }
      let frame = try JPEGFrame(&inner, isProgressive: marker == JPEGMarker.progressiveFrame, limit: limit)
      image = Image(
        frame: frame, progress: JPEGProgress(components: frame.components.count),
        tables: Array(repeating: nil, count: frame.components.count))
    }
    try Self.check(inner, endsAt: end)
  }

  private static func check(_ inner: ByteReader, endsAt end: Int) throws(FormatError) {
    guard inner.offset == end else {
      let distance = end - inner.offset
      throw inner.error(
        at: end, expected: "the segment's end where its fields end",
        found: distance > 0 ? "\(distance) bytes more" : "fields that go on for \(-distance) bytes")
    }
  }

  private mutating func readQuantisationTable(_ inner: inout ByteReader) throws(FormatError) {
    let head = try inner.bigEndian(UInt8.self, "quantisation table's number")
    guard head >> 4 <= 1, head & 15 < 4 else {
      throw inner.error(
        at: inner.offset - 1, expected: "a table 0 to 3 of 8 or 16 bits", found: "0x\(String(head, radix: 16))")
    }
    let isWide = head >> 4 == 1
    let bytes = Array(try inner.take(isWide ? 128 : 64, "quantisation table"))
    var table = [UInt16](repeating: 0, count: 64)
    for (index, natural) in JPEGScanDecoder.naturalOrder.enumerated() {
      let step = isWide ? UInt16(bytes[2 * index]) << 8 | UInt16(bytes[2 * index + 1]) : UInt16(bytes[index])
      table[Int(natural)] = step
    }
    quantisationTables[Int(head & 15)] = table
  }

  private mutating func readHuffmanTable(_ inner: inout ByteReader) throws(FormatError) {
    let head = try inner.bigEndian(UInt8.self, "Huffman table's number")
    guard head >> 4 <= 1, head & 15 < 4 else {
      throw inner.error(
        at: inner.offset - 1, expected: "a table 0 to 3 for DC or AC", found: "0x\(String(head, radix: 16))")
    }
    let counts = try inner.take(16, "numbers of codes")
    let total = counts.reduce(0) { $0 + Int($1) }
    guard total <= 256 else {
      throw inner.error(at: inner.offset - 16, expected: "at most 256 codes", found: "\(total)")
    }
    let symbols = try inner.take(total, "symbols")
    guard let table = JPEGHuffmanTable(counts: counts, symbols: symbols) else {
      throw inner.error(
        at: inner.offset - total - 16, expected: "a Huffman code", found: "one that is over-subscribed")
    }
    if head >> 4 == 0 { dcTables[Int(head & 15)] = table } else { acTables[Int(head & 15)] = table }
  }

  /// Decodes the data after a scan's header, at which the reader stands, and moves on to the next marker.
  private mutating func decode(_ scan: JPEGScan) throws(FormatError) {
    guard var image else { return }
    // While both hold the coefficients, a change would copy them.
    self.image = nil
    let frame = image.frame
    try image.progress.begin(scan, reader)
    for index in scan.components where image.tables[index] == nil {
      guard let table = quantisationTables[frame.components[index].table] else {
        throw reader.error(
          expected: "quantisation table \(frame.components[index].table) before the scan", found: "none")
      }
      image.tables[index] = table
    }
    if image.coefficients.isEmpty {
      // The first scans of all components are still to come, and a block takes a bit in them at least.
      guard frame.codedBlocks <= 8 * reader.remaining else {
        throw reader.error(
          expected: "a bit for each of \(frame.codedBlocks) blocks", found: "\(reader.remaining) bytes")
      }
      image.coefficients = [Int16](repeating: 0, count: 64 * frame.storedBlocks)
    }
    var decoder = try JPEGScanDecoder(
      scan, of: frame, dc: dcTables, ac: acTables, restartInterval: restartInterval, in: reader.bytes,
      from: reader.offset)
    var coefficients = image.coefficients.mutableSpan
    let next = try decoder.decode(into: &coefficients)
    reader = ByteReader(reader.bytes, format: JPEG.format, offset: next)
    self.image = image
  }
}
