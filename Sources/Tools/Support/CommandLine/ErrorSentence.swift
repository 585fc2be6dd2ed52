import Foundation

/// Any error as the one sentence that `Tools` prints, and as its exit code.
package struct ErrorSentence {
  /// One line, without the leading `Tools: `.
  package let text: String
  /// 64 for usage, 1 otherwise, Ctrl-C included.
  package let exitCode: Int32

  /// The sentence for `error`.
  package init(_ error: any Error) {
    switch error {
    case let error as UsageError:
      exitCode = 64
      text = ErrorSentence.line(error.description)
    case is CocoaError, is POSIXError:
      exitCode = 1
      text = ErrorSentence.line(ErrorSentence.foundation(error as NSError))
    default:
      exitCode = 1
      text = ErrorSentence.line(String(describing: error))
    }
  }

  /// A Foundation error that no `FileError` wraps: name its path when it has one.
  private static func foundation(_ error: NSError) -> String {
    let path = error.userInfo[NSFilePathErrorKey] as? String ?? (error.userInfo[NSURLErrorKey] as? URL)?.path
    guard let path else { return "\(FileError.reason(error))." }
    return FileError("use", path, error).description
  }

  /// `text` on a single line: a path or a message may hold line breaks or other control characters.
  private static func line(_ text: String) -> String {
    // Line and paragraph separators are not control characters, yet some terminals break lines there.
    let scalars = text.unicodeScalars.map { scalar in
      [.control, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory) ? " " : scalar
    }
    return String(String.UnicodeScalarView(scalars))
  }
}
