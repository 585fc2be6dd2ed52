import Foundation

/// Something that could not be done with a file or folder.
package struct FileError: Error, Equatable, CustomStringConvertible {
  /// What was attempted, as a verb: "write", "create the folder".
  package let action: String
  /// The file or folder.
  package let path: String
  /// Why not: a few words.
  package let reason: String

  /// An attempt that failed for a reason of our own.
  package init(_ action: String, _ path: String, reason: String) {
    self.action = action
    self.path = path
    self.reason = reason
  }

  /// An attempt that failed with an error of Foundation's.
  package init(_ action: String, _ path: String, _ error: any Error) {
    self.init(action, path, reason: FileError.reason(error))
  }

  /// One sentence.
  package var description: String { "cannot \(action) \(path): \(reason)." }

  /// A few words for the cause of a Foundation error: the system's error number where it has one, else its Cocoa code.
  package static func reason(_ error: any Error) -> String {
    let error = error as NSError
    var cause = error
    // Foundation nests the system's error in its own; four levels are more than it ever uses.
    for _ in 0..<4 {
      guard let underlying = cause.userInfo[NSUnderlyingErrorKey] as? any Error else { break }
      cause = underlying as NSError
    }
    if cause.domain == NSPOSIXErrorDomain, let code = POSIXErrorCode(rawValue: Int32(truncatingIfNeeded: cause.code)) {
      if let reason = reason(code) { return reason }
    } else if error.domain == NSCocoaErrorDomain, let reason = reason(CocoaError.Code(rawValue: error.code)) {
      return reason
    }
    return "the system reports error \(cause.code) of \(cause.domain)"
  }

  private static func reason(_ code: POSIXErrorCode) -> String? {
    switch code {
    case .EACCES, .EPERM: "permission denied"
    case .ENOENT: "no such file or folder"
    case .ENOTDIR: "a part of the path is not a folder"
    case .EISDIR: "it is a folder"
    case .EEXIST: "it exists already"
    case .ENOTEMPTY: "the folder is not empty"
    case .ENOSPC: "no space left on the device"
    case .EDQUOT: "the disk quota is used up"
    case .EFBIG: "the file would be larger than allowed"
    case .EROFS: "the file system is read-only"
    case .ENAMETOOLONG: "the name is too long"
    case .EMFILE, .ENFILE: "too many files are open"
    case .EIO: "the device reports an input/output error"
    case .ELOOP: "too many symbolic links"
    case .EBUSY, .ETXTBSY: "it is in use"
    case .EINVAL, .ENOSYS, .EOPNOTSUPP: "the file system does not support it"
    case .ENXIO, .ENODEV: "no such device"
    case .EPIPE: "nobody reads the other end"
    default: nil
    }
  }

  private static func reason(_ code: CocoaError.Code) -> String? {
    switch code {
    case .fileNoSuchFile, .fileReadNoSuchFile: "no such file or folder"
    case .fileReadNoPermission, .fileWriteNoPermission: "permission denied"
    case .fileWriteFileExists: "it exists already"
    case .fileWriteOutOfSpace: "no space left on the device"
    case .fileWriteVolumeReadOnly: "the file system is read-only"
    case .fileReadInvalidFileName, .fileWriteInvalidFileName: "the name is not allowed"
    default: nil
    }
  }
}
