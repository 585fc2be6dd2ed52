import MicroKernels

/// The gradient with respect to what is in front of a batch norm and a rectifier, made some rows at a time by who reads it; with the
/// gradients of the norm's parameters. See `batchNormGradients`.
public struct RectifiedNormGradient: Sendable {
  private let norm: RectifiedNorm
  /// The gradient with respect to what is behind them.
  private let outputGradient: any ImageRows
  private let terms: BatchNormGradientTerms

  /// ∂L/∂γ.
  public var scaleGradient: [Float] { terms.scaleGradient }
  /// ∂L/∂β.
  public var shiftGradient: [Float] { terms.shiftGradient }
  /// All of it. Cost: one pass.
  public var activation: Activation { stored() }

  /// Rows of a gradient, and what they were made of.
  typealias MadeRows = (rows: UnsafePointer<Vector>, source: UnsafePointer<Vector>)

  /// From the gradient with respect to what is behind norm and rectifier, zero in lanes beyond the last sample. Cost: one pass.
  public init(_ norm: RectifiedNorm, outputGradient: Activation) {
    self.init(norm, outputGradient: outputGradient, scratchVectors: 0) { rows, scratch in
      let dy = outputGradient.rows(rows.block, rows.range, scratch)
      return (dy, dy)
    } body: { _, _, _, _, _ in
    }
  }

  /// The same, in a pass that does more. `gradientRows` gives some rows of the gradient, which `outputGradient` has when the pass is
  /// over, and whatever it made them of; `body` does what else there is to do while that is in the cache, given the rows of the norm's
  /// input, too. Both are called for the same rows with the same scratch.
  init(
    _ norm: RectifiedNorm, outputGradient: any ImageRows, scratchVectors: Int,
    gradientRows: (_ rows: ImagePieces.Rows, _ scratch: UnsafeMutablePointer<Vector>) -> MadeRows,
    body: (
      _ part: Int, _ rows: ImagePieces.Rows, _ x: UnsafePointer<Vector>, _ source: UnsafePointer<Vector>,
      _ scratch: UnsafeMutablePointer<Vector>
    ) -> Void
  ) {
    precondition(
      outputGradient.samples == norm.samples && outputGradient.height == norm.height
        && outputGradient.width == norm.width && outputGradient.channels == norm.channels,
      "batch norm: a gradient of \(outputGradient.shape) for \(norm.shape)")
    let (x, channels, width) = (norm.x, norm.channels, norm.width)
    let pieces = ImagePieces(norm)
    let sums = VectorStorage(count: pieces.count * 2 * channels)
    sums.pointer.update(repeating: Vector(repeating: 0), count: sums.count)
    let scratch = ThreadScratch(
      threads: Parallel.threads, vectors: scratchVectors + x.scratchVectors(rows: pieces.step))
    Parallel.forEach(norm.line > 0 ? pieces.parts : 0) { part, thread in
      let own = scratch.part(thread)
      pieces.forEachRows(part) { rows in
        let made = gradientRows(rows, own)
        let x = x.rows(rows.block, rows.range, own + scratchVectors)
        norm.addSums(
          pixels: rows.range.count * width, of: x, outputGradient: made.rows,
          to: sums.pointer + rows.piece * 2 * channels)
        body(part, rows, x, made.source, own)
      }
    }
    self.norm = norm
    self.outputGradient = outputGradient
    terms = BatchNormGradientTerms(
      norm.coefficients, sums: sums, chunks: pieces.count, count: norm.samples * norm.height * norm.width)
  }
}

extension RectifiedNormGradient: ImageRows {
  var samples: Int { norm.samples }
  var height: Int { norm.height }
  var width: Int { norm.width }
  var channels: Int { norm.channels }

  func scratchVectors(rows: Int) -> Int {
    (outputGradient.isStored ? rows * line + 1 : outputGradient.scratchVectors(rows: rows))
      + norm.x.scratchVectors(rows: rows)
  }

  /// Zero in lanes beyond the last sample.
  func rows(_ block: Int, _ rows: Range<Int>, _ scratch: UnsafeMutablePointer<Vector>) -> UnsafePointer<Vector> {
    let pixels = rows.count * width
    let inputScratch = norm.x.scratchVectors(rows: rows.count)
    let x = norm.x.rows(block, rows, scratch)
    let dy = outputGradient.rows(block, rows, scratch + inputScratch)
    let target = outputGradient.isStored ? scratch + inputScratch : UnsafeMutablePointer(mutating: dy)
    norm.writeGradient(pixels: pixels, of: x, outputGradient: dy, terms, to: target)
    let lanes = samples % 16
    if lanes > 0 && block == blocks - 1 {
      for index in 0..<(pixels * channels) {
        for lane in lanes..<16 { target[index][lane] = 0 }
      }
    }
    return UnsafePointer(target)
  }
}
