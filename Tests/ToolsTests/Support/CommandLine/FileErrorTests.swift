import Foundation
import Testing

@testable import ToolSupport

@Suite struct FileErrorTests {
  private func sentence(_ path: String, _ body: (URL) throws -> Void) throws -> String {
    let error = try #require(throws: (any Error).self) { try body(URL(fileURLWithPath: path)) }
    return FileError("use", path, error).description
  }

  @Test func realErrorsAreNamed() throws {
    try withTemporaryFolder { folder in
      let file = folder + "/file"
      try Data([1]).write(to: URL(fileURLWithPath: file))
      #expect(
        try sentence(folder + "/none") { _ = try Data(contentsOf: $0) }
          == "cannot use \(folder)/none: no such file or folder.")
      #expect(try sentence(folder) { _ = try Data(contentsOf: $0) } == "cannot use \(folder): it is a folder.")
      #expect(
        try sentence(file + "/x") { try Data().write(to: $0) }
          == "cannot use \(file)/x: a part of the path is not a folder.")
      #expect(
        try sentence(file) { try Data().write(to: $0, options: .withoutOverwriting) }
          == "cannot use \(file): it exists already.")
      let long = folder + "/" + String(repeating: "a", count: 300)
      #expect(try sentence(long) { try Data().write(to: $0) } == "cannot use \(long): the name is too long.")
    }
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "needs the device /dev/full"))
  func aFullDeviceIsNamed() throws {
    let full = try sentence("/dev/full") { try FileHandle(forWritingTo: $0).write(contentsOf: Data([1])) }
    #expect(full == "cannot use /dev/full: no space left on the device.")
  }

  @Test(arguments: [
    (NSError(domain: NSPOSIXErrorDomain, code: Int(EROFS)), "the file system is read-only"),
    (NSError(domain: NSPOSIXErrorDomain, code: Int(EACCES)), "permission denied"),
    (
      NSError(domain: NSCocoaErrorDomain, code: CocoaError.Code.fileWriteOutOfSpace.rawValue),
      "no space left on the device"
    ),
    (NSError(domain: NSPOSIXErrorDomain, code: 9999), "the system reports error 9999 of NSPOSIXErrorDomain"),
    (NSError(domain: "Other", code: 3), "the system reports error 3 of Other"),
  ])
  func codesAreNamed(error: NSError, reason: String) {
    #expect(FileError.reason(error) == reason)
  }
}
