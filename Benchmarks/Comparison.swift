import Foundation
import ToolSupport

/// What got slower and what got faster since an earlier run, whose JSON file `--compare` names.
struct Comparison {
  /// A line of an earlier run's results.
  struct Earlier: Decodable, Equatable {
    let name: String
    let shape: String
    let threads: Int
    let isa: String
    let median: Double
    let minimum: Double

    private enum CodingKeys: String, CodingKey {
      case name, shape, threads, isa
      case median = "seconds_median"
      case minimum = "seconds_minimum"
    }
  }

  /// Differences below this are not seen: two runs on one quiet machine differ by so much, as its clock does.
  static let floor = 0.03

  private struct File: Decodable {
    struct Machine: Decodable {
      let cpu: String?
      let commit: String?
    }
    let machine: Machine
    let results: [Earlier]
  }

  /// The file as the user gave it.
  let path: String
  let earlier: [Earlier]
  private let machine: File.Machine

  /// Reads what a run wrote with --json.
  ///
  /// - Throws: `BenchmarkError` that names the file and what is wrong with it.
  init(path: String) throws {
    self.path = path
    guard let data = FileManager.default.contents(atPath: path) else {
      throw BenchmarkError("cannot read \(path): there is no such file, or it may not be read.")
    }
    do {
      let file = try JSONDecoder().decode(File.self, from: data)
      (machine, earlier) = (file.machine, file.results)
    } catch {
      throw BenchmarkError(
        "\(path): expected what `--json` writes, an object with machine and results, found other data.")
    }
    if let bad = earlier.first(where: { !($0.minimum > 0 && $0.median >= $0.minimum && $0.median.isFinite) }) {
      throw BenchmarkError(
        "\(path), \(bad.name) \(bad.shape): expected 0 < seconds_minimum ≤ seconds_median, found \(bad.minimum) and "
          + "\(bad.median).")
    }
  }

  /// How one measurement compares.
  struct Change: Equatable {
    /// The median's, now over then: 2 is twice as slow.
    let ratio: Double
    /// By how much the ratio may be off 1 without meaning anything: both runs' medians over their minima, and the floor.
    let noise: Double

    init(median: Double, minimum: Double, since earlier: Earlier) {
      ratio = median / earlier.median
      noise = Comparison.floor + (median / minimum - 1) + (earlier.median / earlier.minimum - 1)
    }

    var isSlower: Bool { ratio > 1 + noise }
    var isFaster: Bool { 1 / ratio > 1 + noise }
  }

  /// The table, what is beyond the noise first and the rest as a number.
  func text(_ run: Run, isa: String, cpu: String?) -> String {
    var (rows, unchanged, fresh) = ([(change: Change, cells: [String])](), 0, 0)
    for now in run.measurements {
      let then = earlier.first {
        $0.name == now.name && $0.shape == now.shape && $0.threads == now.threads && $0.isa == isa
      }
      guard let then else {
        fresh += 1
        continue
      }
      let change = Change(median: now.timing.median, minimum: now.timing.minimum, since: then)
      guard change.isSlower || change.isFaster else {
        unchanged += 1
        continue
      }
      rows.append(
        (
          change,
          [
            change.isSlower ? "slower" : "faster", now.name, now.shape, "\(now.threads)", Table.duration(then.median),
            Table.duration(now.timing.median), "\(Decimals.fixed(change.ratio, places: 2)) ×",
            "\(Decimals.fixed(100 * change.noise, places: 0)) %",
          ]
        ))
    }
    rows.sort { $0.change.ratio > $1.change.ratio }
    let header = ["", "name", "shape", "threads", "then", "now", "now/then", "noise"]
    let table = rows.isEmpty ? [] : Table.lines([header] + rows.map(\.cells), words: [0, 1, 2])
    let commit = machine.commit.map { ", commit \($0)" } ?? ""
    let slower = rows.filter { $0.change.isSlower }.count
    let summary =
      "Since \(path)\(commit): \(slower) slower and \(rows.count - slower) faster than the noise, \(unchanged) within it"
      + (fresh > 0 ? ", \(fresh) not in that file" : "") + "."
    let warning =
      machine.cpu == cpu ? [] : ["That was another processor, \(machine.cpu ?? "unknown"): the times do not compare."]
    return (table + [summary] + warning).joined(separator: "\n") + "\n"
  }
}
