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
  /// Cost: under a microsecond while the other threads are still awake from the call before, else what the system takes
  /// to wake them. A call from within a task, or while another thread's call is under way, runs on the caller alone.
  static func forEach(_ count: Int, _ body: (Int) -> Void) { forEach(count) { task, _ in body(task) } }

  /// The same, with a number below `threads` of the thread that a task runs on: what has this number in one call is not used by
  /// two tasks at a time, and in the next call most likely by the same thread, in whose cache it still is.
  static func forEach(_ count: Int, _ body: (_ task: Int, _ thread: Int) -> Void) {
    let workers = min(threads, count)
    guard workers > 1, team.run(count, workers: workers - 1, body) else {
      for index in 0..<max(count, 0) { body(index, 0) }
      return
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
  private static let team = Team()
}

/// Threads that outlive a call. A training step is dozens of short parallel calls, and waking a thread through the
/// system takes as long as many of them last; so a worker that has nothing to do looks out for the next call for a while
/// before it goes to sleep.
///
/// Every thread has a share of the tasks, the same part of them in every call: consecutive layers cut a batch alike, so a
/// thread finds in its own cache what it wrote a layer before. Where processors share no cache, fetching it from the other
/// one costs more than many a layer's arithmetic.
///
/// Why this is safe: `body` and `shares` are written by the one caller that holds `isBusy`, while the gate is
/// closed and nobody is inside. A worker reads them only inside: it enters by adding one to an open gate, and the caller
/// returns only when it has closed the gate and everybody has left.
private final class Team: @unchecked Sendable {
  /// Set in `gate` while no worker may enter; the other bits count the workers inside.
  private static let closed = 1 << 32
  /// Nanoseconds of looking: longer than what a training step does on one thread between two calls. Waking a sleeper of
  /// a virtual machine takes 60 µs (measured: 256³ on two threads 120 µs with sleepers, 74 µs without).
  private static let patience: UInt64 = 300_000
  /// Looks between two at the clock, which costs as much as twenty.
  private static let looks = 500

  // What several threads write is on cache lines apart: a line that one writes and another looks at goes to and fro between processors, a
  // fifth of a microsecond each time where these share no cache.
  private let isBusy = Atomic<Bool>(false)
  private var hired = 0
  private var shares: [Share] = []
  private var body: ((Int, Int) -> Void)?
  private let spareProcessors = processors() - 1
  private let queue = DispatchQueue(label: "metamer.team", attributes: .concurrent)
  private let wake = DispatchSemaphore(value: 0)
  private let beforeCall = CacheLine()
  private let call = Atomic<Int>(0)
  private let beforeGate = CacheLine()
  private let gate = Atomic<Int>(closed)
  private let beforeSleepers = CacheLine()
  private let sleepers = Atomic<Int>(0)
  private let behindSleepers = CacheLine()

  /// Shares `count` tasks with `workers` others. False, with nothing done, if the team is at work already.
  func run(_ count: Int, workers: Int, _ body: (Int, Int) -> Void) -> Bool {
    guard !isBusy.exchange(true, ordering: .acquiring) else { return false }
    withoutActuallyEscaping(body) { body in
      hire(workers)
      while shares.count < workers + 1 { shares.append(Share()) }
      if shares.count > workers + 1 { shares.removeLast(shares.count - workers - 1) }
      for (index, share) in shares.enumerated() {
        share.next.store(count * index / shares.count, ordering: .relaxed)
        share.end = count * (index + 1) / shares.count
      }
      self.body = body
      gate.store(0, ordering: .releasing)
      call.wrappingAdd(1, ordering: .sequentiallyConsistent)
      for _ in 0..<min(sleepers.load(ordering: .sequentiallyConsistent), hired) { wake.signal() }
      takeTasks(body, thread: 0)
      // No task is left. Whoever comes now stays out; whoever is inside finishes its last task.
      gate.bitwiseOr(Self.closed, ordering: .acquiringAndReleasing)
      while gate.load(ordering: .acquiring) != Self.closed {}
      self.body = nil
    }
    isBusy.store(false, ordering: .releasing)
    return true
  }

  private func hire(_ workers: Int) {
    while hired < workers {
      let number = hired
      queue.async { self.work(number) }
      hired += 1
    }
  }

  /// A thread's own share first, then what is left of the others', task by task: whoever is interrupted does not hold up
  /// the rest.
  private func takeTasks(_ body: (Int, Int) -> Void, thread: Int) {
    for step in 0..<shares.count {
      let share = shares[(thread + step) % shares.count]
      while true {
        let index = share.next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < share.end else { break }
        body(index, thread)
      }
    }
  }

  /// A worker's life.
  private func work(_ number: Int) {
    var seen = 0
    while true {
      seen = waitForCall(after: seen, number)
      guard enter() else { continue }
      if number + 1 < shares.count, let body { takeTasks(body, thread: number + 1) }
      gate.wrappingSubtract(1, ordering: .releasing)
    }
  }

  private func enter() -> Bool {
    var state = gate.load(ordering: .acquiring)
    while state & Self.closed == 0 {
      let result = gate.weakCompareExchange(expected: state, desired: state + 1, ordering: .acquiringAndReleasing)
      if result.exchanged { return true }
      state = result.original
    }
    return false
  }

  /// Returns the number of a call later than `seen`. With more workers than processors nobody looks: it would keep
  /// those who work from their processor.
  private func waitForCall(after seen: Int, _ number: Int) -> Int {
    if number < spareProcessors {
      let start = Parallel.nanoseconds()
      repeat {
        for _ in 0..<Self.looks {
          let now = call.load(ordering: .acquiring)
          if now != seen { return now }
        }
      } while Parallel.nanoseconds() &- start < Self.patience
    }
    while true {
      sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
      // A call made before the line above did not see this sleeper: look once more.
      let now = call.load(ordering: .sequentiallyConsistent)
      if now == seen { wake.wait() }
      sleepers.wrappingSubtract(1, ordering: .sequentiallyConsistent)
      let after = call.load(ordering: .acquiring)
      if after != seen { return after }
    }
  }
}

/// One thread's part of a call's tasks.
private final class Share: Sendable {
  /// The first task that nobody has taken.
  let next = Atomic<Int>(0)
  /// One more than the last; written while nobody is inside.
  nonisolated(unsafe) var end = 0
  private let behind = CacheLine()
}

/// A cache line with nothing on it: what stands before it in a class, and what stands behind, are on different ones.
private struct CacheLine: Sendable {
  private let room = SIMD64<UInt8>()
}
