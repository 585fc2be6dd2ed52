import Kernels
import ToolSupport

extension Metrics {
  /// Records what a run's times depend on, and the commit that it ran.
  mutating func recordMachine() {
    self["machine.isa"] = .text(InstructionSet.current)
    self["machine.threads"] = .integer(Parallel.threads)
    self["machine.cpu"] = .optional(Machine.current.processor)
    self["machine.system"] = .text(Machine.current.system)
    self["machine.cores"] = .integer(Machine.current.cores)
    self["machine.peak_memory_bytes"] = .optional(Machine.peakResidentBytes)
    self["machine.commit"] = .optional(GitCommit.current())
  }
}
