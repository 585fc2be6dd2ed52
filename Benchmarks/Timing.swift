import Kernels
import ToolSupport

/// How long to look.
struct Sampling {
  /// Number of samples; odd, so that the median is one of them.
  let count: Int
  /// Seconds that a sample lasts at least.
  let seconds: Double

  /// For the record.
  static let full = Sampling(count: 15, seconds: 0.02)
  /// For a look.
  static let quick = Sampling(count: 5, seconds: 0.005)
}

/// Seconds that one call took, and what memory the calls took.
struct Timing {
  let median: Double
  let minimum: Double
  /// Bytes of activations that the timed calls together asked of the system: none where every call finds what the calls before
  /// gave back.
  let bytesAllocated: Int

  /// From the seconds a call of every sample.
  init(samples: [Double], bytesAllocated: Int = 0) {
    let sorted = samples.sorted()
    median = sorted[sorted.count / 2]
    minimum = sorted[0]
    self.bytesAllocated = bytesAllocated
  }

  /// Times `call`: a warm-up as long as a sample, then samples of so many calls that each lasts long enough for the
  /// clock's resolution and the loop around the call not to matter.
  init(_ sampling: Sampling, of call: () throws -> Void) throws {
    let start = Timing.now()
    var calls = 0
    repeat {
      try call()
      calls += 1
    } while Timing.now() - start < sampling.seconds
    let inner = try Timing.callsFilling(sampling.seconds, guess: calls, call)
    let held = BufferPool.shared.statistics.bytes
    var samples: [Double] = []
    for _ in 0..<sampling.count {
      try Interrupt.check()
      samples.append(try Timing.seconds(of: inner, call) / Double(inner))
    }
    self.init(samples: samples, bytesAllocated: BufferPool.shared.statistics.bytes - held)
  }

  /// How many calls last `seconds`, found by trying: the first calls are slower than the later ones.
  private static func callsFilling(_ seconds: Double, guess: Int, _ call: () throws -> Void) throws -> Int {
    var calls = guess
    while true {
      let taken = try Timing.seconds(of: calls, call)
      if taken >= seconds { return calls }
      // A tenth more than needed at this speed, and at most ten times as many in one go.
      let factor = min(1.1 * seconds / max(taken, 1e-9), 10)
      calls = max(calls + 1, Int(Double(calls) * factor))
    }
  }

  private static func seconds(of calls: Int, _ call: () throws -> Void) rethrows -> Double {
    let start = now()
    for _ in 0..<calls { try call() }
    return now() - start
  }

  private static func now() -> Double { Double(Parallel.nanoseconds()) * 1e-9 }
}
