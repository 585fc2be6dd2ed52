import MicroKernels

/// Memory that threads write beside a call's results, a part for every thread.
///
/// What a thread wrote in one call is still in its cache in the next, if it gets the same part. Taken from the pool task by task,
/// parts would go from thread to thread, and with them every line from one cache to another: where two processors share none
/// that took four times as long as packing what was written.
final class ThreadScratch {
  private let storage: VectorStorage
  private let threads: Int
  private let vectors: Int

  /// `vectors` undefined vectors for each of `threads` threads.
  init(threads: Int, vectors: Int) {
    (self.threads, self.vectors) = (threads, vectors)
    storage = VectorStorage(count: threads * vectors)
  }

  /// The part of thread number `thread`; see `Parallel.forEach`.
  func part(_ thread: Int) -> UnsafeMutablePointer<Vector> {
    precondition(thread < threads, "scratch: thread \(thread) of \(threads)")
    return storage.pointer + thread * vectors
  }
}
