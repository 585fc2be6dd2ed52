import Foundation
import Testing

@testable import Benchmarks

/// `Benchmarks --compare`: what is slower, what is noise, and what is no file of results.
struct ComparisonTests {
  private func earlier(_ median: Double, _ minimum: Double) -> Comparison.Earlier {
    Comparison.Earlier(name: "x", shape: "1×1", threads: 1, isa: "v", median: median, minimum: minimum)
  }

  @Test("Slower is slower than both runs' spreads and the floor together")
  func noise() {
    // Spreads of 10 % and 5 %, and the floor of 3 %.
    func change(_ median: Double) -> Comparison.Change {
      Comparison.Change(median: median, minimum: median / 1.05, since: earlier(1.1, 1))
    }
    #expect(abs(change(1.1).noise - 0.18) < 1e-12)
    #expect(change(1.1 * 1.19).isSlower && !change(1.1 * 1.17).isSlower)
    #expect(change(1.1 / 1.19).isFaster && !change(1.1 / 1.17).isFaster)
    #expect(!change(1.1).isSlower && !change(1.1).isFaster)
  }

  private func withFile(_ text: String, _ body: (String) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).json").path
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  private func file(_ median: String, _ minimum: String) -> String {
    """
    {"machine": {"cpu": "A", "commit": "abc"}, "results": [{"name": "fma peak", "shape": "registers only", "threads": 1, \
    "isa": "v", "seconds_median": \(median), "seconds_minimum": \(minimum), "gflops": null, "other": 1}]}
    """
  }

  @Test func whatARunWroteIsRead() throws {
    try withFile(file("2", "1.5")) { path in
      let comparison = try Comparison(path: path)
      #expect(
        comparison.earlier == [
          Comparison.Earlier(name: "fma peak", shape: "registers only", threads: 1, isa: "v", median: 2, minimum: 1.5)
        ])
    }
  }

  @Test(
    "Anything else is refused by name",
    arguments: [
      ("", "expected what `--json` writes"), ("[]", "expected what `--json` writes"),
      ("{\"machine\": {}, \"results\": [{\"name\": \"x\"}]}", "expected what `--json` writes"),
    ])
  func otherFiles(text: String, words: String) throws {
    try withFile(text) { path in
      let error = #expect(throws: BenchmarkError.self) { try Comparison(path: path) }
      #expect(error?.description.contains(path) == true && error?.description.contains(words) == true)
    }
  }

  @Test(arguments: [("1", "2"), ("0", "0"), ("1", "-1")])
  func impossibleTimesAreRefused(median: String, minimum: String) throws {
    try withFile(file(median, minimum)) { path in
      let error = #expect(throws: BenchmarkError.self) { try Comparison(path: path) }
      #expect(error?.description.contains("fma peak registers only") == true)
    }
  }

  @Test func aFileThatIsNotThereIsNamed() {
    let error = #expect(throws: BenchmarkError.self) { try Comparison(path: "/nowhere/x.json") }
    #expect(error?.description.hasPrefix("cannot read /nowhere/x.json") == true)
  }
}
