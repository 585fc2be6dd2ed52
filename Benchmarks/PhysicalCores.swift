import Foundation
import ToolSupport

/// Cores as hardware: two processors of the system can be two threads of one core.
enum PhysicalCores {
  /// Of this machine; nil where `/proc/cpuinfo` does not tell.
  static var ofThisMachine: Int? {
    (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)).flatMap { count(cpuinfo: $0) }
  }

  /// How many pairs of socket and core the processors' paragraphs name.
  static func count(cpuinfo: String) -> Int? {
    let cores = cpuinfo.split(separator: "\n\n").compactMap { processor -> String? in
      let text = String(processor)
      guard let core = Machine.field("core id", in: text) else { return nil }
      return "\(Machine.field("physical id", in: text) ?? "0").\(core)"
    }
    return cores.isEmpty ? nil : Set(cores).count
  }
}
