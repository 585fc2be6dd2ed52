import MicroKernels

// The micro-kernels are inlined here, so that this target's flags decide what instructions they become. Everything is
// of concrete types: a generic function compiled here could be shared by the linker with a machine that cannot run it.

/// The table of this target's instruction set.
public let kernels = KernelTable(
  name: name, fusesMultiplyAdd: fused, tile: isWide ? wide : narrow, narrowTile: narrow, wideTile: wide,
  transpose16: { transpose16($0, $1, $2, $3, $4) }, packRows: { packRows($0, $1, $2, $3, $4) },
  add: { add($0, $1, $2, $3) }, subtract: { subtract($0, $1, $2, $3) },
  rectifierGradient: { rectifierGradient($0, $1, $2, $3) }, exp: { exp($0, $1, $2, fused: fused) },
  log: { log($0, $1, $2, fused: fused) }, tanh: { tanh($0, $1, $2, fused: fused) },
  sigmoid: { sigmoid($0, $1, $2, fused: fused) },
  softmaxCrossEntropy: { softmaxCrossEntropy($0, $1, $2, $3, $4, fused: fused) },
  adam: { adam($0, $1, $2, fused: fused) }, randomWords: { randomWords($0, $1, $2, $3) },
  gaussians: { gaussians($0, $1, $2, $3) }, multiplyAddLoop: { multiplyAddLoop($0, fused: fused, wide: isWide) })

private let narrow = TileKernel(
  rows: 6, panels: 1, runRows: { tile6x1($0, aRow: $0.aRow, aDepth: 1, fused: fused) },
  runPacked: { tile6x1($0, aRow: 1, aDepth: 6, fused: fused) })
private let wide = TileKernel(
  rows: 12, panels: 2, runRows: { tile12x2($0, aRow: $0.aRow, aDepth: 1, fused: fused) },
  runPacked: { tile12x2($0, aRow: 1, aDepth: 12, fused: fused) })

#if WIDE
  private let name = "x86-64-v4"
#elseif arch(x86_64) && FMA
  private let name = "x86-64-v3"
#elseif arch(x86_64)
  private let name = "x86-64"
#else
  private let name = "arm64"
#endif

#if FMA
  private let fused = true
#else
  private let fused = false
#endif

#if WIDE
  private let isWide = true
#else
  private let isWide = false
#endif
