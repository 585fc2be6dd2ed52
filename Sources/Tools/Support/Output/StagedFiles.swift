import Foundation

/// Files that appear together: complete under hidden names first, then renamed one after the other.
///
/// An error or an interrupt before `commit` leaves everything as it was. Within `commit` only a killed process, or a folder
/// changed by somebody else, can leave some files new and some old; none is ever half-written.
package final class StagedFiles {
  private final class Staged {
    var file: AtomicFile?
    init(_ file: consuming AtomicFile) { self.file = .some(consume file) }
  }

  private var files: [Staged] = []

  /// No files.
  package init() {}

  /// Writes `bytes` for the file `name` of `folder`, and waits until the device has them.
  ///
  /// - Throws: `FileError`, such as when the device is full.
  package func add(_ bytes: [UInt8], as name: String, in folder: OutputFolder) throws(FileError) {
    var file = try folder.open(name)
    // In pieces, as each is copied.
    var rest = bytes[...]
    while !rest.isEmpty {
      try file.append(Data(rest.prefix(1 << 20)))
      rest = rest.dropFirst(1 << 20)
    }
    try file.synchronize()
    files.append(Staged(file))
  }

  /// Gives all files their names, in the order in which they were added.
  ///
  /// - Throws: `FileError` where a file cannot be renamed; those after it then stay hidden until this object goes.
  package func commit() throws(FileError) {
    for staged in files {
      if let file = staged.file.take() { try file.commit() }
    }
  }
}
