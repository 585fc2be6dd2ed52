/// A cursor over bytes, each of whose reads either succeeds whole or throws a `FormatError` naming what was missing.
struct ByteReader {
  let format: String
  let bytes: [UInt8]
  private(set) var offset: Int

  init(_ bytes: [UInt8], format: String, offset: Int = 0) {
    precondition(0 <= offset && offset <= bytes.count, "offset \(offset) is outside \(bytes.count) bytes")
    self.bytes = bytes
    self.format = format
    self.offset = offset
  }

  var remaining: Int { bytes.count - offset }

  /// Takes the next `count` bytes, which are the field called `field` in the error.
  mutating func take(_ count: Int, _ field: String) throws(FormatError) -> ArraySlice<UInt8> {
    guard count <= remaining else {
      throw FormatError(
        format: format, offset: offset, expected: "\(count) bytes of \(field)", found: "\(remaining) bytes")
    }
    offset += count
    return bytes[(offset - count)..<offset]
  }

  /// Takes one unsigned integer, least significant byte first.
  mutating func littleEndian<T: FixedWidthInteger & UnsignedInteger>(
    _ type: T.Type, _ field: String
  ) throws(FormatError) -> T {
    try take(T.bitWidth / 8, field).reversed().reduce(0) { $0 << 8 | T($1) }
  }

  /// Takes one unsigned integer, most significant byte first.
  mutating func bigEndian<T: FixedWidthInteger & UnsignedInteger>(
    _ type: T.Type, _ field: String
  ) throws(FormatError) -> T {
    try take(T.bitWidth / 8, field).reduce(0) { $0 << 8 | T($1) }
  }

  /// Takes bytes up to and without the next zero byte, and the zero byte.
  mutating func skipZeroTerminated(_ field: String) throws(FormatError) {
    guard let end = bytes[offset...].firstIndex(of: 0) else {
      throw FormatError(
        format: format, offset: offset, expected: "\(field) ended by a zero byte", found: "no zero byte")
    }
    offset = end + 1
  }

  /// An error at `position`, or at the cursor.
  func error(at position: Int? = nil, expected: String, found: String) -> FormatError {
    FormatError(format: format, offset: position ?? offset, expected: expected, found: found)
  }
}

/// The floats whose bit patterns are `bytes`, least significant byte first.
func floats(littleEndian bytes: ArraySlice<UInt8>) -> [Float] {
  precondition(bytes.count % 4 == 0, "\(bytes.count) bytes are not a whole number of floats")
  let source = bytes.span
  return (0..<bytes.count / 4).map { (index: Int) -> Float in
    let at = 4 * index
    let low = UInt32(source[at]) | UInt32(source[at + 1]) << 8
    let high = UInt32(source[at + 2]) | UInt32(source[at + 3]) << 8
    return Float(bitPattern: low | high << 16)
  }
}
