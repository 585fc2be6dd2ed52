import Foundation
import Testing

@testable import ToolSupport

@Suite struct StagedFilesTests {
  private func visible(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasPrefix(".") }.sorted()
  }

  @Test func filesAppearTogether() throws {
    try withTemporaryFolder { root in
      let (a, b) = (try OutputFolder(creating: root + "/a"), try OutputFolder(creating: root + "/b"))
      try a.write(Data("old".utf8), to: "x")
      let staged = StagedFiles()
      try staged.add(Array("1".utf8), as: "x", in: a)
      try staged.add(Array("2".utf8), as: "y", in: b)
      #expect(FileManager.default.contents(atPath: a.file("x")) == Data("old".utf8))
      #expect(try visible(b.path).isEmpty)
      try staged.commit()
      #expect(FileManager.default.contents(atPath: a.file("x")) == Data("1".utf8))
      #expect(FileManager.default.contents(atPath: b.file("y")) == Data("2".utf8))
      #expect(try FileManager.default.contentsOfDirectory(atPath: a.path) == ["x"])
      // What is committed is not committed again.
      try a.write(Data("new".utf8), to: "x")
      try staged.commit()
      #expect(FileManager.default.contents(atPath: a.file("x")) == Data("new".utf8))
    }
  }

  @Test func whatIsDroppedLeavesNothing() throws {
    try withTemporaryFolder { root in
      let folder = try OutputFolder(creating: root)
      try folder.write(Data("old".utf8), to: "x")
      do {
        let staged = StagedFiles()
        try staged.add(Array("1".utf8), as: "x", in: folder)
        #expect(try FileManager.default.contentsOfDirectory(atPath: root).count == 2)
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: root) == ["x"])
      #expect(FileManager.default.contents(atPath: folder.file("x")) == Data("old".utf8))
    }
  }

  @Test func aNameThatIsAFolderIsRefusedBeforeAnythingAppears() throws {
    try withTemporaryFolder { root in
      let folder = try OutputFolder(creating: root)
      _ = try OutputFolder(creating: root + "/y")
      let staged = StagedFiles()
      try staged.add(Array("1".utf8), as: "x", in: folder)
      #expect(throws: FileError.self) { try staged.add(Array("2".utf8), as: "y", in: folder) }
      #expect(try visible(root) == ["y"])
    }
  }
}
