import MicroKernels

/// What is behind a batch norm and, unless there is none, a rectifier, max(0, x·scale + shift) channel by channel, made some rows at a time by who reads
/// it: writing all of it to memory and reading it back takes longer than making it twice.
public struct NormOutput: Sendable {
  let x: any ImageRows
  let coefficients: BatchNormCoefficients
  private let rectifies: Bool
  private let constants: ChannelConstants

  /// `x` behind the norm with these constants, without the rectifier where asked.
  public init(_ x: ConvolutionOutput, _ coefficients: BatchNormCoefficients, rectifies: Bool = true) {
    self.x = x.rows
    self.rectifies = rectifies
    self.coefficients = coefficients
    constants = ChannelConstants(coefficients, channels: x.rows.channels)
  }

  /// All of it. Cost: one pass.
  public var activation: Activation { stored() }

  /// Some pixels, all channels, of those that `x` points to, `pixel` vectors apart or with nothing between them.
  private func write(
    pixels: Int, of x: UnsafePointer<Vector>, to y: UnsafeMutablePointer<Vector>, pixel: Int? = nil
  ) {
    InstructionSet.selected.batchNorm.scaleShift(pixels, constants.work(x, x, y, pixel: pixel), rectifies)
  }

  /// Adds what the gradients of the norm need, and writes what is behind the norm if there is a place for it; see `batchNormSums`.
  func addSums(
    pixels: Int, of x: UnsafePointer<Vector>, outputGradient dy: UnsafePointer<Vector>,
    to sums: UnsafeMutablePointer<Vector>, writing y: UnsafeMutablePointer<Vector>?
  ) {
    let kernels = InstructionSet.selected.batchNorm
    if let y {
      precondition(rectifies, "batch norm: what is written with the sums is behind a rectifier")
      kernels.sumsRectifying(pixels, constants.work(x, dy, y), sums)
    } else {
      // Nothing but the sums is written.
      kernels.sums(pixels, constants.work(x, dy, sums), sums, rectifies)
    }
  }

  /// The gradient with respect to x, its pixels `pixel` vectors apart; see `batchNormInputGradient`. `y` may be `dy` where nothing is
  /// between them.
  func writeGradient(
    pixels: Int, of x: UnsafePointer<Vector>, outputGradient dy: UnsafePointer<Vector>, _ terms: BatchNormGradientTerms,
    to y: UnsafeMutablePointer<Vector>, pixel: Int
  ) {
    InstructionSet.selected.batchNorm.inputGradient(
      pixels, constants.work(x, dy, y, pixel: pixel), terms.slope, terms.offset, rectifies)
  }
}

extension NormOutput: ImageRows {
  var samples: Int { x.samples }
  var height: Int { x.height }
  var width: Int { x.width }
  var channels: Int { x.channels }

  func scratchVectors(rows: Int) -> Int { (x.isStored ? rows * line : 0) + x.scratchVectors(rows: rows) }

  func rows(_ block: Int, _ rows: Range<Int>, _ scratch: UnsafeMutablePointer<Vector>) -> UnsafePointer<Vector> {
    let source = x.rows(block, rows, scratch)
    // What is in the scratch is overwritten: the less of the cache is needed, the better.
    let target = x.isStored ? scratch + x.scratchVectors(rows: rows.count) : UnsafeMutablePointer(mutating: source)
    write(pixels: rows.count * width, of: source, to: target)
    return UnsafePointer(target)
  }

  func spread(
    _ block: Int, row: Int, to y: UnsafeMutablePointer<Vector>, pixel: Int, _ scratch: UnsafeMutablePointer<Vector>
  ) {
    write(pixels: width, of: x.rows(block, row..<(row + 1), scratch), to: y, pixel: pixel)
  }
}
