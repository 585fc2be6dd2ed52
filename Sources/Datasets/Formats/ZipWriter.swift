/// A ZIP archive under construction (PKWARE's APPNOTE, without the 64-bit extensions).
///
/// Entries are deflated and dated 1980-01-01 00:00, the earliest a ZIP can say, so that the same entries give the same
/// bytes.
public struct ZipWriter: Sendable {
  private static let format = "ZIP"
  /// The date 1980-01-01 as bits: years since 1980, month, day.
  private static let date: UInt16 = 0 << 9 | 1 << 5 | 1
  /// Version 2.0, the first with DEFLATE.
  private static let version: UInt16 = 20
  /// Sizes from here on are marks of the 64-bit extensions.
  private static let largest = 0xFFFF_FFFE
  private static let mostEntries = 0xFFFE

  private let sizeLimit: Int
  private var writer = ByteWriter()
  private var directory = ByteWriter()
  private var names: Set<String> = []

  /// An archive without entries.
  public init() {
    self.init(sizeLimit: Self.largest)
  }

  /// An archive whose entries and whole may have up to `sizeLimit` bytes.
  init(sizeLimit: Int) {
    self.sizeLimit = sizeLimit
  }

  /// Adds an entry with a name of its own. Cost: linear, dominated by compression.
  ///
  /// - Throws: if the entry or the archive gets too large for the format: 4 GiB or 65534 entries.
  public mutating func add(name: String, contents: [UInt8]) throws(FormatError) {
    try add(name, contents.count, { [Deflate.compress(contents)] }, { CRC32.checksum(contents.span) })
  }

  /// The same for an entry of `head` followed by bytes that are compressed already. Cost: a pass over them.
  ///
  /// - Throws: as the other.
  public mutating func add(name: String, head: [UInt8], body: DeflatedBytes) throws(FormatError) {
    try add(
      name, head.count + body.bytes.count, { body.stream(after: head) }, { body.checksum(after: head) })
  }

  private mutating func add(
    _ name: String, _ count: Int, _ deflate: () -> [[UInt8]], _ checksum: () -> UInt32
  ) throws(FormatError) {
    precondition((1...0xFFFF).contains(name.utf8.count), "an entry's name of \(name.utf8.count) bytes")
    precondition(!names.contains(name), "a second entry named \(name)")
    guard names.count < Self.mostEntries else {
      throw FormatError(
        format: Self.format, offset: writer.bytes.count, expected: "at most \(Self.mostEntries) entries", found: "more")
    }
    try check(count, "contents of \(name)")
    let stream = deflate()
    let deflatedCount = stream.reduce(0) { $0 + $1.count }
    // The directory is counted in, so that `finish` cannot fail.
    let directorySize = directory.bytes.count + 46 + name.utf8.count
    try check(writer.bytes.count + 30 + name.utf8.count + deflatedCount + directorySize, "the archive with \(name)")
    names.insert(name)

    var common = ByteWriter()
    common.littleEndian(Self.version)
    // Bit 11 says that the name is UTF-8.
    common.littleEndian(UInt16(name.utf8.allSatisfy { $0 < 0x80 } ? 0 : 1 << 11))
    common.littleEndian(8 as UInt16)
    common.littleEndian(0 as UInt16)
    common.littleEndian(Self.date)
    common.littleEndian(checksum())
    common.littleEndian(UInt32(deflatedCount))
    common.littleEndian(UInt32(count))
    common.littleEndian(UInt16(name.utf8.count))
    // No extra field.
    common.littleEndian(0 as UInt16)

    directory.littleEndian(0x0201_4B50 as UInt32)
    directory.littleEndian(Self.version)
    directory.append(common.bytes)
    // No comment, disk 0, no attributes.
    directory.append([UInt8](repeating: 0, count: 10))
    directory.littleEndian(UInt32(writer.bytes.count))
    directory.append(name.utf8)

    writer.littleEndian(0x0403_4B50 as UInt32)
    writer.append(common.bytes)
    writer.append(name.utf8)
    for part in stream { writer.append(part) }
  }

  /// The whole archive.
  public func finish() -> [UInt8] {
    var whole = writer
    whole.append(directory.bytes)
    whole.littleEndian(0x0605_4B50 as UInt32)
    // This disk and the directory's are number 0.
    whole.littleEndian(0 as UInt32)
    whole.littleEndian(UInt16(names.count))
    whole.littleEndian(UInt16(names.count))
    whole.littleEndian(UInt32(directory.bytes.count))
    whole.littleEndian(UInt32(writer.bytes.count))
    // No comment.
    whole.littleEndian(0 as UInt16)
    return whole.bytes
  }

  private func check(_ size: Int, _ what: String) throws(FormatError) {
    guard size <= sizeLimit else {
      throw FormatError(
        format: Self.format, offset: writer.bytes.count, expected: "at most \(sizeLimit) bytes for \(what)",
        found: "\(size)")
    }
  }
}
