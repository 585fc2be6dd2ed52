import MicroKernels
import Synchronization

/// Memory that threads write beside a call's results, a part for every thread.
///
/// What a thread wrote in one call is still in its cache in the next, if it gets the same part. Taken from the pool task by task,
/// parts would go from thread to thread, and with them every line from one cache to another: where two processors share none
/// that took four times as long as packing what was written.
final class ThreadScratch {
  private let storage: VectorStorage
  private let threads: Int
  private let vectors: Int
  /// Parts of threads beyond those, which there are if somebody raises `Parallel.threads` while a call is under way.
  private let others = Mutex<[Int: VectorStorage]>([:])

  /// `vectors` undefined vectors for each of `threads` threads.
  init(threads: Int, vectors: Int) {
    (self.threads, self.vectors) = (threads, vectors)
    storage = VectorStorage(count: threads * vectors)
  }

  /// The part of thread number `thread`; see `Parallel.forEach`.
  func part(_ thread: Int) -> UnsafeMutablePointer<Vector> {
    guard thread >= threads else { return storage.pointer + thread * vectors }
    return others.withLock { parts in
      let part = parts[thread] ?? VectorStorage(count: vectors)
      parts[thread] = part
      return part.pointer
    }
  }
}
