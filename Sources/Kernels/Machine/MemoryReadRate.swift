import MicroKernels

/// Bytes a second that `threads` threads read, each from a part of its own, of memory that no cache holds (256 MB): the best of
/// `repetitions`, as interference only ever slows down.
public func memoryReadRate(threads: Int, repetitions: Int = 5) -> Double {
  let before = Parallel.threads
  defer { Parallel.threads = before }
  Parallel.threads = threads
  let count = 1 << 22
  let storage = VectorStorage(count: count)
  let readAhead = InstructionSet.selected.readAhead
  let parts = 8 * threads
  let sums = VectorStorage(count: parts)
  // Its pages exist once they are written to.
  Parallel.forRanges(count, grain: count / parts) { range in
    (storage.pointer + range.lowerBound).update(repeating: Vector(repeating: 0), count: range.count)
  }
  let times = (0..<max(repetitions, 1)).map { _ in
    let start = Parallel.nanoseconds()
    Parallel.forEach(parts) { part in
      let first = count * part / parts
      sums.pointer[part] = readAhead(count * (part + 1) / parts - first, UnsafePointer(storage.pointer + first))
    }
    return Parallel.nanoseconds() - start
  }
  return Double(64 * count) / (Double(times.min() ?? 1) * 1e-9)
}
