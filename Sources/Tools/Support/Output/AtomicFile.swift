import Foundation

/// A file that appears under its name only when it is complete.
///
/// Bytes go to a hidden temporary file in the same folder; `commit` syncs it to the device and renames it over the name. Until
/// then the previous contents stay as they were. A writer that is dropped without `commit`, as when an error is thrown, deletes
/// its temporary file; only a killed process leaves one behind (`.NAME.XXXXXXXX.partial`).
package struct AtomicFile: ~Copyable {
  private let path: String
  private let destination: URL
  private let temporary: URL
  private let handle: FileHandle
  private var isCommitted = false

  /// Opens a writer for the file at `path`, whose folder must exist.
  ///
  /// - Throws: `FileError` when `path` is a folder or the temporary file cannot be made.
  package init(path: String) throws(FileError) {
    guard !OutputFolder.isFolder(path) else { throw FileError("write", path, reason: "it is a folder") }
    let destination = URL(fileURLWithPath: path)
    let name = ".\(destination.lastPathComponent).\(UUID().uuidString.prefix(8)).partial"
    let temporary = destination.deletingLastPathComponent().appendingPathComponent(name)
    let handle: FileHandle
    do {
      try Data().write(to: temporary, options: .withoutOverwriting)
      handle = try FileHandle(forWritingTo: temporary)
    } catch {
      try? FileManager.default.removeItem(at: temporary)
      throw FileError("write", path, error)
    }
    self.path = path
    self.destination = destination
    self.temporary = temporary
    self.handle = handle
  }

  /// Writes `bytes` as the file at `path`, all or nothing.
  ///
  /// - Throws: `FileError`; the previous contents then stand.
  package static func write(_ bytes: Data, path: String) throws(FileError) {
    var file = try AtomicFile(path: path)
    try file.append(bytes)
    try file.commit()
  }

  /// Writes `bytes` after those written so far.
  ///
  /// - Throws: `FileError`, such as when the device is full; the file can then only be dropped.
  package mutating func append(_ bytes: Data) throws(FileError) {
    do {
      try handle.write(contentsOf: bytes)
    } catch {
      throw FileError("write", path, error)
    }
  }

  /// Waits until the device has the bytes written so far, after which little is left that can fail.
  ///
  /// - Throws: `FileError`, such as when the device is full; the file can then only be dropped.
  package func synchronize() throws(FileError) {
    do {
      try handle.synchronize()
    } catch {
      throw FileError("write", path, error)
    }
  }

  /// Waits until the device has the bytes, then gives the file its name.
  ///
  /// - Throws: `FileError`; the previous contents then stand.
  package consuming func commit() throws(FileError) {
    do {
      try handle.synchronize()
      try handle.close()
      try OverwritingMove.move(temporary, over: destination)
    } catch {
      throw FileError("write", path, error)
    }
    isCommitted = true
    // The name itself survives a power failure once the folder is synced; not every file system can do that, and the contents
    // are whole either way, so a failure here is none.
    try? FileHandle(forReadingFrom: destination.deletingLastPathComponent()).synchronize()
  }

  deinit {
    guard !isCommitted else { return }
    try? handle.close()
    try? FileManager.default.removeItem(at: temporary)
  }
}
