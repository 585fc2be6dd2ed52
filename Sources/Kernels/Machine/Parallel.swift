import Dispatch
import Synchronization

/// Threads: the one file that imports Dispatch.
///
/// Work is given as a number of independent tasks that write disjoint memory. Which thread takes which task changes from
/// run to run; as no task reads what another writes, results do not.
public enum Parallel {
  /// Number of threads that `forEach` uses; at first the number of processors.
  public static var threads: Int {
    get { chosenThreads.load(ordering: .relaxed) }
    set {
      precondition(newValue >= 1, "threads: expected at least 1, found \(newValue)")
      chosenThreads.store(newValue, ordering: .relaxed)
    }
  }

  /// Calls `body` once for every index below `count`, on up to `threads` threads, and returns when all calls have.
  ///
  /// Cost: a few microseconds for waking the other threads; with one task or one thread, nothing.
  static func forEach(_ count: Int, _ body: (Int) -> Void) {
    let workers = min(threads, count)
    guard workers > 1 else {
      for index in 0..<max(count, 0) { body(index) }
      return
    }
    // Tasks are handed out one by one, so that a thread that is interrupted does not hold up the others.
    let next = Atomic<Int>(0)
    withoutActuallyEscaping(body) { body in
      // Sharing is safe: the call returns after the last task, and tasks write disjoint memory.
      let shared = Unchecked(body)
      DispatchQueue.concurrentPerform(iterations: workers) { _ in
        while true {
          let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
          guard index < count else { return }
          shared.value(index)
        }
      }
    }
  }

  /// Calls `body` with ranges that cover `0..<count`, each of at least `grain` elements but the last.
  static func forRanges(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
    let tasks = min((count + grain - 1) / max(grain, 1), 4 * threads)
    guard tasks > 1 else {
      if count > 0 { body(0..<count) }
      return
    }
    let size = max(grain, (count + tasks - 1) / tasks)
    forEach(tasks) { task in
      let start = min(task * size, count)
      let end = min(start + size, count)
      if start < end { body(start..<end) }
    }
  }

  /// Nanoseconds of a clock that never goes back; only differences mean something.
  public static func nanoseconds() -> UInt64 { DispatchTime.now().uptimeNanoseconds }

  private static let chosenThreads = Atomic<Int>(processors())
}
