import Foundation

/// A folder that a command writes its files into, known to be writable before the work starts.
package struct OutputFolder: Sendable {
  /// The folder's path as the user gave it.
  package let path: String

  /// Creates the folder with its parents where they do not exist, and makes sure that files can be made in it.
  ///
  /// - Throws: `FileError` when `path` is a file, a parent is, or nothing can be written there.
  package init(creating path: String) throws(FileError) {
    self.path = path
    if !OutputFolder.isFolder(path) {
      let isFile = FileManager.default.fileExists(atPath: path)
      guard !isFile else { throw FileError("use the folder", path, reason: "it is a file") }
      do {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      } catch {
        throw FileError("create the folder", path, error)
      }
    }
    // Permission bits do not tell (root, read-only mounts, access lists): try, with a file that is never committed.
    do {
      _ = try AtomicFile(path: file("writable"))
    } catch {
      throw FileError("write into the folder", path, reason: error.reason)
    }
  }

  /// True when `path` is a folder or a link to one: only then has it an entry ".".
  package static func isFolder(_ path: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/.") }

  /// The path of the file `name` in this folder.
  package func file(_ name: String) -> String { path.hasSuffix("/") ? path + name : "\(path)/\(name)" }

  /// Writes `bytes` as the file `name`, all or nothing.
  ///
  /// - Throws: `FileError`; the previous contents then stand.
  package func write(_ bytes: Data, to name: String) throws(FileError) {
    try AtomicFile.write(bytes, path: file(name))
  }

  /// Opens a writer for the file `name`, for contents that do not fit in memory.
  ///
  /// - Throws: `FileError` when it cannot be made.
  package func open(_ name: String) throws(FileError) -> AtomicFile {
    try AtomicFile(path: file(name))
  }
}
