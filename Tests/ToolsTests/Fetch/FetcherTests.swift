import Datasets
import Foundation
import Testing

@testable import ToolSupport
@testable import Tools

@Suite struct FetcherTests {
  private static let contents = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }
  private static let file = RemoteFile(
    name: "a.gz", size: contents.count, digest: SHA256.hexadecimal(contents))

  /// What an honest server answers, with or without ranges.
  private static func honest(_ request: LocalServer.Request) -> LocalServer.Reply {
    guard request.path == "/a.gz" else { return .init(status: 404, body: Array("no such file".utf8)) }
    guard let start = request.start else { return .init(body: contents) }
    guard start < contents.count else { return .init(status: 416) }
    return .init(
      status: 206, headers: ["Content-Range": "bytes \(start)-\(contents.count - 1)/\(contents.count)"],
      body: Array(contents[start...]))
  }

  private func withServer(
    _ respond: @escaping @Sendable (LocalServer.Request) -> LocalServer.Reply,
    _ body: (LocalServer, String) throws -> Void
  ) throws {
    let server = try LocalServer(respond)
    defer { server.stop() }
    try withTemporaryFolder { try body(server, $0) }
  }

  private func fetch(
    _ folder: String, _ bases: [String], file: RemoteFile = file, timeout: Double = 20
  ) throws -> Fetcher.Outcome {
    let fetcher = Fetcher(
      folder: try OutputFolder(creating: folder), bases: bases, console: Transcript().console(), timeout: timeout)
    return try fetcher.fetch(file)
  }

  /// The sentence of the error; the folder must then hold no file under the final name.
  private func sentence(_ folder: String, _ bases: [String], timeout: Double = 20) -> String {
    var text = ""
    do { _ = try fetch(folder, bases, timeout: timeout) } catch { text = ErrorSentence(error).text }
    #expect(!FileManager.default.fileExists(atPath: folder + "/a.gz"))
    return text
  }

  private func names(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  private func contents(_ folder: String, _ name: String = "a.gz") -> [UInt8]? {
    FileManager.default.contents(atPath: "\(folder)/\(name)").map { [UInt8]($0) }
  }

  private func keep(_ bytes: some Collection<UInt8>, _ folder: String, _ name: String = "a.gz.part") throws {
    try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
  }

  @Test func aFileIsFetchedOnce() throws {
    try withServer(Self.honest) { server, folder throws in
      #expect(try fetch(folder, [server.base]) == .fetched)
      #expect(contents(folder) == Self.contents)
      #expect(try names(folder) == ["a.gz"])
      #expect(server.requests.count == 1)
      #expect(server.requests[0].start == nil && server.requests[0].headers["accept-encoding"] == "identity")
      #expect(try fetch(folder, [server.base]) == .present)
      #expect(server.requests.count == 1)
    }
  }

  @Test func aWrongFileIsReplaced() throws {
    try withServer(Self.honest) { server, folder throws in
      for wrong in [Array(Self.contents.reversed()), [1, 2], []] {
        try keep(wrong, folder, "a.gz")
        // Without a slash at the base's end.
        #expect(try fetch(folder, [String(server.base.dropLast())]) == .fetched)
        #expect(contents(folder) == Self.contents)
      }
    }
  }

  @Test func theRestIsFetchedOfWhatIsKept() throws {
    try withServer(Self.honest) { server, folder throws in
      try keep(Self.contents[..<150_000], folder)
      #expect(try fetch(folder, [server.base]) == .fetched)
      #expect(server.requests.map(\.start) == [150_000])
      #expect(contents(folder) == Self.contents)
      #expect(try names(folder) == ["a.gz"])
    }
  }

  @Test func aWholePartNeedsNoServer() throws {
    try withTemporaryFolder { folder throws in
      try keep(Self.contents, folder)
      // Nobody listens on port 1.
      #expect(try fetch(folder, ["http://127.0.0.1:1/"]) == .fetched)
    }
  }

  @Test func aServerWithoutRangesSendsAllAgain() throws {
    try withServer({ _ in .init(body: Self.contents) }) { server, folder throws in
      try keep(Self.contents[..<150_000], folder)
      #expect(try fetch(folder, [server.base]) == .fetched)
      #expect(server.requests.count == 1 && contents(folder) == Self.contents)
    }
  }

  @Test(arguments: [10, 150_000, 200_000, 300_000])
  func aPartOfSomethingElseIsDropped(count: Int) throws {
    try withServer(Self.honest) { server, folder throws in
      try keep([UInt8](repeating: 7, count: count), folder)
      #expect(try fetch(folder, [server.base]) == .fetched)
      #expect(contents(folder) == Self.contents)
      #expect(try names(folder) == ["a.gz"])
      #expect(server.requests.last?.start == nil, "\(server.requests.map(\.start))")
    }
  }

  @Test(arguments: [true, false])
  func aTransferThatBreaksOffIsResumed(announcesLength: Bool) throws {
    // 120 000 bytes of an answer that promises more, or says nothing of its length.
    try withServer({ request in
      request.start == nil
        ? .init(body: Array(Self.contents[..<120_000]), announced: announcesLength ? 200_000 : -1)
        : Self.honest(request)
    }) { server, folder throws in
      let text = sentence(folder, [server.base])
      #expect(text.contains("\(server.base)a.gz") && text.contains("broke off after 120000 of 200000 bytes"), "\(text)")
      #expect(contents(folder, "a.gz.part") == Array(Self.contents[..<120_000]))
      #expect(try fetch(folder, [server.base]) == .fetched)
      #expect(server.requests.map(\.start) == [nil, 120_000])
      #expect(contents(folder) == Self.contents)
    }
  }

  @Test func aServerThatLiesAboutTheContentsIsFoundOut() throws {
    var wrong = Self.contents
    wrong[100_000] ^= 1
    let lie = wrong
    try withServer({ _ in .init(body: lie) }) { server, folder throws in
      let expected =
        "cannot fetch \(server.base)a.gz: expected contents with SHA-256 \(Self.file.digest), found "
        + "\(SHA256.hexadecimal(lie))."
      #expect(sentence(folder, [server.base]) == expected)
      #expect(try names(folder).isEmpty)
      // The same when a part of the true contents is kept: it is tried anew, once.
      try keep(Self.contents[..<10], folder)
      #expect(sentence(folder, [server.base]) == expected)
      #expect(server.requests.count == 3)
      #expect(try names(folder).isEmpty)
    }
  }

  @Test(arguments: [(300_000, 300_000), (5, 5), (0, 0), (300_000, -1)])
  func aWrongLengthIsFoundOut(count: Int, announced: Int) throws {
    try withServer({ _ in .init(body: [UInt8](repeating: 1, count: count), announced: announced) }) {
      server, folder throws in
      let found = announced < 0 ? "more" : "\(announced), as the server announces"
      #expect(
        sentence(folder, [server.base]) == "cannot fetch \(server.base)a.gz: expected 200000 bytes, found \(found).")
      #expect(try names(folder).isEmpty)
    }
  }

  @Test func aWrongRangeIsFoundOutAndWhatIsKeptStays() throws {
    try withServer({ _ in
      .init(status: 206, headers: ["Content-Range": "bytes 0-199999/200000"], body: Self.contents)
    }) { server, folder throws in
      try keep(Self.contents[..<1000], folder)
      #expect(sentence(folder, [server.base]).contains("the range bytes 0-199999/200000"))
      #expect(contents(folder, "a.gz.part") == Array(Self.contents[..<1000]))
    }
  }

  @Test func aRestThatIsTooLongIsDroppedAndWhatIsKeptStays() throws {
    try withServer({ _ in
      .init(
        status: 206, headers: ["Content-Range": "bytes 1000-199999/200000"],
        body: Array(Self.contents[1000...]) + [1], announced: -1)
    }) { server, folder throws in
      try keep(Self.contents[..<1000], folder)
      #expect(sentence(folder, [server.base]).contains("expected 200000 bytes, found more"))
      #expect(contents(folder, "a.gz.part") == Array(Self.contents[..<1000]))
    }
  }

  @Test(arguments: [
    (404, "404 (not found)"), (403, "403 (forbidden)"), (503, "503 (the server's own error)"), (204, "204"),
  ])
  func aStatusIsNamed(status: Int, text: String) throws {
    try withServer({ _ in .init(status: status, body: status == 204 ? [] : Self.contents) }) { server, folder throws in
      #expect(
        sentence(folder, [server.base])
          == "cannot fetch \(server.base)a.gz: the server answers with status \(text).")
      #expect(try names(folder).isEmpty)
      try keep(Self.contents[..<1000], folder)
      _ = sentence(folder, [server.base])
      #expect(contents(folder, "a.gz.part") == Array(Self.contents[..<1000]))
    }
  }

  @Test func aPortWhereNobodyListensIsNamed() throws {
    let server = try LocalServer(Self.honest)
    server.stop()
    try withTemporaryFolder { folder throws in
      let text = sentence(folder, [server.base])
      #expect(text == "cannot fetch \(server.base)a.gz: the host does not accept the connection.")
      #expect(try names(folder).isEmpty)
      try keep(Self.contents[..<1000], folder)
      _ = sentence(folder, [server.base])
      #expect(contents(folder, "a.gz.part")?.count == 1000)
    }
  }

  @Test func aSilentServerIsLeft() throws {
    try withServer({ _ in .init(body: Self.contents, pause: 60) }) { server, folder throws in
      let start = ContinuousClock.now
      let text = sentence(folder, [server.base], timeout: 1)
      #expect(text.contains("silent"), "\(text)")
      #expect(ContinuousClock.now - start < .seconds(40))
    }
  }

  @Test func theNextServerIsTried() throws {
    let dead = try LocalServer(Self.honest)
    dead.stop()
    try withServer(Self.honest) { server, folder throws in
      #expect(try fetch(folder, [dead.base, server.base + "elsewhere/", server.base]) == .fetched)
      #expect(contents(folder) == Self.contents)
    }
    try withServer(Self.honest) { server, folder throws in
      #expect(
        sentence(folder, [dead.base, server.base + "elsewhere/"])
          == "cannot fetch \(dead.base)a.gz: the host does not accept the connection; then cannot fetch "
          + "\(server.base)elsewhere/a.gz: the server answers with status 404 (not found).")
    }
  }

  @Test func aServerTakesUpWhereTheOneBeforeBrokeOff() throws {
    try withServer({ _ in .init(body: Array(Self.contents[..<120_000]), announced: 200_000) }) { first, folder throws in
      try withServer(Self.honest) { second, _ throws in
        #expect(try fetch(folder, [first.base, second.base]) == .fetched)
        #expect(second.requests.map(\.start) == [120_000] && contents(folder) == Self.contents)
      }
    }
  }

  /// Signals belong to a whole process, so this has its own.
  @Test func anInterruptKeepsWhatCame() async {
    await #expect(processExitsWith: .success) {
      let server = try LocalServer { _ in .init(body: Self.contents, pause: 60) }
      let start = ContinuousClock.now
      try withTemporaryFolder { folder throws in
        let fetcher = Fetcher(
          folder: try OutputFolder(creating: folder), bases: [server.base], console: Transcript().console())
        Interrupt.handling {
          Thread {
            Thread.sleep(forTimeInterval: 1)
            kill(ProcessInfo.processInfo.processIdentifier, SIGINT)
          }.start()
          #expect(throws: Interrupted.self) { try fetcher.fetch(Self.file) }
        }
        #expect(FileManager.default.contents(atPath: folder + "/a.gz.part")?.count == 100_000)
      }
      #expect(ContinuousClock.now - start < .seconds(40))
    }
  }

  /// The command, with files of a server of its own.
  @Test func theCommandFetchesAndExitsWithACode() throws {
    let command = FetchMNISTCommand(files: [Self.file])
    func run(_ words: [String]) -> (code: Int32, output: String, error: String) {
      let transcript = Transcript()
      let code = Tools.run(arguments: ["fetch-mnist"] + words, commands: [command], console: transcript.console())
      return (code, transcript.output, transcript.error)
    }
    try withServer(Self.honest) { server, root throws in
      let folder = root + "/new/mnist"
      let first = run(["--output", folder, "--url", server.base])
      #expect(first.code == 0 && first.output.hasPrefix("Fetching MNIST from \(server.base)\n"))
      #expect(first.output.hasSuffix("MNIST is in \(folder), every file with the right SHA-256.\n"))
      #expect(first.error.hasPrefix("a.gz: 200 kB in "), "\(first.error)")
      #expect(contents(folder) == Self.contents)
      let second = run(["--output", folder, "--url", server.base])
      #expect(second.code == 0 && second.output.contains("\(folder)/a.gz is there already.\n"))
      let failed = run(["--output", root + "/other", "--url", server.base + "nowhere"])
      #expect(failed.code == 1 && failed.error.hasSuffix("status 404 (not found).\n"), "\(failed.error)")
      #expect(failed.error.split(separator: "\n").count == 1)
      for url in ["ftp://127.0.0.1/", "mnist", "http://", "file:///etc"] {
        let refused = run(["--output", root + "/none", "--url", url])
        #expect(refused.code == 64 && refused.error.contains("--url"), "\(refused.error)")
      }
      #expect(try names(root) == ["new", "other"])
    }
  }

  /// The table against the real files, where `METAMER_MNIST` names their folder.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["METAMER_MNIST"] != nil, "METAMER_MNIST names no folder"))
  func theTableIsMNISTs() throws {
    let folder = try #require(ProcessInfo.processInfo.environment["METAMER_MNIST"])
    for file in RemoteFile.mnist {
      let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(file.name)"))
      #expect(bytes.count == file.size && SHA256.hexadecimal(bytes) == file.digest, "\(file.name)")
    }
  }
}
