import MicroKernels

// The micro-kernels are inlined here, so that this target's flags decide what instructions they become. Everything is
// of concrete types: a generic function compiled here could be shared by the linker with a machine that cannot run it.

/// The table of this target's instruction set.
public let kernels = KernelTable(
  name: name, fusesMultiplyAdd: fused, tiles: isWide ? wide : narrow, narrowTiles: narrow, wideTiles: wide,
  transpose16: { transpose16($0, $1, $2, $3, $4) }, packRows: { packRows($0, $1, $2, $3, $4) },
  packColumns: { packColumns($0, $1, $2, $3, $4, $5, $6) },
  copyPanels: { copyPanels($0, $1, $2, $3, $4, $5) },
  rowPairProduct: { rowPairProduct($0, fused: fused) },
  columnPairProduct: { columnPairProduct($0, $1, $2, row: $3, $4, $5, step: $6, $7, fused: fused) },
  add: { add($0, $1, $2, $3) }, subtract: { subtract($0, $1, $2, $3) },
  rectifierGradient: { rectifierGradient($0, $1, $2, $3) }, exp: { exp($0, $1, $2, fused: fused) },
  log: { log($0, $1, $2, fused: fused) }, tanh: { tanh($0, $1, $2, fused: fused) },
  sigmoid: { sigmoid($0, $1, $2, fused: fused) },
  softmaxCrossEntropy: { softmaxCrossEntropy($0, $1, $2, $3, $4, fused: fused) },
  adam: { adam($0, $1, $2, fused: fused) }, adamax: { adamax($0, $1, $2, fused: fused) },
  randomWords: { randomWords($0, $1, $2, $3) },
  gaussians: { gaussians($0, $1, $2, $3) }, readAhead: { readAhead($0, $1) },
  addTaps: { addTaps($0, $1, $2, $3, $4, $5) }, batchNorm: batchNorm, winograd: winograd,
  thinWinograd: thinWinograd,
  multiplyAddLoop: { multiplyAddLoop($0, fused: fused, wide: isWide) })

private let batchNorm = BatchNormKernels(
  moments: {
    $4 ? continuedMoments($0, $1, $2, $3) : shiftedMoments($0, $1, $2, $3, continues: false, fused: fused)
  },
  scaleShift: {
    $2 ? scaleShift($0, $1, rectifies: true, fused: fused) : scaleShift($0, $1, rectifies: false, fused: fused)
  },
  scaleShiftAdd: { scaleShiftAdd($0, $1, fused: fused) },
  sums: { $3 ? rectifiedSums($0, $1, $2) : plainSums($0, $1, $2) },
  sumsRectifying: { sumsRectifying($0, $1, $2) },
  inputGradient: { $4 ? rectifiedInputGradient($0, $1, $2, $3) : plainInputGradient($0, $1, $2, $3) })

private let winograd = WinogradKernels(
  tiles: isWide ? [winograd8x3, winograd8x2] : [winograd6x1],
  input: { winogradInput($0, $1, $2, $3, $4, fused: fused) },
  outputGradient: { winogradOutputGradient($0, $1, $2, $3, $4, fused: fused) },
  output: { winogradOutput($0, $1, $2, $3, $4, rectifies: $5, fused: fused) },
  outputInHalves: { winogradOutputInHalves($0, $1, $2, $3, $4, rectifies: $5, fused: fused) },
  weight: { winogradWeight($0, $1, $2, flips: $3, $4, $5, fused: fused) },
  weightGradient: { winogradWeightGradient($0, $1, $2, $3, $4, fused: fused) })

// Apart, as in one closure the inliner gave up on the second, silently: it called the baseline's, many times slower.
@inline(never)
private func rectifiedInputGradient(
  _ pixels: Int, _ work: BatchNormWork, _ slope: UnsafePointer<Vector>, _ offset: UnsafePointer<Vector>
) {
  batchNormInputGradient(pixels, work, slope: slope, offset: offset, rectifies: true, fused: fused)
}

@inline(never)
private func plainInputGradient(
  _ pixels: Int, _ work: BatchNormWork, _ slope: UnsafePointer<Vector>, _ offset: UnsafePointer<Vector>
) {
  batchNormInputGradient(pixels, work, slope: slope, offset: offset, rectifies: false, fused: fused)
}

@inline(never)
private func continuedMoments(
  _ pixels: Int, _ channels: Int, _ x: UnsafePointer<Vector>, _ sums: UnsafeMutablePointer<Vector>
) {
  shiftedMoments(pixels, channels, x, sums, continues: true, fused: fused)
}

@inline(never)
private func rectifiedSums(_ pixels: Int, _ work: BatchNormWork, _ sums: UnsafeMutablePointer<Vector>) {
  batchNormSums(pixels, work, sums, rectifies: true, writes: false, fused: fused)
}

@inline(never)
private func sumsRectifying(_ pixels: Int, _ work: BatchNormWork, _ sums: UnsafeMutablePointer<Vector>) {
  batchNormSums(pixels, work, sums, rectifies: true, writes: true, fused: fused)
}

@inline(never)
private func plainSums(_ pixels: Int, _ work: BatchNormWork, _ sums: UnsafeMutablePointer<Vector>) {
  batchNormSums(pixels, work, sums, rectifies: false, writes: false, fused: fused)
}

private let narrow = TileSet(
  tall: [narrow6x1, narrow4x1], tallSingle: [], thin: [narrow2x3],
  laneSums: [laneSum6x1Kernel, laneSum3x1Kernel], thinWinograd: [thinWinograd1x1Tile])
private let wide = TileSet(
  tall: [wide12x2, wide10x2, wide8x2, wide6x2], tallSingle: [wide12x1, wide10x1, wide8x1, narrow6x1],
  thin: [wide2x8, wide2x6, wide2x4, wide4x6, wide4x4],
  laneSums: [laneSum6x4Kernel, laneSum3x4Kernel, laneSum6x1Kernel, laneSum3x1Kernel],
  thinWinograd: [thinWinograd2x2Tile, thinWinograd1x1Tile])

private let laneSum6x4Kernel = LaneSumKernel(rows: 6, columns: 4) { laneSum6x4($0.laneSumWork, fused: fused) }
private let laneSum3x4Kernel = LaneSumKernel(rows: 3, columns: 4) { laneSum3x4($0.laneSumWork, fused: fused) }
private let laneSum6x1Kernel = LaneSumKernel(rows: 6, columns: 1) { laneSum6x1($0.laneSumWork, fused: fused) }
private let laneSum3x1Kernel = LaneSumKernel(rows: 3, columns: 1) { laneSum3x1($0.laneSumWork, fused: fused) }

private let winograd8x3 = WinogradTile(rows: 8, panels: 3) { winogradProduct8x3($0.winogradWork, fused: fused) }
private let winograd8x2 = WinogradTile(rows: 8, panels: 2) { winogradProduct8x2($0.winogradWork, fused: fused) }
private let winograd6x1 = WinogradTile(rows: 6, panels: 1) { winogradProduct6x1($0.winogradWork, fused: fused) }

private let thinWinograd2x2Tile = ThinWinogradTile(thin: 2, thick: 2) {
  thinWinograd2x2($0.thinWinogradWork, fused: fused)
}
private let thinWinograd1x1Tile = ThinWinogradTile(thin: 1, thick: 1) {
  thinWinograd1x1($0.thinWinogradWork, fused: fused)
}
private let thinWinograd = ThinWinogradKernels(
  patches: { thinWinogradPatches($0) }, taps: { thinWinogradTaps($0, $1, $2, $3) }, addHalves: { addHalves($0) })

private let narrow6x1 = TileKernel(
  rows: 6, panels: 1, rowsFunction: { tile6x1($0.tileWork, aRow: $0.tileWork.aRow, aDepth: 1, fused: fused) },
  packedFunction: { tile6x1($0.tileWork, aRow: 1, aDepth: 6, fused: fused) })
private let narrow4x1 = TileKernel(
  rows: 4, panels: 1, rowsFunction: { tile4x1($0.tileWork, aRow: $0.tileWork.aRow, aDepth: 1, fused: fused) },
  packedFunction: { tile4x1($0.tileWork, aRow: 1, aDepth: 4, fused: fused) })
private let narrow2x3 = TileKernel(
  rows: 2, panels: 3, rowsFunction: { tile2x3($0.tileWork, aRow: $0.tileWork.aRow, aDepth: 1, fused: fused) },
  packedFunction: { tile2x3($0.tileWork, aRow: 1, aDepth: 2, fused: fused) })
private let wide12x2 = TileKernel(
  rows: 12, panels: 2, rowsFunction: { tile12x2($0.tileWork, aRow: $0.tileWork.aRow, aDepth: 1, fused: fused) },
  packedFunction: { tile12x2($0.tileWork, aRow: 1, aDepth: 12, fused: fused) })
private let wide10x2 = TileKernel(
  rows: 10, panels: 2, rowsFunction: { tile10x2($0.tileWork, aRow: $0.tileWork.aRow, aDepth: 1, fused: fused) },
  packedFunction: { tile10x2($0.tileWork, aRow: 1, aDepth: 10, fused: fused) })
private let wide8x2 = TileKernel(
  rows: 8, panels: 2, rowsFunction: { tile8x2($0.tileWork, aRow: $0.tileWork.aRow, aDepth: 1, fused: fused) },
  packedFunction: { tile8x2($0.tileWork, aRow: 1, aDepth: 8, fused: fused) })
private let wide6x2 = TileKernel(
  rows: 6, panels: 2, rowsFunction: { tile6x2($0.tileWork, aRow: $0.tileWork.aRow, aDepth: 1, fused: fused) },
  packedFunction: { tile6x2($0.tileWork, aRow: 1, aDepth: 6, fused: fused) })
private let wide12x1 = TileKernel(
  rows: 12, panels: 1, rowsFunction: { tile12x1($0.tileWork, aRow: $0.tileWork.aRow, aDepth: 1, fused: fused) },
  packedFunction: { tile12x1($0.tileWork, aRow: 1, aDepth: 12, fused: fused) })
private let wide10x1 = TileKernel(
  rows: 10, panels: 1, rowsFunction: { tile10x1($0.tileWork, aRow: $0.tileWork.aRow, aDepth: 1, fused: fused) },
  packedFunction: { tile10x1($0.tileWork, aRow: 1, aDepth: 10, fused: fused) })
private let wide8x1 = TileKernel(
  rows: 8, panels: 1, rowsFunction: { tile8x1($0.tileWork, aRow: $0.tileWork.aRow, aDepth: 1, fused: fused) },
  packedFunction: { tile8x1($0.tileWork, aRow: 1, aDepth: 8, fused: fused) })
private let wide2x8 = TileKernel(
  rows: 2, panels: 8, rowsFunction: { tile2x8($0.tileWork, aRow: $0.tileWork.aRow, aDepth: 1, fused: fused) },
  packedFunction: { tile2x8($0.tileWork, aRow: 1, aDepth: 2, fused: fused) })
private let wide2x6 = TileKernel(
  rows: 2, panels: 6, rowsFunction: { tile2x6($0.tileWork, aRow: $0.tileWork.aRow, aDepth: 1, fused: fused) },
  packedFunction: { tile2x6($0.tileWork, aRow: 1, aDepth: 2, fused: fused) })
private let wide2x4 = TileKernel(
  rows: 2, panels: 4, rowsFunction: { tile2x4($0.tileWork, aRow: $0.tileWork.aRow, aDepth: 1, fused: fused) },
  packedFunction: { tile2x4($0.tileWork, aRow: 1, aDepth: 2, fused: fused) })
private let wide4x6 = TileKernel(
  rows: 4, panels: 6, rowsFunction: { tile4x6($0.tileWork, aRow: $0.tileWork.aRow, aDepth: 1, fused: fused) },
  packedFunction: { tile4x6($0.tileWork, aRow: 1, aDepth: 4, fused: fused) })
private let wide4x4 = TileKernel(
  rows: 4, panels: 4, rowsFunction: { tile4x4($0.tileWork, aRow: $0.tileWork.aRow, aDepth: 1, fused: fused) },
  packedFunction: { tile4x4($0.tileWork, aRow: 1, aDepth: 4, fused: fused) })

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
