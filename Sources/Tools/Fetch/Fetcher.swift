import Datasets
import Foundation
import ToolSupport

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Fetches files of known contents into a folder.
///
/// Bytes go to NAME.part, which stays when a transfer breaks off and is then resumed. Under its own name a file appears
/// only whole and checked.
struct Fetcher {
  /// Where the files are put.
  let folder: OutputFolder
  /// The addresses that file names are appended to, in the order in which they are tried.
  let bases: [String]
  let console: Console
  /// The longest silence of a server in seconds.
  var timeout = 30.0

  /// What was done about a file.
  enum Outcome: Equatable {
    /// It was there already, with the right contents.
    case present
    /// It was fetched.
    case fetched
  }

  /// Makes sure that the folder holds `file` with the right contents.
  ///
  /// - Throws: `FetchError` when no server gives them, `FileError` or `Interrupted`.
  func fetch(_ file: RemoteFile) throws -> Outcome {
    let path = folder.file(file.name)
    if let size = Self.size(path), size == file.size,
      SHA256.hexadecimal(try ImageFiles.read(path, limit: file.size)) == file.digest
    {
      return .present
    }
    var errors: [FetchError] = []
    for base in bases {
      do {
        try fetch(file, from: base.hasSuffix("/") ? base + file.name : "\(base)/\(file.name)")
        return .fetched
      } catch let error as FetchError {
        errors.append(error)
      }
    }
    throw errors.count == 1 ? errors[0] : FetchError.all(errors)
  }

  private func fetch(_ file: RemoteFile, from url: String) throws {
    let part = folder.file("\(file.name).part")
    let kept = Self.size(part) ?? 0
    let found = try download(file, url, to: part, from: kept <= file.size ? kept : 0)
    if found == file.digest { return }
    // What was kept may have been another server's, or another file's: once more without it.
    let again = kept > 0 ? try download(file, url, to: part, from: 0) : found
    guard again == file.digest else {
      throw FetchError.wrongDigest(url: url, expected: file.digest, found: again)
    }
  }

  /// Downloads what `part` lacks from byte `offset` on and, if the whole has the right digest, gives it its name.
  ///
  /// - Returns: the digest; where it is wrong, `part` is gone.
  private func download(_ file: RemoteFile, _ url: String, to part: String, from offset: Int) throws -> String {
    if offset < file.size { try receive(file, url, part, offset) }
    let bytes = try ImageFiles.read(part, limit: file.size)
    let digest = SHA256.hexadecimal(bytes)
    if digest == file.digest { try folder.write(bytes, to: file.name) }
    try remove(part)
    return digest
  }

  private func receive(_ file: RemoteFile, _ url: String, _ part: String, _ offset: Int) throws {
    guard let address = URL(string: url) else { throw FetchError.unreachable(url: url, reason: "it is no URL") }
    var output = try PartialFile(path: part, keeping: offset)
    let progress = Progress(
      file.name, total: (file.size + 999) / 1000, unit: "kB", start: offset / 1000, console: console)
    var isAnswered = false
    do {
      try HTTPTransfer.run(address, from: offset, timeout: timeout) { event in
        switch event {
        case .answer(let response):
          isAnswered = true
          try check(response, file, url, &output)
        case .piece(let bytes):
          guard bytes.count <= file.size - output.count else {
            throw FetchError.wrongSize(url: url, expected: file.size, found: "more")
          }
          try output.append(bytes)
          progress.update(done: output.count / 1000)
        }
      }
    } catch let error as FetchError {
      // What such a server sends is of no use, now or later; but what another one sent before is.
      if case .wrongSize = error { try output.truncate(to: offset) }
      try output.close()
      if offset == 0 { try remove(part) }
      throw error
    } catch let error where error is FileError || error is Interrupted {
      try? output.close()
      throw error
    } catch {
      try output.close()
      guard isAnswered && output.count > 0 else {
        if output.count == 0 { try remove(part) }
        throw FetchError.unreachable(url: url, reason: Self.reason(error))
      }
      throw FetchError.brokenOff(
        url: url, received: output.count, expected: file.size, reason: Self.reason(error))
    }
    try output.close()
    guard output.count == file.size else {
      throw FetchError.brokenOff(
        url: url, received: output.count, expected: file.size, reason: "the server ended it")
    }
    progress.update(done: (file.size + 999) / 1000)
    progress.finish()
  }

  /// Looks at the head of an answer; an answer from the file's start makes `output` begin anew.
  private func check(
    _ response: HTTPURLResponse, _ file: RemoteFile, _ url: String, _ output: inout PartialFile
  ) throws {
    switch response.statusCode {
    case 200: try output.truncate(to: 0)
    case 206:
      let range = response.value(forHTTPHeaderField: "Content-Range") ?? "none"
      guard range == "bytes \(output.count)-\(file.size - 1)/\(file.size)" else {
        throw FetchError.wrongSize(url: url, expected: file.size, found: "the range \(range)")
      }
    default: throw FetchError.status(url: url, code: response.statusCode)
    }
    let length = response.expectedContentLength
    guard length < 0 || length == Int64(file.size - output.count) else {
      throw FetchError.wrongSize(
        url: url, expected: file.size, found: "\(Int64(output.count) + length), as the server announces")
    }
  }

  private static func size(_ path: String) -> Int? {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    return (attributes?[.size] as? NSNumber)?.intValue
  }

  private func remove(_ path: String) throws(FileError) {
    do { try FileManager.default.removeItem(atPath: path) } catch { throw FileError("remove", path, error) }
  }

  /// A few words for an error of `URLSession`.
  private static func reason(_ error: any Error) -> String {
    guard let error = error as? URLError else { return FileError.reason(error) }
    switch error.code {
    case .cannotFindHost, .dnsLookupFailed: return "the host is not found (is there a network?)"
    case .cannotConnectToHost: return "the host does not accept the connection"
    case .notConnectedToInternet: return "there is no network"
    case .timedOut: return "the server is silent for too long"
    case .networkConnectionLost: return "the connection is lost"
    case .secureConnectionFailed, .serverCertificateUntrusted, .serverCertificateHasBadDate,
      .serverCertificateNotYetValid, .serverCertificateHasUnknownRoot:
      return "the server's certificate is not accepted"
    case .httpTooManyRedirects: return "the server redirects too often"
    case .unsupportedURL, .badURL: return "it is no URL that can be fetched"
    default: return "the system reports network error \(error.errorCode)"
    }
  }
}
