import Foundation
import Synchronization

/// Thrown by long work when the user asked for it to stop.
package struct Interrupted: Error, Equatable, CustomStringConvertible {
  /// SIGINT (Ctrl-C) or SIGTERM.
  package let signal: Int32

  /// One sentence.
  package var description: String { signal == SIGTERM ? "terminated." : "interrupted." }
}

/// Ctrl-C as an ordinary error: the first one sets a flag that long work looks at, the second one exits at once, with the
/// code that shells use for a process stopped by a signal: 130 for Ctrl-C.
package enum Interrupt {
  /// The first signal received, 0 when none. A signal handler may touch nothing but such a flag.
  private static let pending = Atomic<Int32>(0)

  /// Runs `body` with SIGINT and SIGTERM handled, then gives both their default action again.
  package static func handling<Result>(_ body: () throws -> Result) rethrows -> Result {
    install()
    defer {
      for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
    }
    return try body()
  }

  private static func install() {
    // This store also makes sure that the flag exists before a handler can run.
    pending.store(0, ordering: .sequentiallyConsistent)
    for number in [SIGINT, SIGTERM] {
      signal(number) { received in
        if Interrupt.pending.exchange(received, ordering: .sequentiallyConsistent) != 0 { _exit(128 + received) }
      }
    }
  }

  /// Throws `Interrupted` when a signal has arrived since `handling` began; costs one atomic load, so call it in every step.
  package static func check() throws(Interrupted) {
    let received = pending.load(ordering: .relaxed)
    if received != 0 { throw Interrupted(signal: received) }
  }
}
