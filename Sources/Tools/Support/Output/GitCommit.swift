import Foundation

/// The commit that a run was made from.
package enum GitCommit {
  /// The short name of the commit checked out in `folder`, with `-dirty` when files differ from it; `nil` without git, without a
  /// repository, or when git does not answer within `seconds`. Runs git twice.
  package static func current(folder: String = FileManager.default.currentDirectoryPath, seconds: Double = 2) -> String?
  {
    guard let head = git(["rev-parse", "--short", "HEAD"], folder, seconds), head.isEnded else { return nil }
    let name = head.output.trimmingCharacters(in: .whitespacesAndNewlines)
    guard !name.isEmpty, name.utf8.count <= 64, name.allSatisfy(\.isHexDigit) else { return nil }
    // More changes than a pipe holds keep git waiting until it is stopped: that is dirty too.
    guard let status = git(["status", "--porcelain"], folder, seconds) else { return name }
    return status.output.isEmpty ? name : "\(name)-dirty"
  }

  /// What git prints, at most what a pipe holds (64 KiB), and whether it ended in time by itself; `nil` when it cannot start or
  /// fails.
  private static func git(
    _ arguments: [String], _ folder: String, _ seconds: Double
  ) -> (output: String, isEnded: Bool)? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["git"] + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    // Looking must not write: `git status` would refresh the index.
    process.environment = ProcessInfo.processInfo.environment.merging(["GIT_OPTIONAL_LOCKS": "0"]) { $1 }
    let pipe = Pipe()
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    let deadline = ContinuousClock.now + .seconds(seconds)
    while process.isRunning && ContinuousClock.now < deadline { Thread.sleep(forTimeInterval: 0.002) }
    let isEnded = !process.isRunning
    if !isEnded { process.terminate() }
    process.waitUntilExit()
    guard !isEnded || process.terminationStatus == 0 else { return nil }
    let bytes = (try? pipe.fileHandleForReading.read(upToCount: 65536)) ?? Data()
    return (String(decoding: bytes, as: UTF8.self), isEnded)
  }
}
