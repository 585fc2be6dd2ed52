import Foundation
import Testing

@testable import ToolSupport

@Suite struct AtomicFileTests {
  private func names(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  private func contents(_ path: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
  }

  @Test func aFileIsMadeAndReplacedWhole() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.txt"
      try AtomicFile.write(Data("first, which is longer".utf8), path: path)
      #expect(try contents(path) == "first, which is longer")
      try AtomicFile.write(Data("second".utf8), path: path)
      #expect(try contents(path) == "second")
      #expect(try names(folder) == ["a.txt"])
    }
  }

  @Test func chunksAppearOnlyWithTheCommit() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.bin"
      try AtomicFile.write(Data("old".utf8), path: path)
      var file = try AtomicFile(path: path)
      for chunk in ["one ", "", "two"] { try file.append(Data(chunk.utf8)) }
      #expect(try contents(path) == "old")
      #expect(try names(folder).count == 2)
      try file.commit()
      #expect(try contents(path) == "one two")
      #expect(try names(folder) == ["a.bin"])
    }
  }

  @Test func aDroppedWriterLeavesNothing() throws {
    struct Stop: Error {}
    try withTemporaryFolder { folder in
      let path = folder + "/a.bin"
      try AtomicFile.write(Data("old".utf8), path: path)
      #expect(throws: Stop.self) {
        var file = try AtomicFile(path: path)
        try file.append(Data("new".utf8))
        throw Stop()
      }
      #expect(try contents(path) == "old")
      #expect(try names(folder) == ["a.bin"])
    }
  }

  @Test func aFolderThatIsNoneIsNamed() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write(Data(), path: folder + "/file")
      let cases = [
        (folder + "/none/a", "cannot write \(folder)/none/a: no such file or folder."),
        (folder + "/file/a", "cannot write \(folder)/file/a: a part of the path is not a folder."),
        (folder, "cannot write \(folder): it is a folder."),
      ]
      for (path, sentence) in cases {
        let error = #expect(throws: FileError.self) { try AtomicFile.write(Data([1]), path: path) }
        #expect(error?.description == sentence)
      }
      #expect(try names(folder) == ["file"])
    }
  }

  @Test func aCommitThatFailsLeavesNothing() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a"
      var file = try AtomicFile(path: path)
      try file.append(Data("new".utf8))
      // A folder takes the name while the file is being written.
      try FileManager.default.createDirectory(atPath: path + "/inner", withIntermediateDirectories: true)
      var sentence = ""
      do { try file.commit() } catch { sentence = String(describing: error) }
      #expect(sentence == "cannot write \(path): it is a folder.")
      #expect(try names(folder) == ["a"])
      #expect(try names(path) == ["inner"])
    }
  }

  /// The sentence of the error that `body` throws; empty when it throws none.
  private static func sentence(_ body: () throws -> Void) -> String {
    do { try body() } catch { return String(describing: error) }
    return ""
  }

  /// Limits the size of the files that this process may write, by util-linux's `prlimit`.
  private static func limitFileSize(to bytes: Int) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/prlimit")
    process.arguments = ["--pid", "\(ProcessInfo.processInfo.processIdentifier)", "--fsize=\(bytes)"]
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/prlimit"), "needs prlimit of util-linux"))
  func aWriteThatFailsKeepsTheOldContents() async {
    // The limit belongs to a whole process, so this one has its own.
    await #expect(processExitsWith: .success) {
      try withTemporaryFolder { folder in
        let path = folder + "/a"
        try AtomicFile.write(Data("old".utf8), path: path)
        signal(SIGXFSZ, SIG_IGN)
        try Self.limitFileSize(to: 1000)
        let sentence = Self.sentence { try AtomicFile.write(Data(count: 4096), path: path) }
        #expect(sentence == "cannot write \(path): the file would be larger than allowed.")
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data("old".utf8))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a"])
      }
    }
  }
}
