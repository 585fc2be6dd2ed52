import Foundation
import Testing

@testable import ToolSupport

@Suite struct MachineTests {
  @Test func fieldsAreFoundInTheKernelsText() {
    let text =
      "processor\t: 0\nmodel name\t: Some CPU @ 2.0GHz: fast\nmodel name\t: Other\nVmHWM:\t    1234 kB\nflags\t:\nno colon"
    #expect(Machine.field("model name", in: text) == "Some CPU @ 2.0GHz: fast")
    #expect(Machine.field("VmHWM", in: text) == "1234 kB")
    #expect(Machine.field("flags", in: text) == nil)
    #expect(Machine.field("model", in: text) == nil)
    #expect(Machine.field("x", in: "") == nil)
  }

  @Test(
    arguments: [
      ("1234 kB", 1_263_616), ("0 kB", 0), ("1234", nil), ("-1 kB", nil), ("1 MB", nil), ("", nil),
      ("9223372036854775807 kB", nil),
    ] as [(String, Int?)])
  func kilobytesAreOf1024(text: String, bytes: Int?) {
    #expect(Machine.kilobytes(text) == bytes)
  }

  @Test func thisMachineIsPlausible() {
    let machine = Machine.current
    #expect(machine.cores >= 1)
    #expect(machine.memory > 1 << 24)
    #expect(!machine.system.isEmpty)
    #expect(machine.processor != "")
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/self/status"), "needs /proc/self/status"))
  func peakMemoryGrowsWithUse() throws {
    let before = try #require(Machine.peakResidentBytes)
    #expect(before > 1 << 20 && before < Machine.current.memory)
    // More than was ever resident, and every page of it written.
    let block = [UInt8](repeating: 1, count: before + (32 << 20))
    let after = try #require(Machine.peakResidentBytes)
    #expect(after >= block.count)
  }
}
