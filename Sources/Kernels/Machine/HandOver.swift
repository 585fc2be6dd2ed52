import MicroKernels

/// What threads take to hand over what they wrote: every thread writes a part of memory, then reads the part of the next one. Where two
/// processors share a cache that is fast; where they do not, it bounds every product that lasts a few microseconds.
public struct HandOver: Sendable {
  private let vectors: Int
  private let threads: Int
  private let storage: VectorStorage
  private let sums: VectorStorage

  /// Parts of `vectors` vectors, one for each of the threads that there are now.
  public init(vectors: Int) {
    precondition(vectors >= 0, "hand-over: expected at least 0 vectors, found \(vectors)")
    self.vectors = vectors
    threads = Parallel.threads
    storage = VectorStorage(count: vectors * threads)
    sums = VectorStorage(count: threads)
  }

  /// One exchange: two parallel calls. `value` is what is written, plus the part's number; returns what each thread read, added up
  /// (`readAhead` leaves out up to three vectors at the end).
  @discardableResult
  public func exchange(_ value: Float) -> [Float] {
    Parallel.forEach(threads) { part in
      (storage.pointer + part * vectors).update(repeating: Vector(repeating: value + Float(part)), count: vectors)
    }
    Parallel.forEach(threads) { part in
      let next = storage.pointer + (part + 1) % threads * vectors
      sums.pointer[part] = InstructionSet.selected.readAhead(vectors, UnsafePointer(next))
    }
    return (0..<threads).map { sums.pointer[$0][0] }
  }
}
