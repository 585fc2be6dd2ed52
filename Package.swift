// swift-tools-version: 6.2
// No dependencies: the toolchain's own modules only (Swift, Foundation, Dispatch, Synchronization).
import PackageDescription

// Users type `swift run`, which builds debug; `-O` keeps the engine at full speed there too (ARCHITECTURE.md, "Debug is fast").
let optimised: [SwiftSetting] = [.unsafeFlags(["-O"])]
// Raw pointers live in the kernel targets alone; everywhere else an unsafe use is a warning, and .ci/run makes it an error.
let safe: [SwiftSetting] = optimised + [.strictMemorySafety()]

// The micro-kernels are inlined into one target per instruction set; V3 and V4 hold a symbolic link to Baseline's file.
func instructionSet(_ name: String, folder: String, flags: [SwiftSetting] = []) -> Target {
  .target(
    name: name, dependencies: ["MicroKernels"], path: "Sources/Kernels/ISA/\(folder)",
    swiftSettings: optimised + flags)
}

#if arch(x86_64)
  let instructionSets: [Target] = [
    instructionSet("KernelsBaseline", folder: "Baseline"),
    instructionSet("KernelsV3", folder: "V3", flags: [.unsafeFlags(["-Xcc", "-march=x86-64-v3"]), .define("FMA")]),
    instructionSet(
      "KernelsV4", folder: "V4", flags: [.unsafeFlags(["-Xcc", "-march=x86-64-v4"]), .define("FMA"), .define("WIDE")]),
  ]
#else
  // arm64 has fused multiply-add and 32 vector registers in its baseline: no flag is needed.
  let instructionSets: [Target] = [
    instructionSet("KernelsBaseline", folder: "Baseline", flags: [.define("FMA")])
  ]
#endif

let package = Package(
  name: "Metamer",
  products: [
    .library(name: "Kernels", targets: ["Kernels"]),
    .library(name: "Flow", targets: ["Flow"]),
    .library(name: "Datasets", targets: ["Datasets"]),
    .executable(name: "Tools", targets: ["Tools"]),
    .executable(name: "Benchmarks", targets: ["Benchmarks"]),
  ],
  targets: instructionSets + [
    .target(name: "MicroKernels", path: "Sources/Kernels/MicroKernels", swiftSettings: optimised),
    .target(
      name: "Kernels", dependencies: ["MicroKernels"] + instructionSets.map { .byName(name: $0.name) },
      exclude: ["ISA", "MicroKernels"], swiftSettings: optimised),
    .target(name: "Flow", dependencies: ["Kernels"], swiftSettings: safe),
    .target(name: "Datasets", dependencies: ["Kernels"], swiftSettings: safe),
    .target(name: "ToolSupport", path: "Sources/Tools/Support", swiftSettings: safe),
    .executableTarget(
      name: "Tools", dependencies: ["Kernels", "Flow", "Datasets", "ToolSupport"], exclude: ["Support"],
      swiftSettings: safe),
    .executableTarget(
      name: "Benchmarks", dependencies: ["Kernels", "Flow", "Datasets", "ToolSupport"], path: "Benchmarks",
      exclude: ["README.md", "Peers", "Results"], swiftSettings: safe),
    .target(name: "TestSupport", dependencies: ["Kernels", "Flow"], path: "Tests/TestSupport", swiftSettings: safe),
    .testTarget(name: "KernelsTests", dependencies: ["Kernels", "TestSupport"], swiftSettings: optimised),
    .testTarget(name: "FlowTests", dependencies: ["Kernels", "Flow", "TestSupport"], swiftSettings: safe),
    .testTarget(name: "DatasetsTests", dependencies: ["Kernels", "Datasets", "TestSupport"], swiftSettings: safe),
    .testTarget(
      name: "ToolsTests", dependencies: ["Tools", "ToolSupport", "Kernels", "Flow", "Datasets", "TestSupport"],
      swiftSettings: safe),
    .testTarget(name: "BenchmarksTests", dependencies: ["Benchmarks"], swiftSettings: safe),
  ],
  swiftLanguageModes: [.v6]
)
