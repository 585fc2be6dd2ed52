import MicroKernels

/// The gradient with respect to what is in front of a batch norm and its rectifier, if any, made some rows at a time by who reads it; with the
/// gradients of the norm's parameters. See `batchNormGradients`.
public struct NormGradient: Sendable {
  private let norm: NormOutput
  /// The gradient with respect to what is behind them.
  private let gradientRows: any ImageRows
  private let terms: BatchNormGradientTerms

  /// ∂L/∂γ.
  public var scaleGradient: [Float] { terms.scaleGradient }
  /// ∂L/∂β.
  public var shiftGradient: [Float] { terms.shiftGradient }
  /// The gradient with respect to what is behind them. Cost: nothing, or what making it costs.
  public var outputGradient: Activation { gradientRows.stored() }
  /// All of it. Cost: one pass.
  public var activation: Activation { stored() }

  /// From the gradient with respect to what is behind norm and rectifier, zero in lanes beyond the last sample. Cost: one pass.
  public init(_ norm: NormOutput, outputGradient: Activation) {
    self.init(norm, outputGradient: outputGradient, beside: nil, scratchVectors: 0) { rows, scratch in
      let dy = outputGradient.rows(rows.block, rows.range, scratch)
      return (dy, dy)
    } body: { _, _, _, _ in
    }
  }

  /// From sums that were taken; see `NormOutput.addSums`.
  init(_ norm: NormOutput, outputGradient: any ImageRows, sums: VectorStorage, chunks: Int) {
    (self.norm, gradientRows) = (norm, outputGradient)
    terms = BatchNormGradientTerms(
      norm.coefficients, sums: sums, chunks: chunks, count: norm.samples * norm.height * norm.width)
  }

  /// Pixels behind the norm that stay in the caches' first two levels until they are transposed, and a multiple of what the kernels take
  /// at a time.
  private static let pixels = 4

  /// The same, in a pass that does more. `gradientRows` gives some rows of the gradient, which `outputGradient` has when the pass is
  /// over, and whatever it made them of. `body` does what else there is to do while that is in the cache: it gets the panels of what is
  /// behind the norm for a weight gradient that is made beside. A thread has one scratch for both.
  init(
    _ norm: NormOutput, outputGradient: any ImageRows, beside weightGradient: PartialWeightGradient?,
    scratchVectors: Int,
    gradientRows: (_ rows: ImagePieces.Rows, _ scratch: UnsafeMutablePointer<Vector>) -> MadeRows,
    body: (
      _ part: Int, _ rows: ImagePieces.Rows, _ source: UnsafePointer<Vector>, _ panels: UnsafePointer<Vector>
    ) -> Void
  ) {
    precondition(
      outputGradient.samples == norm.samples && outputGradient.height == norm.height
        && outputGradient.width == norm.width && outputGradient.channels == norm.channels,
      "batch norm: a gradient of \(outputGradient.shape) for \(norm.shape)")
    let (x, channels, width) = (norm.x, norm.channels, norm.width)
    let pieces = ImagePieces(norm)
    let sums = VectorStorage(count: pieces.count * 2 * channels)
    let inputScratch = x.scratchVectors(rows: pieces.step)
    let behindVectors = Self.pixels * channels
    let scratch = ThreadScratch(
      threads: Parallel.threads,
      vectors: scratchVectors + inputScratch + behindVectors + (weightGradient?.scratchVectors ?? 0))
    Parallel.forEach(pieces.parts) { part, thread in
      let own = scratch.part(thread)
      weightGradient?.begin(part)
      for piece in pieces.pieces(part) {
        (sums.pointer + piece * 2 * channels).update(repeating: Vector(repeating: 0), count: 2 * channels)
      }
      guard norm.line > 0 else { return }
      let behind = own + (scratchVectors + inputScratch)
      let panels = behind + behindVectors
      pieces.forEachRows(part) { rows in
        let made = gradientRows(rows, own)
        let x = x.rows(rows.block, rows.range, own + scratchVectors)
        let pixels = rows.range.count * width
        let sums = sums.pointer + rows.piece * 2 * channels
        guard let weightGradient else {
          norm.addSums(pixels: pixels, of: x, outputGradient: made.rows, to: sums, writing: nil)
          return
        }
        for pixel in stride(from: 0, to: pixels, by: Self.pixels) {
          let (count, place) = (min(Self.pixels, pixels - pixel), pixel * channels)
          norm.addSums(
            pixels: count, of: x + place, outputGradient: made.rows + place, to: sums, writing: behind)
          weightGradient.fill(UnsafePointer(behind), pixels: count, at: pixel, panels)
        }
        body(part, rows, made.source, UnsafePointer(panels))
      }
    }
    self.init(norm, outputGradient: outputGradient, sums: sums, chunks: pieces.count)
  }

  /// Rows of a gradient, and what they were made of.
  typealias MadeRows = (rows: UnsafePointer<Vector>, source: UnsafePointer<Vector>)
}

extension NormGradient: ImageRows {
  var samples: Int { norm.samples }
  var height: Int { norm.height }
  var width: Int { norm.width }
  var channels: Int { norm.channels }

  func scratchVectors(rows: Int) -> Int {
    (gradientRows.isStored ? rows * line : 0) + gradientRows.scratchVectors(rows: rows)
      + norm.x.scratchVectors(rows: rows)
  }

  /// Zero in lanes beyond the last sample.
  func rows(_ block: Int, _ rows: Range<Int>, _ scratch: UnsafeMutablePointer<Vector>) -> UnsafePointer<Vector> {
    let (x, dy, free) = sources(block, rows, scratch)
    let target = gradientRows.isStored ? free : UnsafeMutablePointer(mutating: dy)
    write(block, rows.count * width, x, dy, to: target, pixel: channels)
    return UnsafePointer(target)
  }

  func spread(
    _ block: Int, row: Int, to y: UnsafeMutablePointer<Vector>, pixel: Int, _ scratch: UnsafeMutablePointer<Vector>
  ) {
    let (x, dy, _) = sources(block, row..<(row + 1), scratch)
    write(block, width, x, dy, to: y, pixel: pixel)
  }

  /// What rows are made of, and the scratch that is left.
  private func sources(
    _ block: Int, _ rows: Range<Int>, _ scratch: UnsafeMutablePointer<Vector>
  ) -> (x: UnsafePointer<Vector>, dy: UnsafePointer<Vector>, free: UnsafeMutablePointer<Vector>) {
    let gradientScratch = scratch + norm.x.scratchVectors(rows: rows.count)
    return (
      norm.x.rows(block, rows, scratch), gradientRows.rows(block, rows, gradientScratch),
      gradientScratch + gradientRows.scratchVectors(rows: rows.count)
    )
  }

  private func write(
    _ block: Int, _ pixels: Int, _ x: UnsafePointer<Vector>, _ dy: UnsafePointer<Vector>,
    to target: UnsafeMutablePointer<Vector>, pixel: Int
  ) {
    norm.writeGradient(pixels: pixels, of: x, outputGradient: dy, terms, to: target, pixel: pixel)
    let lanes = samples % 16
    if lanes > 0 && block == blocks - 1 {
      for index in 0..<pixels {
        for channel in 0..<channels {
          for lane in lanes..<16 { target[index * pixel + channel][lane] = 0 }
        }
      }
    }
  }
}
