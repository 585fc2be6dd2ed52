import Foundation
import Testing

@testable import ToolSupport

@Suite struct MetricsTests {
  @Test func bytesAreSortedIndentedAndShort() {
    var metrics = Metrics()
    metrics["zeta"] = "a/b \"c\"\n\u{1}é"
    metrics["classifier.train_accuracy"] = 1.0
    metrics["classifier.loss"] = .number(Float(0.1))
    metrics["classifier.history"] = .numbers([0.1, 1e-9, -.infinity, 3])
    metrics["classifier.deep.er"] = .number(Double.nan)
    metrics["count"] = 12
    metrics["ok"] = true
    metrics["Empty"] = .array([])
    metrics["machine.name"] = .optional(nil as String?)
    metrics["machine.peak"] = .optional(5)
    #expect(
      String(decoding: metrics.json(), as: UTF8.self) == """
        {
          "Empty" : [

          ],
          "classifier" : {
            "deep" : {
              "er" : null
            },
            "history" : [
              0.1,
              1e-09,
              null,
              3
            ],
            "loss" : 0.1,
            "train_accuracy" : 1
          },
          "count" : 12,
          "machine" : {
            "name" : null,
            "peak" : 5
          },
          "ok" : true,
          "zeta" : "a/b \\"c\\"\\n\\u0001é"
        }

        """)
  }

  @Test func orderOfInsertionDoesNotMatter() {
    let names = (0..<200).map { "k\(($0 * 37) % 200).v" }
    var (forward, backward) = (Metrics(), Metrics())
    for (index, name) in names.enumerated() { forward[name] = .integer(index) }
    for (index, name) in names.enumerated().reversed() { backward[name] = .integer(index) }
    #expect(forward.json() == backward.json())
  }

  @Test func numbersReadBackExactly() throws {
    var metrics = Metrics()
    let values = [0.1 + 0.2, .pi, .leastNonzeroMagnitude, .greatestFiniteMagnitude, -1 / 3, 123_456_789.123, 1e22]
    metrics["values"] = .numbers(values)
    metrics["integer"] = .integer(.max)
    struct File: Decodable {
      let values: [Double]
      let integer: Int
    }
    let read = try JSONDecoder().decode(File.self, from: metrics.json())
    #expect(read.values == values)
    #expect(read.integer == .max)
  }

  @Test func pathsAreReadBackAndReplaced() {
    var metrics = Metrics()
    #expect(metrics["a.b"] == .null)
    metrics["a.b"] = 1
    metrics["a.c"] = 2
    metrics["a.b"] = 3
    #expect(metrics["a.b"] == 3 && metrics["a.c"] == 2 && metrics["a.b.c"] == .null)
    #expect(metrics["a"] == .object(["b": 3, "c": 2]))
  }

  @Test func pathsThroughAValueTrap() async {
    await #expect(processExitsWith: .failure) {
      var metrics = Metrics()
      metrics["a"] = 1
      metrics["a.b"] = 2
    }
    await #expect(processExitsWith: .failure) {
      var metrics = Metrics()
      metrics["a..b"] = 2
    }
  }
}
