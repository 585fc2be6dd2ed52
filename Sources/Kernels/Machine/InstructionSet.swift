import MicroKernels
import KernelsBaseline

#if arch(x86_64)
  import KernelsV3
  import KernelsV4
#endif

/// The choice of kernels, made once, at the first use.
public enum InstructionSet {
  /// The name of the instruction set in use: `x86-64-v4`, `x86-64-v3`, `x86-64` or `arm64`.
  public static var current: String { selected.name }

  /// Whether products and sums are rounded together; results with and without differ in the last bits.
  public static var fusesMultiplyAdd: Bool { selected.fusesMultiplyAdd }

  /// Environment variable that forces a choice: `METAMER_ISA=x86-64`, for instance.
  public static let environmentVariable = "METAMER_ISA"

  /// Names that `METAMER_ISA` may take on this machine, best first.
  public static var available: [String] { tables(CPUFeatures.detect()).map(\.name) }

  /// Says what is wrong with `METAMER_ISA`, or nil if nothing is. Programs ask before they start work.
  public static var environmentError: String? { choice.error }

  static var selected: KernelTable { choice.table }

  private static let choice = choose(forced: environment(environmentVariable), features: CPUFeatures.detect())

  static func choose(forced: String?, features: CPUFeatures) -> (table: KernelTable, error: String?) {
    let tables = tables(features)
    guard let forced, !forced.isEmpty else { return (tables[0], nil) }
    if let table = tables.first(where: { $0.name == forced }) { return (table, nil) }
    let names = tables.map(\.name).joined(separator: ", ")
    return (tables[0], "\(environmentVariable): expected one of \(names) on this machine, found \"\(forced)\"")
  }

  static func tables(_ features: CPUFeatures) -> [KernelTable] {
    #if arch(x86_64)
      return (features.isV4 ? [KernelsV4.kernels] : []) + (features.isV3 ? [KernelsV3.kernels] : [])
        + [KernelsBaseline.kernels]
    #else
      return [KernelsBaseline.kernels]
    #endif
  }
}
