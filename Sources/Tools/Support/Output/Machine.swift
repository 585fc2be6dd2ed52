import Foundation

/// The machine that a run is measured on, as far as it can be known without asking for more than reading `/proc`.
package struct Machine: Equatable, Sendable {
  /// The processor's name; `nil` where `/proc/cpuinfo` does not give it.
  package let processor: String?
  /// Operating system and version.
  package let system: String
  /// Logical processors in use by the system.
  package let cores: Int
  /// Memory of the machine in bytes.
  package let memory: Int

  /// The machine of this process.
  package static var current: Machine {
    let process = ProcessInfo.processInfo
    return Machine(
      processor: text("/proc/cpuinfo").flatMap { field("model name", in: $0) },
      system: process.operatingSystemVersionString,
      cores: process.activeProcessorCount,
      memory: Int(clamping: process.physicalMemory))
  }

  /// The most memory that this process has had resident so far, in bytes; `nil` where `/proc/self/status` does not give it.
  package static var peakResidentBytes: Int? {
    text("/proc/self/status").flatMap { field("VmHWM", in: $0) }.flatMap { kilobytes($0) }
  }

  /// The value of the first line `name : value` of `text`; `nil` when there is none or it is empty.
  package static func field(_ name: String, in text: String) -> String? {
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, parts[0].trimmingCharacters(in: .whitespaces) == name else { continue }
      let value = parts[1].trimmingCharacters(in: .whitespaces)
      return value.isEmpty ? nil : value
    }
    return nil
  }

  /// Bytes of a size such as "1234 kB", the kernel's own notation for 1024 bytes; `nil` for anything else.
  package static func kilobytes(_ text: String) -> Int? {
    let words = text.split(separator: " ")
    guard words.count == 2, words[1] == "kB", let count = Int(words[0]), count >= 0 else { return nil }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: 1024)
    return overflow ? nil : bytes
  }

  /// The first 64 KiB of a file of the kernel's.
  private static func text(_ path: String) -> String? {
    guard let bytes = try? FileHandle(forReadingAtPath: path)?.read(upToCount: 65536) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }
}
