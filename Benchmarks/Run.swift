import Kernels
import ToolSupport

/// What one case took.
struct Measurement {
  let name: String
  let shape: String
  let work: Work
  let threads: Int
  let timing: Timing

  /// 10⁹ operations a second by the median; nil where operations are not what the case is about.
  var gflops: Double? {
    guard case .operations(let count) = work else { return nil }
    return count / timing.median / 1e9
  }
}

/// All measurements of one run of the program.
struct Run {
  private(set) var measurements: [Measurement] = []
  private(set) var peaks = Peaks()

  /// Checks and times every case with every number of threads.
  ///
  /// - Throws: `BenchmarkError` when a check fails, `Interrupted` on Ctrl-C.
  init(cases: [Case], threads: [Int], sampling: Sampling, console: Console) throws {
    let before = Parallel.threads
    defer { Parallel.threads = before }
    for count in threads {
      Parallel.threads = count
      peaks.measure(threads: count)
      let progress = Progress(
        count == 1 ? "1 thread" : "\(count) threads", total: cases.count, unit: "cases", console: console)
      for (index, item) in cases.enumerated() {
        try Interrupt.check()
        progress.update(done: index, extra: item.title)
        try measurements.append(measure(item, threads: count, sampling))
      }
      progress.update(done: cases.count)
      progress.finish()
      // The next number of threads starts with memory as fresh as this one did.
      BufferPool.shared.drain()
    }
  }

  /// A measurement's rate as a fraction of the run's peak at as many threads.
  func shareOfPeak(_ measurement: Measurement) -> Double? {
    guard let gflops = measurement.gflops, let peak = peaks.values[measurement.threads] else { return nil }
    return gflops * 1e9 / peak
  }

  private mutating func measure(_ item: Case, threads: Int, _ sampling: Sampling) throws -> Measurement {
    let body = try item.prepare(Check(title: item.title))
    peaks.measureAgain(threads: threads)
    let timing =
      switch body {
      case .call(let call): try Timing(sampling, of: call)
      case .multiplyAddLoop: peaks.time(threads: threads, sampling)
      }
    return Measurement(name: item.name, shape: item.shape, work: item.work, threads: threads, timing: timing)
  }
}
