import Synchronization
import Testing

@testable import ToolSupport

@Suite struct ProgressLineTests {
  private func line(_ done: Int, of total: Int = 2000, start: Int = 0, _ elapsed: Double, _ extra: String = "")
    -> ProgressLine
  {
    ProgressLine(
      label: "Training", unit: "steps", total: total, start: start, done: done, elapsed: elapsed, extra: extra)
  }

  @Test func barShowsShareRateAndTimeLeft() {
    #expect(
      line(500, 10, "loss 0.012").bar(width: 120)
        == "Training  [#######.......................] 25 %  500/2000 steps, 50.0 steps/s, 0:30 left, loss 0.012")
    #expect(line(0, 0).bar(width: 120) == "Training  [..............................] 0 %  0/2000 steps")
    #expect(
      line(2000, 4000).bar(width: 120)
        == "Training  [##############################] 100 %  2000/2000 steps, 0.500 steps/s")
  }

  @Test(arguments: 0...140)
  func barStaysInsideItsLine(width: Int) {
    let text = line(1999, 7200, "loss 0.012").bar(width: width)
    #expect(text.count <= max(0, width - 1))
    #expect(width < 20 || text.hasPrefix("Training "))
    #expect(width < 100 || text.hasSuffix("loss 0.012"))
  }

  @Test(arguments: [
    (
      line: ProgressLine(label: "A", unit: "b", total: 10, start: 4, done: 6, elapsed: 1, extra: ""),
      "A: 6 of 10 b (60 %), 2.00 b/s, 0:02 left"
    ),
    (
      ProgressLine(label: "A", unit: "b", total: 10, start: 4, done: 4, elapsed: 1, extra: "x"),
      "A: 4 of 10 b (40 %), x"
    ),
    (ProgressLine(label: "A", unit: "b", total: 0, start: 0, done: 0, elapsed: 0, extra: ""), "A: 0 of 0 b (100 %)"),
    (
      ProgressLine(label: "A", unit: "b", total: 3, start: 0, done: 4, elapsed: 2, extra: ""),
      "A: 4 of 3 b (100 %), 2.00 b/s"
    ),
    (
      ProgressLine(label: "A", unit: "b", total: 7323, start: 0, done: 1000, elapsed: 1000.0, extra: ""),
      "A: 1000 of 7323 b (13 %), 1.00 b/s, 1:45:23 left"
    ),
    (
      ProgressLine(label: "A", unit: "b", total: .max, start: 0, done: 1, elapsed: 1e9, extra: ""),
      "A: 1 of 9223372036854775807 b (0 %), 0.000 b/s, 999:00:00 left"
    ),
    (
      ProgressLine(label: "A", unit: "b", total: 1000, start: 0, done: 999, elapsed: 1, extra: ""),
      "A: 999 of 1000 b (99 %), 999 b/s, 0:01 left"
    ),
  ])
  func plainLinesSayTheSame(line: ProgressLine, text: String) {
    #expect(line.plain == text)
  }

  @Test func summarySaysHowLongItTook() {
    #expect(line(2000, 88.2, "loss 0.5").summary == "Training: 2000 steps in 1:29, 22.7 steps/s, loss 0.5")
    #expect(line(2000, 0.256).summary == "Training: 2000 steps in 0.26 s, 7813 steps/s")
    #expect(line(0, 0).summary == "Training: 0 steps in 0.00 s")
  }
}

@Suite struct ProgressTests {
  /// A clock that a test sets.
  private final class Clock {
    var time = 100.0
  }

  @Test func aLogGetsALineEveryFiveSeconds() {
    let (transcript, clock) = (Transcript(), Clock())
    let progress = Progress("Reading", total: 100, unit: "files", console: transcript.console()) { clock.time }
    for step in 1...100 {
      clock.time += 0.125
      progress.update(done: step, extra: "at \(step)")
    }
    progress.finish()
    #expect(
      transcript.error == """
        Reading: 40 of 100 files (40 %), 8.00 files/s, 0:08 left, at 40
        Reading: 80 of 100 files (80 %), 8.00 files/s, 0:03 left, at 80
        Reading: 100 files in 0:13, 8.00 files/s

        """)
  }

  @Test func aTerminalGetsTenBarsASecond() {
    let (transcript, clock) = (Transcript(), Clock())
    let progress = Progress("Reading", total: 1024, unit: "files", console: transcript.console(isTerminal: true)) {
      clock.time
    }
    for step in 1...1024 {
      clock.time += 1 / 1024
      progress.update(done: step)
    }
    progress.finish(extra: "done")
    let parts = transcript.error.split(separator: "\r", omittingEmptySubsequences: false)
    // Nothing before the first return, a bar every 103 steps beginning with the first, the summary.
    #expect(parts.count == 1 + 10 + 1)
    #expect(parts[0].isEmpty)
    #expect(parts[1] == "Reading  [.........................] 0 %  1/1024 files, 1024 files/s, 0:01 left\u{1B}[K")
    #expect(parts[11] == "Reading: 1024 files in 1.0 s, 1024 files/s, done\u{1B}[K\n")
    for part in parts.dropFirst() { #expect(part.count <= 79 + 3) }
  }

  @Test func anUnfinishedBarEndsItsLine() {
    let transcript = Transcript()
    do {
      let progress = Progress("Reading", total: 2, unit: "files", console: transcript.console(isTerminal: true))
      progress.update(done: 1)
    }
    #expect(transcript.error.hasSuffix("\u{1B}[K\n"))
    let quiet = Transcript()
    do { _ = Progress("Reading", total: 2, unit: "files", console: quiet.console(isTerminal: true)) }
    #expect(quiet.error.isEmpty)
  }

  @Test func theClockGoesForward() {
    let first = Progress.seconds()
    #expect(first >= 0 && Progress.seconds() >= first)
  }
}
