import Foundation

/// What the processor can do, as far as the choice of kernels needs it.
struct CPUFeatures: Equatable {
  /// AVX2, FMA, BMI and what else makes up x86-64-v3.
  var isV3: Bool
  /// AVX-512 F, BW, CD, DQ and VL besides.
  var isV4: Bool

  /// The features of this machine.
  ///
  /// The C library's own reading of `cpuid` comes first: it holds in emulators and knows what the system saves on a
  /// context switch. Where it has none to give, `/proc/cpuinfo` does.
  static func detect() -> CPUFeatures {
    CPUFeatures(activeLeaves: cpuidLeaf) ?? CPUFeatures(cpuinfo: readCPUInfo())
  }

  /// From the `flags` line of `/proc/cpuinfo`.
  init(cpuinfo: String) {
    let flags = cpuinfo.split(separator: "\n").first { $0.hasPrefix("flags") } ?? ""
    let names = Set(flags.split(separator: " "))
    isV3 = ["avx", "avx2", "fma", "bmi1", "bmi2", "f16c", "movbe", "abm"].allSatisfy { names.contains($0) }
    isV4 = isV3 && ["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"].allSatisfy { names.contains($0) }
  }

  /// From the registers eax, ebx, ecx, edx of cpuid leaves 1, 7 and 0x8000_0001 (glibc's indices 0, 1, 2).
  init?(activeLeaves leaf: (UInt32) -> [UInt32]?) {
    guard let basic = leaf(0), let extended = leaf(1), let amd = leaf(2) else { return nil }
    func has(_ register: UInt32, _ bits: [UInt32]) -> Bool { bits.allSatisfy { register >> $0 & 1 == 1 } }
    // Leaf 1, ecx: FMA 12, MOVBE 22, AVX 28, F16C 29. Leaf 7, ebx: BMI1 3, AVX2 5, BMI2 8. 0x8000_0001, ecx: LZCNT 5.
    isV3 = has(basic[2], [12, 22, 28, 29]) && has(extended[1], [3, 5, 8]) && has(amd[2], [5])
    // Leaf 7, ebx: AVX512F 16, DQ 17, CD 28, BW 30, VL 31.
    isV4 = isV3 && has(extended[1], [16, 17, 28, 30, 31])
  }
}

/// The active half of one cpuid leaf, from `__x86_get_cpuid_feature_leaf` of glibc 2.33 and later, looked up by name so
/// that systems without it still link.
private func cpuidLeaf(_ index: UInt32) -> [UInt32]? {
  #if arch(x86_64) && os(Linux)
    guard let symbol = dlsym(UnsafeMutableRawPointer(bitPattern: 0), "__x86_get_cpuid_feature_leaf") else { return nil }
    typealias Leaf = @convention(c) (UInt32) -> UnsafePointer<UInt32>?
    guard let words = unsafeBitCast(symbol, to: Leaf.self)(index) else { return nil }
    // struct cpuid_feature: four registers as read, then the same four with what the system does not support cleared.
    return (4..<8).map { words[$0] }
  #else
    return nil
  #endif
}

private func readCPUInfo() -> String {
  (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
}

/// Number of processors that this process may use.
func processors() -> Int { max(1, ProcessInfo.processInfo.activeProcessorCount) }

/// The value of an environment variable.
func environment(_ name: String) -> String? { ProcessInfo.processInfo.environment[name] }
