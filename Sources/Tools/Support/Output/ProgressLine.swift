/// The state of one phase of long work, and its text.
package struct ProgressLine: Equatable, Sendable {
  /// What is being done: "Training".
  package var label: String
  /// What is counted, in the plural: "steps".
  package var unit: String
  /// How many there are.
  package var total: Int
  /// How many were done before this process began: a resumed run.
  package var start: Int
  /// How many are done, those before `start` included.
  package var done: Int
  /// Seconds since this process began.
  package var elapsed: Double
  /// Free text at the end, such as "loss 0.012"; empty for none.
  package var extra: String

  /// For a terminal: label, bar, share done, count, rate, time left and extra on one line shorter than `width`; the bar shrinks
  /// from 30 columns to 5 and goes first, then the end of the line is cut.
  package func bar(width: Int) -> String {
    let left = remaining.map { ", \($0) left" } ?? ""
    let rest = " \(percent) %  \(done)/\(total) \(unit)\(rate.map { ", \($0)" } ?? "")\(left)\(tail)"
    // The last column stays free: some terminals wrap as soon as it is written.
    let room = width - 1 - label.count - rest.count - 4
    guard room >= 5 else { return String((label + " " + rest).prefix(max(0, width - 1))) }
    let columns = min(room, 30)
    let filled = Int(Double(columns) * share)
    return "\(label)  [" + String(repeating: "#", count: filled) + String(repeating: ".", count: columns - filled) + "]"
      + rest
  }

  /// For a log: the same as a plain line.
  package var plain: String {
    let left = remaining.map { ", \($0) left" } ?? ""
    return "\(label): \(done) of \(total) \(unit) (\(percent) %)\(rate.map { ", \($0)" } ?? "")\(left)\(tail)"
  }

  /// The last line of a phase: count, time taken, rate.
  package var summary: String {
    "\(label): \(done) \(unit) in \(ProgressLine.duration(elapsed))\(rate.map { ", \($0)" } ?? "")\(tail)"
  }

  /// Seconds as "0.42 s" below ten, else "0:12", "3:05" or "1:02:03".
  package static func duration(_ seconds: Double) -> String {
    guard seconds >= 10 else { return "\(Decimals.fixed(max(0, seconds), places: seconds < 1 ? 2 : 1)) s" }
    return clock(seconds)
  }

  /// Units per second in this process; `nil` before the first.
  private var perSecond: Double? {
    guard done > start && elapsed > 0 else { return nil }
    return Double(done - start) / elapsed
  }

  private var share: Double { total > 0 ? min(max(Double(done) / Double(total), 0), 1) : 1 }

  /// Whole per cent, rounded down: 100 only when all is done.
  private var percent: Int { Int(share * 100) }

  /// Three significant digits.
  private var rate: String? {
    perSecond.map { value in
      let text =
        switch value {
        case ..<1: Decimals.fixed(value, places: 3)
        case ..<10: Decimals.fixed(value, places: 2)
        case ..<100: Decimals.fixed(value, places: 1)
        default: Decimals.fixed(value, places: 0)
        }
      return "\(text) \(unit)/s"
    }
  }

  private var remaining: String? {
    perSecond.flatMap { done < total ? ProgressLine.clock(Double(total - done) / $0) : nil }
  }

  private var tail: String { extra.isEmpty ? "" : ", \(extra)" }

  /// Seconds, rounded up, as "0:12", "3:05" or "1:02:03"; at most 999 hours.
  private static func clock(_ seconds: Double) -> String {
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let whole = Int(min(max(0, seconds.rounded(.up)), 999 * 3600))
    let (hours, minutes) = (whole / 3600, whole / 60 % 60)
    return hours > 0 ? "\(hours):\(two(minutes)):\(two(whole % 60))" : "\(minutes):\(two(whole % 60))"
  }
}
