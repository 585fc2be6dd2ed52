import Foundation
import Testing

@testable import ToolSupport

/// Signals belong to a whole process, so each of these has its own.
@Suite struct InterruptTests {
  /// Sends a signal to this process, as a terminal does, and waits up to two seconds for `check` to throw.
  ///
  /// (`raise` would send it to the thread, and the threads that tests run on may block signals.)
  private static func receive(_ number: Int32) -> Interrupted? {
    kill(ProcessInfo.processInfo.processIdentifier, number)
    for _ in 0..<2000 {
      do { try Interrupt.check() } catch { return error }
      Thread.sleep(forTimeInterval: 0.001)
    }
    return nil
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func theFirstSignalIsAnError(number: Int32) async {
    await #expect(processExitsWith: .success) { [number] in
      Interrupt.handling {
        #expect(throws: Never.self) { try Interrupt.check() }
        #expect(Self.receive(number) == Interrupted(signal: number))
      }
      // A new run begins without the signal of the last one.
      Interrupt.handling { #expect(throws: Never.self) { try Interrupt.check() } }
    }
  }

  @Test func theSecondSignalExitsAtOnce() async {
    await #expect(processExitsWith: .exitCode(130)) {
      Interrupt.handling {
        _ = Self.receive(SIGINT)
        kill(ProcessInfo.processInfo.processIdentifier, SIGINT)
        Thread.sleep(forTimeInterval: 2)
      }
    }
  }

  @Test func theDefaultActionComesBack() async {
    await #expect(processExitsWith: .signal(SIGINT)) {
      Interrupt.handling {}
      _ = Self.receive(SIGINT)
    }
  }
}
