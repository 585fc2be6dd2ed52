/// Bytes that do not follow the format they claim, or data that a format cannot hold.
public struct FormatError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The format's name, such as "gzip" or "IDX".
  public let format: String
  /// Offset in bytes, from the start of the data handed to the decoder, of the offending field.
  public let offset: Int
  /// What the format asks for at that offset.
  public let expected: String
  /// What is there instead.
  public let found: String

  /// An error in `format` at byte `offset`.
  public init(format: String, offset: Int, expected: String, found: String) {
    self.format = format
    self.offset = offset
    self.expected = expected
    self.found = found
  }

  /// One sentence naming the format, the offset, what was expected and what was found.
  public var description: String {
    "\(format), byte \(offset): expected \(expected), found \(found)."
  }
}
