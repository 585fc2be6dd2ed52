import Foundation

/// `rename(2)` through Foundation: replaces a file atomically.
///
/// `FileManager.moveItem` is one `rename`, but refuses when the destination exists, unless its delegate says to proceed.
/// (`replaceItemAt` is no alternative: on Linux it renames the old file over the new one and so loses the new contents,
/// https://github.com/swiftlang/swift-corelibs-foundation/issues/4655; `rename` itself takes raw pointers.)
package enum OverwritingMove {
  /// Renames `source` to `destination`, a name in the same folder, over any file of that name.
  ///
  /// - Throws: Foundation's error when the rename fails; both files are then as they were.
  package static func move(_ source: URL, over destination: URL) throws {
    let manager = FileManager()
    let delegate = ProceedWhenFileExists()
    manager.delegate = delegate
    // The manager's reference to its delegate is weak.
    try withExtendedLifetime(delegate) { try manager.moveItem(at: source, to: destination) }
  }
}

/// Proceeds with a move onto a name that exists, and with nothing else. On Linux each method of the protocol is required.
private final class ProceedWhenFileExists: NSObject, FileManagerDelegate {
  private func isFileExists(_ error: any Error) -> Bool { (error as? CocoaError)?.code == .fileWriteFileExists }

  func fileManager(
    _ fileManager: FileManager, shouldProceedAfterError error: any Error, movingItemAt source: URL, to destination: URL
  ) -> Bool { isFileExists(error) }

  func fileManager(
    _ fileManager: FileManager, shouldProceedAfterError error: any Error, movingItemAtPath source: String,
    toPath destination: String
  ) -> Bool { isFileExists(error) }

  func fileManager(_ fileManager: FileManager, shouldMoveItemAt source: URL, to destination: URL) -> Bool { true }

  func fileManager(_ fileManager: FileManager, shouldMoveItemAtPath source: String, toPath destination: String) -> Bool
  {
    true
  }

  func fileManager(
    _ fileManager: FileManager, shouldProceedAfterError error: any Error, copyingItemAt source: URL, to destination: URL
  ) -> Bool { false }

  func fileManager(
    _ fileManager: FileManager, shouldProceedAfterError error: any Error, copyingItemAtPath source: String,
    toPath destination: String
  ) -> Bool { false }

  func fileManager(_ fileManager: FileManager, shouldCopyItemAt source: URL, to destination: URL) -> Bool { false }

  func fileManager(_ fileManager: FileManager, shouldCopyItemAtPath source: String, toPath destination: String) -> Bool
  {
    false
  }

  func fileManager(
    _ fileManager: FileManager, shouldProceedAfterError error: any Error, linkingItemAt source: URL, to destination: URL
  ) -> Bool { false }

  func fileManager(
    _ fileManager: FileManager, shouldProceedAfterError error: any Error, linkingItemAtPath source: String,
    toPath destination: String
  ) -> Bool { false }

  func fileManager(_ fileManager: FileManager, shouldLinkItemAt source: URL, to destination: URL) -> Bool { false }

  func fileManager(_ fileManager: FileManager, shouldLinkItemAtPath source: String, toPath destination: String) -> Bool
  {
    false
  }

  func fileManager(
    _ fileManager: FileManager, shouldProceedAfterError error: any Error, removingItemAt url: URL
  ) -> Bool { false }

  func fileManager(
    _ fileManager: FileManager, shouldProceedAfterError error: any Error, removingItemAtPath path: String
  ) -> Bool { false }

  func fileManager(_ fileManager: FileManager, shouldRemoveItemAt url: URL) -> Bool { false }

  func fileManager(_ fileManager: FileManager, shouldRemoveItemAtPath path: String) -> Bool { false }
}
