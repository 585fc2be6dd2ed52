/// Two IDX files that are well-formed and do not belong together.
public struct LabelledImagesError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The two files of a split.
  public enum Part: String, Sendable {
    /// The file of images.
    case images
    /// The file of labels.
    case labels
  }

  /// The file that is at fault.
  public let part: Part
  /// Where in it, what was expected and what was found.
  public let error: FormatError

  /// An error at byte `offset` of one of the files.
  init(_ part: Part, offset: Int, expected: String, found: String) {
    self.part = part
    self.error = FormatError(format: "IDX", offset: offset, expected: expected, found: found)
  }

  /// One sentence.
  public var description: String { "\(part.rawValue): \(error)" }
}
