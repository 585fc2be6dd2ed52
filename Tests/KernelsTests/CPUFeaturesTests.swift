import MicroKernels
import Testing

@testable import Kernels

@Suite struct CPUFeaturesTests {
  static let v3Flags = "fpu sse2 avx avx2 fma bmi1 bmi2 f16c movbe abm"
  static let v4Flags = "avx512f avx512bw avx512cd avx512dq avx512vl"

  private func cpuinfo(_ flags: String) -> String {
    "processor\t: 0\nmodel name\t: Some avx512f machine\nflags\t\t: \(flags)\nbugs\t\t: none\n\nprocessor\t: 1\n"
  }

  @Test("The flags line is read")
  func flags() {
    let v3 = CPUFeatures(cpuinfo: cpuinfo(Self.v3Flags))
    #expect(v3.isV3 && !v3.isV4)
    let v4 = CPUFeatures(cpuinfo: cpuinfo(Self.v3Flags + " " + Self.v4Flags))
    #expect(v4.isV3 && v4.isV4)
    let old = CPUFeatures(cpuinfo: cpuinfo("fpu sse2"))
    #expect(!old.isV3 && !old.isV4)
    #expect(CPUFeatures(cpuinfo: "") == old)
    #expect(CPUFeatures(cpuinfo: "Features\t: fp asimd\n") == old)
  }

  @Test("Every feature counts")
  func eachFlag() {
    let v3 = Self.v3Flags.split(separator: " ").map(String.init)
    for missing in v3.dropFirst(2) {
      let flags = v3.filter { $0 != missing } + [Self.v4Flags]
      let features = CPUFeatures(cpuinfo: cpuinfo(flags.joined(separator: " ")))
      #expect(!features.isV3 && !features.isV4, "\(missing)")
    }
    let v4 = Self.v4Flags.split(separator: " ").map(String.init)
    for missing in v4 {
      let flags = v3 + v4.filter { $0 != missing }
      let features = CPUFeatures(cpuinfo: cpuinfo(flags.joined(separator: " ")))
      #expect(features.isV3 && !features.isV4, "\(missing)")
    }
  }

  // Intel SDM, volume 2A, CPUID: leaf 1 ecx, leaf 7 ebx, leaf 0x80000001 ecx.
  private static let basic: UInt32 = 1 << 12 | 1 << 22 | 1 << 28 | 1 << 29
  private static let extended: UInt32 = 1 << 3 | 1 << 5 | 1 << 8
  private static let amd: UInt32 = 1 << 5
  private static let wide: UInt32 = 1 << 16 | 1 << 17 | 1 << 28 | 1 << 30 | 1 << 31

  private func features(_ basic: UInt32, _ extended: UInt32, _ amd: UInt32) -> CPUFeatures? {
    CPUFeatures { leaf in
      switch leaf {
      case 0: [0, 0, basic, 0]
      case 1: [0, extended, 0, 0]
      case 2: [0, 0, amd, 0]
      default: nil
      }
    }
  }

  @Test("The leaves of cpuid are read")
  func leaves() throws {
    let v3 = try #require(features(Self.basic, Self.extended, Self.amd))
    #expect(v3.isV3 && !v3.isV4)
    let v4 = try #require(features(Self.basic, Self.extended | Self.wide, Self.amd))
    #expect(v4.isV3 && v4.isV4)
    let all = try #require(features(.max, .max, .max))
    #expect(all.isV3 && all.isV4)
    let none = try #require(features(0, 0, 0))
    #expect(!none.isV3 && !none.isV4)
    #expect(CPUFeatures { _ in nil } == nil)
    #expect(CPUFeatures { $0 == 2 ? nil : [.max, .max, .max, .max] } == nil)
  }

  @Test("Every bit counts")
  func eachBit() throws {
    for bit in 0..<32 {
      let mask = UInt32(1) << UInt32(bit)
      let basic = try #require(features(.max & ~mask, .max, .max))
      #expect(basic.isV3 == (Self.basic & mask == 0), "leaf 1, bit \(bit)")
      let extended = try #require(features(.max, .max & ~mask, .max))
      #expect(extended.isV3 == (Self.extended & mask == 0), "leaf 7, bit \(bit)")
      #expect(extended.isV4 == ((Self.extended | Self.wide) & mask == 0), "leaf 7, bit \(bit)")
      let amd = try #require(features(.max, .max, .max & ~mask))
      #expect(amd.isV3 == (Self.amd & mask == 0), "leaf 2, bit \(bit)")
    }
  }

  @Test("The best table comes first, the baseline last and always")
  func tables() throws {
    let none = CPUFeatures(cpuinfo: "")
    #expect(InstructionSet.tables(none).count == 1)
    let names = InstructionSet.available
    #expect(names == allTables.map(\.name))
    #expect(names.last == InstructionSet.tables(none)[0].name)
    #expect(Set(names).count == names.count)
    #expect(names.contains(InstructionSet.current))
    #if arch(x86_64)
      #expect(names.last == "x86-64")
      #expect(allTables.map(\.fusesMultiplyAdd) == names.map { $0 != "x86-64" })
    #else
      #expect(names == ["arm64"])
    #endif
    for table in allTables {
      #expect(table.narrowTiles.tall[0].rows == 6 && table.narrowTiles.tall[0].panels == 1)
      #expect(table.wideTiles.tall[0].rows == 12 && table.wideTiles.tall[0].panels == 2)
    }
  }

  @Test("A forced choice is taken, and an unknown one explained")
  func forced() throws {
    let features = CPUFeatures.detect()
    let best = allTables[0].name
    for name in InstructionSet.available {
      let choice = InstructionSet.choose(forced: name, features: features)
      #expect(choice.table.name == name && choice.error == nil)
    }
    for forced in [nil, ""] {
      let choice = InstructionSet.choose(forced: forced, features: features)
      #expect(choice.table.name == best && choice.error == nil)
    }
    let bad = InstructionSet.choose(forced: "pentium", features: features)
    let error = try #require(bad.error)
    #expect(bad.table.name == best)
    #expect(error.contains("METAMER_ISA") && error.contains("\"pentium\""))
    for name in InstructionSet.available { #expect(error.contains(name)) }
    // What the machine cannot run is as unknown as what does not exist.
    let old = InstructionSet.choose(forced: "x86-64-v4", features: CPUFeatures(cpuinfo: ""))
    #expect(old.error != nil && old.table.name == InstructionSet.tables(CPUFeatures(cpuinfo: ""))[0].name)
  }

  @Test("The multiply-add roof is a positive rate")
  func peak() {
    for table in allTables {
      // Six or twelve vectors of sixteen, two operations each.
      #expect([6 * 32, 12 * 32].contains(table.multiplyAddLoop(1)))
      #expect(table.multiplyAddLoop(1000) == 1000 * table.multiplyAddLoop(1))
    }
  }
}
