import MicroKernels
import Synchronization

/// A block of vectors at a 64-byte boundary, handed back to the pool when nobody holds it.
///
/// Why this is safe: the pointer is private to the kernels, lives exactly as long as the object, and is written only
/// through a reference that is known to be unique (see `Activation`) or before it is shared.
final class VectorStorage: @unchecked Sendable {
  /// Number of vectors.
  let count: Int
  let pointer: UnsafeMutablePointer<Vector>

  /// Storage with undefined contents; the caller overwrites all of it.
  init(count: Int) {
    precondition(count >= 0, "storage: expected a count of at least 0, found \(count)")
    self.count = count
    pointer = BufferPool.shared.take(count)
  }

  deinit { BufferPool.shared.give(pointer, count) }
}

/// Free blocks by size: a training step asks for the same sizes as the one before, and gets the same blocks.
public final class BufferPool: Sendable {
  /// The pool that every activation uses.
  public static let shared = BufferPool()

  private struct State {
    var free: [Int: [UInt]] = [:]
    var allocations = 0
    var bytes = 0
    var poisons = false
  }

  private let state = Mutex(State())

  /// How many blocks were asked of the system so far, and the bytes now held, in use and free.
  public var statistics: (allocations: Int, bytes: Int) { state.withLock { ($0.allocations, $0.bytes) } }

  /// Fills every block with NaN before it is handed out: tests use it to show that kernels overwrite their outputs.
  public func setPoisoning(_ poisons: Bool) { state.withLock { $0.poisons = poisons } }

  /// Returns all free blocks to the system.
  public func drain() {
    state.withLock { state in
      for (count, blocks) in state.free {
        for block in blocks { UnsafeMutableRawPointer(bitPattern: block)?.deallocate() }
        state.bytes -= blocks.count * bytes(count)
      }
      state.free = [:]
    }
  }

  fileprivate func take(_ count: Int) -> UnsafeMutablePointer<Vector> {
    let (block, poisons) = state.withLock { state -> (UInt, Bool) in
      if let block = state.free[count]?.popLast() { return (block, state.poisons) }
      state.allocations += 1
      state.bytes += bytes(count)
      let fresh = UnsafeMutableRawPointer.allocate(byteCount: bytes(count), alignment: 64)
      return (UInt(bitPattern: fresh), state.poisons)
    }
    guard let raw = UnsafeMutableRawPointer(bitPattern: block) else { preconditionFailure("a block has an address") }
    let pointer = raw.bindMemory(to: Vector.self, capacity: count)
    if poisons { pointer.update(repeating: Vector(repeating: .nan), count: count) }
    return pointer
  }

  fileprivate func give(_ pointer: UnsafeMutablePointer<Vector>, _ count: Int) {
    state.withLock { $0.free[count, default: []].append(UInt(bitPattern: pointer)) }
  }

  /// A vector more than is used: register tiles have an even number of rows, and read one that does not exist beyond an
  /// odd number of channels, to drop what comes of it.
  private func bytes(_ count: Int) -> Int { (count + 1) * 64 }
}
