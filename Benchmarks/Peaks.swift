import Kernels

/// Multiply-add rates in operations a second: the machine's at some moment, and the best seen so far in this run for every
/// number of threads.
struct Peaks {
  private(set) var values: [Int: Double] = [:]

  /// The loop's speed is given as the time of this many operations.
  static let operationsPerSample = 1e9

  /// Measures thoroughly, before the first case.
  mutating func measure(threads: Int) {
    record(multiplyAddPeak(threads: threads), threads)
  }

  /// The rate now, measured for about 20 ms: the best of four, as other programs only ever make the loop slower.
  mutating func now(threads: Int) -> Double {
    let rate = multiplyAddPeak(threads: threads, seconds: 0.005, repetitions: 4)
    record(rate, threads)
    return rate
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
