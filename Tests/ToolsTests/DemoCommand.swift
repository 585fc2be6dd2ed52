import Foundation
import Synchronization

@testable import ToolSupport

/// The shapes that the demo command draws.
enum DemoShape: String, CaseIterable {
  case circle, square, triangle
}

/// A command with every kind of option, which does what `--fail` says.
struct DemoCommand: Command {
  let name = "demo"
  let summary = "draw shapes that nobody sees"
  let discussion = """
    Draws shapes into RUN, a folder, and forgets them at once. This paragraph is long enough to be wrapped at the
    width of help.

    A second paragraph.
    """
  let example = "swift run Tools demo runs/a --steps 10"
  let arguments = [Argument("RUN", help: "the folder of the run"), Argument("OTHER", required: false, help: "another")]
  let options: [Option] = [
    .integer("steps", default: 100, in: 1...1000, metavar: "COUNT", help: "how many shapes"),
    .integer("batch-size", default: 64, in: 1...Int.max, metavar: "COUNT", help: "shapes at a time"),
    .unsigned("seed", default: 1, metavar: "SEED", help: "the seed of everything random"),
    .number("weight", default: 0, in: -1...1.5, metavar: "W", help: "how heavy they are"),
    .positive("learning-rate", default: 0.001, metavar: "RATE", help: "how fast they learn"),
    .choice("shape", default: DemoShape.circle, metavar: "SHAPE", help: "which shape"),
    .text("out", default: "runs/demo", metavar: "FOLDER", help: "where to write"),
    .text("mnist", metavar: "FOLDER", help: "a folder of digits"),
    .text("fail", metavar: "HOW", help: "fail in this way"),
    .flag("resume", help: "go on where the last run stopped"),
  ]

  func run(_ options: Options, console: Console) throws {
    switch options.textIfGiven("fail") {
    case "usage": throw UsageError.refused("--resume and --seed exclude each other")
    case "foundation": _ = try Data(contentsOf: URL(fileURLWithPath: "/no such file\nhere"))
    case "lines": throw Lines()
    case "interrupt": throw Interrupted(signal: SIGINT)
    case "terminate": throw Interrupted(signal: SIGTERM)
    default: try console.output("\(options.integer("steps")) of \(options.text("RUN"))\n")
    }
  }

  struct Lines: Error, CustomStringConvertible {
    let description = "one\ntwo\u{1B}[31m\u{2028}three."
  }
}

/// Keeps what is written to a console.
final class Transcript: Sendable {
  private let written = Mutex((output: "", error: ""))

  var output: String { written.withLock { $0.output } }
  var error: String { written.withLock { $0.error } }

  func console(isTerminal: Bool = false, columns: Int = 80) -> Console {
    Console(
      output: { text in self.written.withLock { $0.output += text } },
      error: { text in self.written.withLock { $0.error += text } }, isTerminal: isTerminal, columns: columns)
  }
}

/// Runs `body` with a new empty folder, which is removed afterwards.
func withTemporaryFolder(_ body: (String) throws -> Void) throws {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ToolsTests-\(UUID().uuidString)").path
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  try body(folder)
}
