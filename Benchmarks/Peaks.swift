import Kernels

/// The best multiply-add rate seen so far in this run, for every number of threads, in operations a second.
///
/// Other programs and the clock's frequency only ever make the loop slower than the machine can be, so the maximum over
/// all measurements of the run counts.
struct Peaks {
  private(set) var values: [Int: Double] = [:]

  /// The loop's speed is given as the time of this many operations.
  static let operationsPerSample = 1e9

  /// Measures thoroughly, before the first case.
  mutating func measure(threads: Int) {
    record(multiplyAddPeak(threads: threads), threads)
  }

  /// Measures for about 20 ms, before every case.
  mutating func measureAgain(threads: Int) {
    record(multiplyAddPeak(threads: threads, seconds: 0.005, repetitions: 4), threads)
  }

  /// The loop as a case of its own.
  mutating func time(threads: Int, _ sampling: Sampling) -> Timing {
    Timing(
      samples: (0..<sampling.count).map { _ in
        let rate = multiplyAddPeak(threads: threads, seconds: sampling.seconds, repetitions: 1)
        record(rate, threads)
        return Peaks.operationsPerSample / rate
      })
  }

  private mutating func record(_ rate: Double, _ threads: Int) { values[threads] = max(values[threads] ?? 0, rate) }
}
