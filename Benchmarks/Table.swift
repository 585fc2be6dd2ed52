import Kernels
import ToolSupport

/// The results as text for people.
enum Table {
  private static let headings = [
    "name", "shape", "threads", "isa", "median", "minimum", "spread", "GFLOP/s", "share of peak", "other rate",
    "allocated",
  ]
  /// Columns of words stand at the left, columns of numbers at the right.
  private static let words: Set<Int> = [0, 1, 3]

  /// One line a measurement, and the best peaks.
  static func text(_ run: Run) -> String {
    let lines = lines([headings] + run.measurements.map(cells), words: words)
    let peaks = run.peaks.values.sorted { $0.key < $1.key }.map { threads, rate in
      "Peak with \(threads) thread\(threads == 1 ? "" : "s"): \(Decimals.fixed(rate / 1e9, places: 1)) GFLOP/s"
        + " (the best of all multiply-add loops of this run)."
    }
    let rates = run.memoryRates.sorted { $0.key < $1.key }.map { threads, rate in
      "Read from memory with \(threads) thread\(threads == 1 ? "" : "s"): \(Decimals.fixed(rate / 1e9, places: 1)) GB/s."
    }
    return (lines + [""] + peaks + rates).joined(separator: "\n") + "\n"
  }

  /// Rows of cells as lines, the columns `words` at the left and the others at the right.
  static func lines(_ rows: [[String]], words: Set<Int>) -> [String] {
    let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return words.contains(column) ? cell + padding : padding + cell
      }
      return trimmed(cells.joined(separator: "  "))
    }
  }

  private static func cells(_ measurement: Measurement) -> [String] {
    let timing = measurement.timing
    return [
      measurement.name, measurement.shape, "\(measurement.threads)", InstructionSet.current,
      duration(timing.median), duration(timing.minimum), Decimals.fixed(timing.median / timing.minimum, places: 2),
      measurement.gflops.map { Decimals.fixed($0, places: 1) } ?? "-",
      measurement.shareOfPeak.map { "\(Decimals.fixed(100 * $0, places: 1)) %" } ?? "-", otherRate(measurement),
      bytes(timing.bytesAllocated),
    ]
  }

  private static func bytes(_ count: Int) -> String {
    count == 0 ? "0" : "\(Decimals.fixed(Double(count) / 1e6, places: 1)) MB"
  }

  private static func otherRate(_ measurement: Measurement) -> String {
    switch measurement.work {
    case .operations: "-"
    case .bytes(let count): "\(Decimals.fixed(count / measurement.timing.median / 1e9, places: 1)) GB/s"
    case .elements(let count): "\(Decimals.fixed(count / measurement.timing.median / 1e6, places: 0)) M/s"
    }
  }

  /// Seconds in the unit that reads best.
  static func duration(_ seconds: Double) -> String {
    switch seconds {
    case ..<1e-3: "\(Decimals.fixed(seconds * 1e6, places: 1)) µs"
    case ..<1: "\(Decimals.fixed(seconds * 1e3, places: 2)) ms"
    default: "\(Decimals.fixed(seconds, places: 2)) s"
    }
  }

  private static func trimmed(_ line: String) -> String {
    String(line.reversed().drop { $0 == " " }.reversed())
  }
}
