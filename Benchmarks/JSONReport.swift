import Foundation
import Kernels
import ToolSupport

/// The results for programs; README.md explains the fields.
enum JSONReport {
  static func bytes(_ run: Run, words: [String], processors: Int) -> Data {
    var report = Metrics()
    let machine = Machine.current
    report["machine.cpu"] = .optional(machine.processor)
    report["machine.isa"] = .text(InstructionSet.current)
    report["machine.cores"] = .optional(PhysicalCores.ofThisMachine)
    report["machine.threads_available"] = .integer(processors)
    report["machine.os"] = .text(machine.system)
    report["machine.commit"] = .optional(GitCommit.current())
    report["machine.date"] = .text(Date.now.ISO8601Format())
    report["machine.command"] = .text(command(words))
    for (threads, rate) in run.peaks.values { report["machine.peak_gflops.\(threads)"] = .number(rate / 1e9) }
    for (threads, rate) in run.memoryRates {
      report["machine.memory_read_gigabytes_per_second.\(threads)"] = .number(rate / 1e9)
    }
    report["results"] = .array(run.measurements.map(result))
    return report.json()
  }

  /// The command line, as typed.
  static func command(_ words: [String]) -> String {
    (["swift run Benchmarks"] + words.map(quoted)).joined(separator: " ")
  }

  private static func result(_ measurement: Measurement) -> MetricsValue {
    .object([
      "name": .text(measurement.name),
      "shape": .text(measurement.shape),
      "threads": .integer(measurement.threads),
      "isa": .text(InstructionSet.current),
      "seconds_median": .number(measurement.timing.median),
      "seconds_minimum": .number(measurement.timing.minimum),
      "gflops": measurement.gflops.map { .number($0) } ?? .null,
      "share_of_peak": measurement.shareOfPeak.map { .number($0) } ?? .null,
      "peak_gflops": .number(measurement.peak / 1e9),
      "bytes_allocated": .integer(measurement.timing.bytesAllocated),
    ])
  }

  /// A word as a shell would take it.
  private static func quoted(_ word: String) -> String {
    let isPlain = !word.isEmpty && word.utf8.allSatisfy { $0 > 0x20 && !"'\"\\$`*?[]{}()<>|&;!#~".utf8.contains($0) }
    return isPlain ? word : "'\(word.replacing("'", with: "'\\''"))'"
  }
}
