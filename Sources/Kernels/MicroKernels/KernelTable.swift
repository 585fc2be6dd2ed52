/// The kernels of one instruction set: the same functions, compiled for it. A class, as a copy of thirty functions would retain each of
/// them whenever one is asked for, which took two per cent of a training step.
///
/// All pointers are to at least the stated number of elements; vectors need no alignment beyond their type's, but run
/// fastest at 64 bytes. Outputs may not overlap inputs unless said so.
public final class KernelTable: Sendable {
  /// Elementwise kernel: `count` vectors in, `count` vectors out; in place is allowed.
  public typealias Map = @Sendable (_ count: Int, _ x: UnsafePointer<Vector>, _ y: UnsafeMutablePointer<Vector>) -> Void
  /// Elementwise kernel of two inputs; in place is allowed.
  public typealias Zip =
    @Sendable (
      _ count: Int, _ a: UnsafePointer<Vector>, _ b: UnsafePointer<Vector>, _ y: UnsafeMutablePointer<Vector>
    ) -> Void

  /// The instruction set's name: `x86-64-v4`, `x86-64-v3`, `x86-64` or `arm64`.
  public let name: String
  /// Whether `a + b·c` is rounded once.
  public let fusesMultiplyAdd: Bool
  /// The register tiles for this instruction set's registers.
  public let tiles: TileSet
  /// The register tiles for 16 registers of 256 bits: both sets run everywhere and give the same bits.
  public let narrowTiles: TileSet
  /// The register tiles for 32 registers of 512 bits.
  public let wideTiles: TileSet
  /// Transposes a 16×16 block: `destination[k][row] = source[row][k]` for row < `rows`, zero for the others.
  /// Strides in `Float`s.
  public let transpose16:
    @Sendable (
      _ rows: Int, _ source: UnsafePointer<Float>, _ sourceStride: Int, _ destination: UnsafeMutablePointer<Float>,
      _ destinationStride: Int
    ) -> Void
  /// Packs `rows` ≤ 16 rows of sixteen adjacent elements into a panel `[16][width]`, rows ≥ `rows` being zero; writes up
  /// to 16 − width floats past the panel's end.
  public let packRows:
    @Sendable (
      _ rows: Int, _ width: Int, _ source: UnsafePointer<Float>, _ sourceStride: Int,
      _ destination: UnsafeMutablePointer<Float>
    ) -> Void
  /// Copies rows of A that are columns in memory to panels `[k][width]`, `panelStride` apart.
  public let packColumns:
    @Sendable (
      _ tiles: Int, _ depth: Int, _ width: Int, _ source: UnsafePointer<Float>, _ sourceStride: Int,
      _ destination: UnsafeMutablePointer<Float>, _ panelStride: Int
    ) -> Void
  /// See `copyPanels`.
  public let copyPanels:
    @Sendable (
      _ panels: Int, _ depth: Int, _ source: UnsafePointer<Float>, _ sourceStride: Int,
      _ destination: UnsafeMutablePointer<Vector>, _ panelStride: Int
    ) -> Void
  /// See `RowPairWork`.
  public let rowPairProduct: @Sendable (_ work: RowPairWork) -> Void
  /// See `columnPairProduct`.
  public let columnPairProduct:
    @Sendable (
      _ depth: Int, _ upper: UnsafePointer<Float>, _ lower: UnsafePointer<Float>, _ row: Int,
      _ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>, _ step: Int, _ sums: UnsafeMutablePointer<Vector>
    ) -> Void
  /// y = a + b.
  public let add: Zip
  /// y = a − b.
  public let subtract: Zip
  /// y = b where a > 0, else 0: the gradient through a rectifier whose output was a.
  public let rectifierGradient: Zip
  /// y = eˣ.
  public let exp: Map
  /// y = ln x.
  public let log: Map
  /// y = tanh x.
  public let tanh: Map
  /// y = 1 / (1 + e⁻ˣ).
  public let sigmoid: Map
  /// Softmax cross-entropy of one block: `classes` vectors of logits, one label a lane, one weight a lane.
  /// Writes weight · (softmax − onehot) to `gradient` and returns the unweighted loss of every lane, in nats.
  public let softmaxCrossEntropy:
    @Sendable (
      _ classes: Int, _ logits: UnsafePointer<Vector>, _ labels: SIMD16<Int32>, _ weight: Vector,
      _ gradient: UnsafeMutablePointer<Vector>
    ) -> Vector
  /// One Adam step on `count` parameters, with the moments updated in place.
  public let adam: @Sendable (_ count: Int, _ step: AdamStep, _ buffers: AdamBuffers) -> Void
  /// One Adamax step on `count` parameters, with the mean and the largest gradient updated in place.
  public let adamax: @Sendable (_ count: Int, _ step: AdamaxStep, _ buffers: AdamBuffers) -> Void
  /// Threefry words of `groups` groups of sixteen counters, `[group][word][lane]`; the same on every machine.
  public let randomWords:
    @Sendable (
      _ key: RandomKey, _ firstGroup: UInt64, _ groups: Int, _ words: UnsafeMutablePointer<SIMD16<UInt32>>
    ) -> Void
  /// Standard normal numbers, two vectors a group; the same on every machine.
  public let gaussians:
    @Sendable (_ key: RandomKey, _ firstGroup: UInt64, _ groups: Int, _ y: UnsafeMutablePointer<Vector>) -> Void
  /// See `readAhead`.
  public let readAhead: @Sendable (_ count: Int, _ x: UnsafePointer<Vector>) -> Vector
  /// See `addTaps`.
  public let addTaps:
    @Sendable (
      _ pixels: Int, _ outputs: Int, _ maps: UnsafePointer<Vector>, _ mapPixel: Int, _ y: UnsafeMutablePointer<Vector>,
      _ start: UnsafePointer<Vector>?
    ) -> Void
  /// Batch norm's passes; see the functions of these names.
  public let batchNorm: BatchNormKernels
  /// The transforms of Winograd's convolution.
  public let winograd: WinogradKernels
  /// A weight gradient by minimal filtering.
  public let thinWinograd: ThinWinogradKernels
  /// Runs `rounds` rounds of independent multiply-adds in registers and returns how many floating-point operations
  /// that was: the roof that the other kernels are measured against.
  public let multiplyAddLoop: @Sendable (_ rounds: Int) -> Double

  /// A table with every kernel given.
  public init(
    name: String, fusesMultiplyAdd: Bool, tiles: TileSet, narrowTiles: TileSet, wideTiles: TileSet,
    transpose16: @escaping @Sendable (Int, UnsafePointer<Float>, Int, UnsafeMutablePointer<Float>, Int) -> Void,
    packRows: @escaping @Sendable (Int, Int, UnsafePointer<Float>, Int, UnsafeMutablePointer<Float>) -> Void,
    packColumns:
      @escaping @Sendable (Int, Int, Int, UnsafePointer<Float>, Int, UnsafeMutablePointer<Float>, Int) -> Void,
    copyPanels:
      @escaping @Sendable (Int, Int, UnsafePointer<Float>, Int, UnsafeMutablePointer<Vector>, Int) -> Void,
    rowPairProduct: @escaping @Sendable (RowPairWork) -> Void,
    columnPairProduct:
      @escaping @Sendable (
        Int, UnsafePointer<Float>, UnsafePointer<Float>, Int, UnsafePointer<Float>, UnsafePointer<Float>, Int,
        UnsafeMutablePointer<Vector>
      ) -> Void,
    add: @escaping Zip, subtract: @escaping Zip, rectifierGradient: @escaping Zip, exp: @escaping Map,
    log: @escaping Map, tanh: @escaping Map, sigmoid: @escaping Map,
    softmaxCrossEntropy:
      @escaping @Sendable (
        Int, UnsafePointer<Vector>, SIMD16<Int32>, Vector, UnsafeMutablePointer<Vector>
      ) -> Vector,
    adam: @escaping @Sendable (Int, AdamStep, AdamBuffers) -> Void,
    adamax: @escaping @Sendable (Int, AdamaxStep, AdamBuffers) -> Void,
    randomWords: @escaping @Sendable (RandomKey, UInt64, Int, UnsafeMutablePointer<SIMD16<UInt32>>) -> Void,
    gaussians: @escaping @Sendable (RandomKey, UInt64, Int, UnsafeMutablePointer<Vector>) -> Void,
    readAhead: @escaping @Sendable (Int, UnsafePointer<Vector>) -> Vector,
    addTaps:
      @escaping @Sendable (
        Int, Int, UnsafePointer<Vector>, Int, UnsafeMutablePointer<Vector>, UnsafePointer<Vector>?
      ) -> Void,
    batchNorm: BatchNormKernels, winograd: WinogradKernels, thinWinograd: ThinWinogradKernels,
    multiplyAddLoop: @escaping @Sendable (Int) -> Double
  ) {
    self.name = name
    self.fusesMultiplyAdd = fusesMultiplyAdd
    self.tiles = tiles
    self.narrowTiles = narrowTiles
    self.wideTiles = wideTiles
    self.transpose16 = transpose16
    self.packRows = packRows
    self.packColumns = packColumns
    self.copyPanels = copyPanels
    self.rowPairProduct = rowPairProduct
    self.columnPairProduct = columnPairProduct
    self.add = add
    self.subtract = subtract
    self.rectifierGradient = rectifierGradient
    self.exp = exp
    self.log = log
    self.tanh = tanh
    self.sigmoid = sigmoid
    self.softmaxCrossEntropy = softmaxCrossEntropy
    self.adam = adam
    self.adamax = adamax
    self.randomWords = randomWords
    self.gaussians = gaussians
    self.readAhead = readAhead
    self.addTaps = addTaps
    self.batchNorm = batchNorm
    self.winograd = winograd
    self.thinWinograd = thinWinograd
    self.multiplyAddLoop = multiplyAddLoop
  }
}

/// The passes of batch norm, each over `pixels` whole pixels.
public struct BatchNormKernels: Sendable {
  /// See `shiftedMoments`.
  public let moments:
    @Sendable (
      _ pixels: Int, _ channels: Int, _ x: UnsafePointer<Vector>, _ sums: UnsafeMutablePointer<Vector>,
      _ continues: Bool
    ) -> Void
  /// See `scaleShift`.
  public let scaleShift: @Sendable (_ pixels: Int, _ work: BatchNormWork, _ rectifies: Bool) -> Void
  /// See `scaleShiftAdd`.
  public let scaleShiftAdd: @Sendable (_ pixels: Int, _ work: BatchNormWork) -> Void
  /// See `batchNormSums`.
  public let sums:
    @Sendable (_ pixels: Int, _ work: BatchNormWork, _ sums: UnsafeMutablePointer<Vector>, _ rectifies: Bool) -> Void
  /// See `batchNormSums`, with a rectifier, writing.
  public let sumsRectifying:
    @Sendable (_ pixels: Int, _ work: BatchNormWork, _ sums: UnsafeMutablePointer<Vector>) -> Void
  /// See `batchNormInputGradient`.
  public let inputGradient:
    @Sendable (
      _ pixels: Int, _ work: BatchNormWork, _ slope: UnsafePointer<Vector>, _ offset: UnsafePointer<Vector>,
      _ rectifies: Bool
    ) -> Void

  /// All of them.
  public init(
    moments: @escaping @Sendable (Int, Int, UnsafePointer<Vector>, UnsafeMutablePointer<Vector>, Bool) -> Void,
    scaleShift: @escaping @Sendable (Int, BatchNormWork, Bool) -> Void,
    scaleShiftAdd: @escaping @Sendable (Int, BatchNormWork) -> Void,
    sums: @escaping @Sendable (Int, BatchNormWork, UnsafeMutablePointer<Vector>, Bool) -> Void,
    sumsRectifying: @escaping @Sendable (Int, BatchNormWork, UnsafeMutablePointer<Vector>) -> Void,
    inputGradient:
      @escaping @Sendable (Int, BatchNormWork, UnsafePointer<Vector>, UnsafePointer<Vector>, Bool) -> Void
  ) {
    self.moments = moments
    self.scaleShift = scaleShift
    self.scaleShiftAdd = scaleShiftAdd
    self.sums = sums
    self.sumsRectifying = sumsRectifying
    self.inputGradient = inputGradient
  }
}

/// The transforms of Winograd's convolution; see the functions of these names.
public struct WinogradKernels: Sendable {
  /// From some rows of pixels to the 36 places of a transformed patch or tile.
  public typealias Spread =
    @Sendable (
      _ count: Int, _ rows: UnsafePointer<UnsafePointer<Vector>>, _ pixel: Int, _ target: UnsafeMutablePointer<Vector>,
      _ stride: Int
    ) -> Void

  /// Products of one number of rows, in descending order of panels.
  public let tiles: [WinogradTile]
  /// See `winogradInput`.
  public let input: Spread
  /// See `winogradOutputGradient`.
  public let outputGradient: Spread
  /// From the sums to the pixels of a tile.
  public typealias Gather =
    @Sendable (
      _ channels: Int, _ sums: UnsafePointer<Vector>, _ stride: Int,
      _ pixels: UnsafePointer<UnsafeMutablePointer<Vector>>, _ bias: UnsafePointer<Float>?, _ rectifies: Bool
    ) -> Void
  /// See `winogradOutput`.
  public let output: Gather
  /// See `winogradOutputInHalves`.
  public let outputInHalves: Gather
  /// See `winogradWeightGradient`.
  public let weightGradient:
    @Sendable (
      _ count: Int, _ sums: UnsafePointer<Vector>, _ stride: Int, _ taps: UnsafeMutablePointer<Vector>,
      _ tapStride: Int
    ) -> Void
  /// See `winogradWeight`.
  public let weight:
    @Sendable (
      _ count: Int, _ taps: UnsafePointer<Vector>, _ tapStride: Int, _ flips: Bool,
      _ target: UnsafeMutablePointer<Vector>, _ stride: Int
    ) -> Void

  /// All of them.
  public init(
    tiles: [WinogradTile], input: @escaping Spread, outputGradient: @escaping Spread, output: @escaping Gather,
    outputInHalves: @escaping Gather,
    weight:
      @escaping @Sendable (Int, UnsafePointer<Vector>, Int, Bool, UnsafeMutablePointer<Vector>, Int) -> Void,
    weightGradient:
      @escaping @Sendable (Int, UnsafePointer<Vector>, Int, UnsafeMutablePointer<Vector>, Int) -> Void
  ) {
    self.tiles = tiles
    self.weightGradient = weightGradient
    self.input = input
    self.outputGradient = outputGradient
    self.output = output
    self.outputInHalves = outputInHalves
    self.weight = weight
  }
}

/// The key of a counter-based generator: 64 bits.
public struct RandomKey: Sendable, Hashable {
  /// The lower word.
  public var low: UInt32
  /// The upper word.
  public var high: UInt32

  /// A key from its two words.
  public init(low: UInt32, high: UInt32) {
    self.low = low
    self.high = high
  }
}

/// The scalars of one Adam step (Kingma & Ba 2014, algorithm 1), bias corrections included.
public struct AdamStep: Sendable {
  /// β₁, the decay of the mean of gradients.
  public var beta1: Float
  /// β₂, the decay of the mean of squares.
  public var beta2: Float
  /// learning rate / (1 − β₁ᵗ)
  public var rate: Float
  /// 1 / √(1 − β₂ᵗ)
  public var secondMomentScale: Float
  /// ε, added to the root.
  public var epsilon: Float

  /// The scalars, already corrected for step t.
  public init(beta1: Float, beta2: Float, rate: Float, secondMomentScale: Float, epsilon: Float) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.rate = rate
    self.secondMomentScale = secondMomentScale
    self.epsilon = epsilon
  }
}

/// The four arrays of one step of Adam or Adamax, of equal length.
public struct AdamBuffers {
  /// The parameters, updated in place.
  public var value: UnsafeMutablePointer<Float>
  /// The derivatives of the loss.
  public var gradient: UnsafePointer<Float>
  /// The running mean of the gradient, updated in place.
  public var first: UnsafeMutablePointer<Float>
  /// The running mean of the squared gradient.
  public var second: UnsafeMutablePointer<Float>

  /// Groups the arrays.
  public init(
    value: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>, first: UnsafeMutablePointer<Float>,
    second: UnsafeMutablePointer<Float>
  ) {
    self.value = value
    self.gradient = gradient
    self.first = first
    self.second = second
  }
}
