/// Shows how far long work is: a bar on a terminal, at most ten times a second; elsewhere a plain line every five seconds and one
/// at the end of the phase.
///
/// To be used from one thread. Dropped before `finish`, as when an error is thrown, it ends the terminal's line so that the error
/// stands on its own.
package final class Progress {
  /// The state as last reported.
  private var line: ProgressLine
  private let console: Console
  private let now: () -> Double
  private let began: Double
  private var lastShown: Double
  private var isLineOpen = false

  /// Starts a phase of `total` units, of which an earlier process did `start`.
  ///
  /// - Parameter now: seconds of a clock that never goes back.
  package init(
    _ label: String, total: Int, unit: String, start: Int = 0, console: Console,
    now: @escaping () -> Double = Progress.seconds
  ) {
    line = ProgressLine(label: label, unit: unit, total: total, start: start, done: start, elapsed: 0, extra: "")
    self.console = console
    self.now = now
    began = now()
    // A terminal shows the bar with the first report; a log waits for its interval.
    lastShown = console.isTerminal ? -.infinity : began
  }

  /// Reports that `done` units are done; costs a look at the clock unless it is time to show it.
  package func update(done: Int, extra: @autoclosure () -> String = "") {
    let time = now()
    line.done = done
    guard time - lastShown >= (console.isTerminal ? 0.1 : 5) else { return }
    lastShown = time
    line.elapsed = time - began
    line.extra = extra()
    if console.isTerminal {
      // Return to the first column, write, erase what a longer line left.
      console.error("\r\(line.bar(width: console.columns))\u{1B}[K")
      isLineOpen = true
    } else {
      console.error("\(line.plain)\n")
    }
  }

  /// Ends the phase with a line that says how many units it did, how long it took and how fast it was.
  package func finish(extra: String = "") {
    line.elapsed = now() - began
    line.extra = extra
    console.error(isLineOpen ? "\r\(line.summary)\u{1B}[K\n" : "\(line.summary)\n")
    isLineOpen = false
  }

  deinit {
    if isLineOpen { console.error("\n") }
  }

  /// Seconds since the first use, by a clock that never goes back.
  package static func seconds() -> Double { origin.duration(to: .now) / .seconds(1) }

  private static let origin = ContinuousClock.now
}
