import Foundation
import Testing

@testable import ToolSupport

@Suite struct GitCommitTests {
  /// Runs git in `folder` and returns what it prints; `nil` when there is no git or it fails.
  private static func git(_ arguments: [String], in folder: String) -> String? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["git", "-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false"] + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil, let bytes = try? pipe.fileHandleForReading.readToEnd() ?? Data() else {
      return nil
    }
    process.waitUntilExit()
    return process.terminationStatus == 0 ? String(decoding: bytes, as: UTF8.self) : nil
  }

  @Test(.enabled(if: git(["--version"], in: "/") != nil, "needs git"))
  func theCommitIsNamedAndMarkedWhenDirty() throws {
    try withTemporaryFolder { folder in
      #expect(GitCommit.current(folder: folder) == nil)
      try #require(Self.git(["init", "-q"], in: folder) != nil)
      #expect(GitCommit.current(folder: folder) == nil)
      try #require(Self.git(["commit", "-q", "--allow-empty", "-m", "m"], in: folder) != nil)
      let head = try #require(Self.git(["rev-parse", "HEAD"], in: folder))
      let clean = try #require(GitCommit.current(folder: folder, seconds: 10))
      #expect(clean.count >= 4 && head.hasPrefix(clean))
      try Data("x".utf8).write(to: URL(fileURLWithPath: folder + "/new"))
      #expect(GitCommit.current(folder: folder, seconds: 10) == "\(clean)-dirty")
    }
  }

  @Test func aMissingFolderIsNoCommit() {
    #expect(GitCommit.current(folder: "/no/such/folder") == nil)
  }
}
