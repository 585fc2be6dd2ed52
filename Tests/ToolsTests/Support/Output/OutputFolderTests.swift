import Foundation
import Testing

@testable import ToolSupport

@Suite struct OutputFolderTests {
  @Test func parentsAreMadeAndFilesWritten() throws {
    try withTemporaryFolder { root in
      let folder = try OutputFolder(creating: root + "/runs/a")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
      try folder.write(Data("x".utf8), to: "m.json")
      var file = try folder.open("big")
      try file.append(Data("yz".utf8))
      try file.commit()
      #expect(FileManager.default.contents(atPath: root + "/runs/a/m.json") == Data("x".utf8))
      #expect(FileManager.default.contents(atPath: root + "/runs/a/big") == Data("yz".utf8))
      // Again: what is there stays.
      #expect(try OutputFolder(creating: root + "/runs/a/").file("big") == root + "/runs/a/big")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["big", "m.json"])
    }
  }

  @Test func aLinkToAFolderIsAFolder() throws {
    try withTemporaryFolder { root in
      try FileManager.default.createDirectory(atPath: root + "/real", withIntermediateDirectories: false)
      try FileManager.default.createSymbolicLink(atPath: root + "/link", withDestinationPath: root + "/real")
      try OutputFolder(creating: root + "/link").write(Data([1]), to: "a")
      #expect(FileManager.default.contents(atPath: root + "/real/a") == Data([1]))
    }
  }

  @Test func whatCannotBeWrittenIsRefusedBeforeTheWork() throws {
    try withTemporaryFolder { root in
      try AtomicFile.write(Data(), path: root + "/file")
      let cases = [
        (root + "/file", "cannot use the folder \(root)/file: it is a file."),
        (root + "/file/a", "cannot create the folder \(root)/file/a: a part of the path is not a folder."),
        (root + "/file/a/b", "cannot create the folder \(root)/file/a/b: a part of the path is not a folder."),
      ]
      for (path, sentence) in cases {
        let error = #expect(throws: FileError.self) { try OutputFolder(creating: path) }
        #expect(error?.description == sentence)
      }
    }
  }

  @Test(
    .enabled(if: FileManager.default.fileExists(atPath: "/proc/self"), "needs /proc, where not even root can write"))
  func aFolderThatTakesNoFilesIsRefused() {
    let error = #expect(throws: FileError.self) { try OutputFolder(creating: "/proc") }
    #expect(error?.description == "cannot write into the folder /proc: no such file or folder.")
    #expect(throws: FileError.self) { try OutputFolder(creating: "/proc/none") }
  }
}
