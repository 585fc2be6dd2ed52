/// Why a file could not be fetched.
enum FetchError: Error, Equatable, CustomStringConvertible {
  /// The server answers with this status.
  case status(url: String, code: Int)
  /// There is no connection, or none any more before the answer; a few words say why.
  case unreachable(url: String, reason: String)
  /// The server announces or sends another number of bytes than the file has.
  case wrongSize(url: String, expected: Int, found: String)
  /// The transfer ended early; what came is kept.
  case brokenOff(url: String, received: Int, expected: Int, reason: String)
  /// The bytes are others than the file's.
  case wrongDigest(url: String, expected: String, found: String)
  /// No server gave the file.
  case all([FetchError])

  /// One sentence.
  var description: String {
    if case .all(let errors) = self { return errors.map(\.clause).joined(separator: "; then ") + "." }
    return "\(clause)."
  }

  /// The sentence without its full stop.
  private var clause: String {
    switch self {
    case .status(let url, let code): "cannot fetch \(url): the server answers with status \(code)\(Self.meaning(code))"
    case .unreachable(let url, let reason): "cannot fetch \(url): \(reason)"
    case .wrongSize(let url, let expected, let found): "cannot fetch \(url): expected \(expected) bytes, found \(found)"
    case .brokenOff(let url, let received, let expected, let reason):
      "cannot fetch \(url): the transfer broke off after \(received) of \(expected) bytes (\(reason)), "
        + "run the command again to resume"
    case .wrongDigest(let url, let expected, let found):
      "cannot fetch \(url): expected contents with SHA-256 \(expected), found \(found)"
    case .all(let errors): errors.map(\.clause).joined(separator: "; then ")
    }
  }

  private static func meaning(_ status: Int) -> String {
    switch status {
    case 403: " (forbidden)"
    case 404: " (not found)"
    case 429: " (too many requests)"
    case 500...599: " (the server's own error)"
    default: ""
    }
  }
}
