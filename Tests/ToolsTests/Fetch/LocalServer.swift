import Foundation
import Synchronization

/// A small HTTP server on 127.0.0.1, one request a connection, for tests of what talks to servers.
final class LocalServer: Sendable {
  /// What is asked for.
  struct Request: Equatable {
    let path: String
    /// Where the bytes asked for begin, from a Range header.
    let start: Int?
    let headers: [String: String]
  }

  /// What is answered.
  struct Reply {
    var status = 200
    var headers: [String: String] = [:]
    var body: [UInt8] = []
    /// The length that is announced; nil for the body's, negative for none.
    var announced: Int?
    /// How long to wait in the middle of the body, with the connection open.
    var pause = 0.0
  }

  /// The port that it listens on.
  let port: UInt16
  private let listener: Int32
  private let requested = Mutex<[Request]>([])

  /// The address to which paths are appended.
  var base: String { "http://127.0.0.1:\(port)/" }

  /// The requests so far.
  var requests: [Request] { requested.withLock { $0 } }

  private struct Failure: Error {
    let what: String
  }

  /// Listens on a free port until `stop`.
  init(_ respond: @escaping @Sendable (Request) -> Reply) throws {
    let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard socket >= 0 else { throw Failure(what: "socket") }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    // Safe: the socket calls read and write no more than `length` bytes of the address, whose size that is.
    let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe bind(socket, address, length) == 0 && getsockname(socket, address, &length) == 0
      }
    }
    guard isBound, listen(socket, 8) == 0 else {
      close(socket)
      throw Failure(what: "listen")
    }
    listener = socket
    port = UInt16(bigEndian: address.sin_port)
    Thread { [self] in
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else {
          close(listener)
          return
        }
        Thread { [self] in serve(connection, respond) }.start()
      }
    }.start()
  }

  /// Closes the port. The thread that accepts closes the socket: until it has left, the number must not be another's.
  func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

  private func serve(_ connection: Int32, _ respond: (Request) -> Reply) {
    defer { close(connection) }
    guard let request = read(connection) else { return }
    requested.withLock { $0.append(request) }
    let reply = respond(request)
    var head = "HTTP/1.1 \(reply.status) Test\r\nConnection: close\r\n"
    let length = reply.announced ?? reply.body.count
    if length >= 0 { head += "Content-Length: \(length)\r\n" }
    for (name, value) in reply.headers { head += "\(name): \(value)\r\n" }
    let half = reply.body.count / 2
    send(connection, Array((head + "\r\n").utf8) + reply.body[..<half])
    if reply.pause > 0 { Thread.sleep(forTimeInterval: reply.pause) }
    send(connection, Array(reply.body[half...]))
  }

  private func read(_ connection: Int32) -> Request? {
    var bytes: [UInt8] = []
    while !bytes.suffix(4).elementsEqual("\r\n\r\n".utf8) {
      var byte: UInt8 = 0
      // Safe: one byte is read into a byte.
      guard unsafe recv(connection, &byte, 1, 0) == 1, bytes.count < 65_536 else { return nil }
      bytes.append(byte)
    }
    let lines = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n")
    let words = lines[0].split(separator: " ")
    guard words.count == 3, words[0] == "GET" else { return nil }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2 { headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces) }
    }
    let start = headers["range"].flatMap { Int($0.dropFirst("bytes=".count).dropLast()) }
    return Request(path: String(words[1]), start: start, headers: headers)
  }

  private func send(_ connection: Int32, _ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      // Safe: the array outlives the call, which reads no more than its count. No signal when nobody listens any more.
      let sent = unsafe rest.withUnsafeBytes {
        unsafe Foundation.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard sent > 0 else { return }
      rest = rest.dropFirst(sent)
    }
  }
}
