import Foundation

/// Where a command writes what a person reads.
package struct Console: Sendable {
  /// Writes text to standard output; throws when it cannot be written.
  package let output: @Sendable (String) throws -> Void
  /// Writes text to standard error; there is nobody to tell when that fails.
  package let error: @Sendable (String) -> Void
  /// True when standard error is a terminal that understands carriage returns.
  package let isTerminal: Bool
  /// Columns of that terminal.
  package let columns: Int

  /// This console without progress and warnings, for work whose caller shows how far it is.
  package var quiet: Console { Console(output: output, error: { _ in }, isTerminal: false, columns: columns) }

  /// The process's own standard output and standard error.
  package static var standard: Console {
    let environment = ProcessInfo.processInfo.environment
    // The true width needs an `ioctl` through a raw pointer; 80 columns is right or narrow on nearly every terminal.
    let columns = environment["COLUMNS"].flatMap { Int($0) }.map { min(max($0, 20), 400) } ?? 80
    return Console(
      output: { text in
        do {
          try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
        } catch {
          throw FileError("write", "standard output", error)
        }
      },
      error: { text in try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) },
      isTerminal: isatty(STDERR_FILENO) == 1 && environment["TERM"] != "dumb",
      columns: columns)
  }
}
