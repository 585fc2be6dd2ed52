/// MNIST's IDX format, for labels (one dimension) and images (three) of unsigned bytes.
///
///     0  00 00 08 nn      08 says unsigned bytes, nn is the number of dimensions
///     4  dimension        each 32 bits, most significant byte first, outermost first
///        …
///        elements         bytes, the last dimension varying fastest
public struct IDX: Equatable, Sendable {
  private static let format = "IDX"

  /// The dimensions, outermost first: the count, and for images the height and the width.
  public let dimensions: [Int]
  /// The elements, the last dimension varying fastest.
  public let bytes: [UInt8]

  /// An array of one or three dimensions below 2³², with as many bytes as they ask for.
  public init(dimensions: [Int], bytes: [UInt8]) {
    precondition(dimensions.count == 1 || dimensions.count == 3, "\(dimensions.count) dimensions; IDX has 1 or 3 here")
    precondition(
      dimensions.allSatisfy { (0...Int(UInt32.max)).contains($0) }, "dimensions \(dimensions) do not fit 32 bits")
    precondition(
      bytes.count == dimensions.reduce(1, *), "\(bytes.count) bytes for dimensions \(dimensions)")
    self.dimensions = dimensions
    self.bytes = bytes
  }

  /// The plain file; `Gzip.compress` makes the usual `.gz` of it.
  public func encode() -> [UInt8] {
    Self.header(dimensions: dimensions) + bytes
  }

  /// What a file begins with, before its elements.
  public static func header(dimensions: [Int]) -> [UInt8] {
    precondition(
      dimensions.allSatisfy { (0...Int(UInt32.max)).contains($0) }, "dimensions \(dimensions) do not fit 32 bits")
    var writer = ByteWriter()
    writer.append([0, 0, 8, UInt8(dimensions.count)])
    for dimension in dimensions { writer.bigEndian(UInt32(dimension)) }
    return writer.bytes
  }

  /// Decodes a file, plain or gzipped, which the first two bytes tell.
  ///
  /// Of a gzipped file the header is decompressed first, then no more than the header promises: a file that would
  /// decompress to more is refused at that point, whatever `limit` is.
  /// - Parameter limit: the most bytes that the file may have when decompressed.
  /// - Throws: on a wrong magic number or a length other than the dimensions ask for. Offsets are those in the
  ///   decompressed file, except in errors of gzip and DEFLATE themselves.
  public static func decode(_ file: [UInt8], limit: Int) throws(FormatError) -> IDX {
    var plain = file
    if Gzip.isGzip(file) {
      var head = ByteReader(try Gzip.prefix(file, count: longestHeader), format: format)
      let size = try elementCount(of: readDimensions(&head), head)
      let (length, overflow) = size.addingReportingOverflow(head.offset)
      guard !overflow, length <= limit else {
        throw head.error(at: 4, expected: "dimensions of a file of at most \(limit) bytes", found: "\(size) elements")
      }
      plain = try Gzip.decompress(file, limit: length)
    }
    var reader = ByteReader(plain, format: format)
    guard plain.count <= limit else {
      throw reader.error(expected: "a file of at most \(limit) bytes", found: "\(plain.count)")
    }
    let dimensions = try readDimensions(&reader)
    let size = try elementCount(of: dimensions, reader)
    guard reader.remaining == size else {
      throw reader.error(expected: "\(size) bytes for dimensions \(dimensions)", found: "\(reader.remaining)")
    }
    return IDX(dimensions: dimensions, bytes: Array(try reader.take(size, "elements")))
  }

  /// Bytes of the header of images, the longest.
  private static let longestHeader = 16

  private static func readDimensions(_ reader: inout ByteReader) throws(FormatError) -> [Int] {
    let magic = try reader.bigEndian(UInt32.self, "magic number")
    guard magic == 0x801 || magic == 0x803 else {
      throw reader.error(
        at: 0, expected: "magic number 0x801 (labels) or 0x803 (images)", found: "0x" + String(magic, radix: 16))
    }
    var dimensions: [Int] = []
    for _ in 0..<(magic & 0xFF) { dimensions.append(Int(try reader.bigEndian(UInt32.self, "dimension"))) }
    return dimensions
  }

  private static func elementCount(of dimensions: [Int], _ reader: ByteReader) throws(FormatError) -> Int {
    var size = 1
    for dimension in dimensions {
      let (product, overflow) = size.multipliedReportingOverflow(by: dimension)
      guard !overflow else {
        throw reader.error(at: 4, expected: "dimensions that fit memory", found: "\(dimensions)")
      }
      size = product
    }
    return size
  }
}
