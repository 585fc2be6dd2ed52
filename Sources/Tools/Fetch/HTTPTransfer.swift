import Foundation
import ToolSupport

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// One HTTP GET whose body arrives in pieces.
///
/// `URLSession` reports on a queue of its own; here the reports are handed to the thread that called, one after another,
/// which so can write files, show progress and be interrupted.
final class HTTPTransfer: NSObject, URLSessionDataDelegate, @unchecked Sendable {
  /// What happens during a transfer, in this order: one answer, pieces of the body, the end.
  enum Event {
    /// The head of the server's answer.
    case answer(HTTPURLResponse)
    /// Bytes of the body.
    case piece(Data)
  }

  /// What the queue has reported and the caller not yet seen; both sides lock `condition` to touch it.
  private enum Report {
    case event(Event)
    case end((any Error)?)
  }

  private let condition = NSCondition()
  private var reports: [Report] = []

  /// Gets `url` from byte `offset` on and calls `handle` with every event, on the calling thread.
  ///
  /// - Parameter timeout: the longest silence of the server in seconds.
  /// - Throws: what `handle` throws, `Interrupted`, or Foundation's error where the transfer fails. It is then cancelled.
  static func run(_ url: URL, from offset: Int, timeout: Double, handle: (Event) throws -> Void) throws {
    let transfer = HTTPTransfer()
    let configuration = URLSessionConfiguration.ephemeral
    configuration.timeoutIntervalForRequest = timeout
    configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
    let session = URLSession(configuration: configuration, delegate: transfer, delegateQueue: nil)
    // This also lets go of the delegate, which the session holds.
    defer { session.invalidateAndCancel() }
    var request = URLRequest(url: url)
    // The bytes are wanted as they lie there: a server that unpacked the .gz would send other ones.
    request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
    if offset > 0 { request.setValue("bytes=\(offset)-", forHTTPHeaderField: "Range") }
    session.dataTask(with: request).resume()
    while true {
      try Interrupt.check()
      for report in transfer.take() {
        switch report {
        case .event(let event): try handle(event)
        case .end(let error?): throw error
        case .end(nil): return
        }
      }
    }
  }

  /// Waits a moment for reports.
  private func take() -> [Report] {
    condition.lock()
    defer { condition.unlock() }
    if reports.isEmpty { _ = condition.wait(until: Date(timeIntervalSinceNow: 0.1)) }
    let taken = reports
    reports = []
    return taken
  }

  private func add(_ report: Report) {
    condition.lock()
    defer { condition.unlock() }
    reports.append(report)
    condition.signal()
  }

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
  ) {
    if let response = response as? HTTPURLResponse { add(.event(.answer(response))) }
    completionHandler(.allow)
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    add(.event(.piece(data)))
  }

  func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
    add(.end(error))
  }
}
