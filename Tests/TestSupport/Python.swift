import Foundation

/// Another program to compare with: the Python that `METAMER_PYTHON` names, or `python3`.
public enum Python {
  private static let name = ProcessInfo.processInfo.environment["METAMER_PYTHON"] ?? "python3"

  /// Whether it has all of some modules; where it has not, says that tests are skipped.
  public static func has(_ modules: [String]) -> Bool {
    let isThere = (try? call(["-c", "import \(modules.joined(separator: ", "))"]))?.code == 0
    if !isThere {
      print("skipped: \(name) has not all of \(modules.joined(separator: ", ")); METAMER_PYTHON names another")
    }
    return isThere
  }

  /// Runs it; `output` is what it printed, errors included.
  public static func call(_ words: [String]) throws -> (code: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [name] + words
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}
