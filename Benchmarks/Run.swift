import Kernels
import ToolSupport

/// What one case took.
struct Measurement {
  let name: String
  let shape: String
  let work: Work
  let threads: Int
  let timing: Timing
  /// Operations a second of the multiply-add loop with as many threads, the better of just before and just after.
  let peak: Double

  /// 10⁹ operations a second by the median; nil where operations are not what the case is about.
  var gflops: Double? {
    guard case .operations(let count, _) = work else { return nil }
    return count / timing.median / 1e9
  }

  /// The rate as a fraction of the peak.
  var shareOfPeak: Double? { gflops.map { $0 * 1e9 / peak } }
}

/// All measurements of one run of the program.
struct Run {
  private(set) var measurements: [Measurement] = []
  private(set) var peaks = Peaks()
  /// Bytes a second that can be read from memory, for every number of threads.
  private(set) var memoryRates: [Int: Double] = [:]

  /// Checks and times every case with every number of threads.
  ///
  /// - Throws: `BenchmarkError` when a check fails, `Interrupted` on Ctrl-C.
  init(cases: [Case], threads: [Int], sampling: Sampling, console: Console) throws {
    let before = Parallel.threads
    defer { Parallel.threads = before }
    for count in threads {
      Parallel.threads = count
      peaks.measure(threads: count)
      // Only where it is asked for: its memory would be most of what a step takes.
      if cases.contains(where: \.work.isProduct) {
        memoryRates[count] = memoryReadRate(threads: count)
        BufferPool.shared.drain()
      }
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

  private mutating func measure(_ item: Case, threads: Int, _ sampling: Sampling) throws -> Measurement {
    let body = try item.prepare(Check(title: item.title))
    let before = peaks.now(threads: threads)
    let timing =
      switch body {
      case .call(let call): try Timing(sampling, of: call)
      case .multiplyAddLoop: peaks.time(threads: threads, sampling)
      }
    return Measurement(
      name: item.name, shape: item.shape, work: item.work, threads: threads, timing: timing,
      peak: max(before, peaks.now(threads: threads)))
  }
}
