import Foundation
import ToolSupport

/// A file that grows at its end and may stay incomplete.
struct PartialFile {
  private let path: String
  private let handle: FileHandle
  /// How many bytes it has.
  private(set) var count: Int

  /// Opens the file at `path` to go on after its first `count` bytes, which it must have; for 0 it is created.
  ///
  /// - Throws: `FileError`.
  init(path: String, keeping count: Int) throws(FileError) {
    do {
      if count == 0 { try Data().write(to: URL(fileURLWithPath: path)) }
      handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
      self.path = path
      self.count = count
      try handle.truncate(atOffset: UInt64(count))
    } catch {
      throw FileError("write", path, error)
    }
  }

  /// Appends bytes.
  ///
  /// - Throws: `FileError`, such as when the device is full.
  mutating func append(_ bytes: Data) throws(FileError) {
    do { try handle.write(contentsOf: bytes) } catch { throw FileError("write", path, error) }
    count += bytes.count
  }

  /// Drops what follows the first `count` bytes.
  ///
  /// - Throws: `FileError`.
  mutating func truncate(to count: Int) throws(FileError) {
    guard count != self.count else { return }
    do { try handle.truncate(atOffset: UInt64(count)) } catch { throw FileError("write", path, error) }
    self.count = count
  }

  /// Closes the file, as it is.
  ///
  /// - Throws: `FileError`.
  func close() throws(FileError) {
    do { try handle.close() } catch { throw FileError("write", path, error) }
  }
}
