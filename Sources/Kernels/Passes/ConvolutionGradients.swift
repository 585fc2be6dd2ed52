import MicroKernels

// The gradients of a convolution beside batch norm, each in one pass: what the norm needs is summed while the input's gradient is in
// the cache, what is in front of a norm is made there when it is read, and the weights' gradient takes both from there.

/// The gradients of a convolution of what is behind a norm and a rectifier: with respect to what is in front of these, and in
/// `dweight` with respect to the weights. Every part of the batch (`ImagePieces`) has sums of its own, which are added in order.
///
/// For 3×3 at stride 1 with few outputs; others take a pass for each. Cost: twice forward, and the norm's arithmetic.
public func convolutionGradients(
  _ x: RectifiedNorm, weight: Matrix, outputGradient dy: ChannelView, _ geometry: Convolution,
  weight dweight: inout Matrix, _ accumulation: Accumulation
) -> RectifiedNormGradient {
  requireFit(weight, dweight, x.shape, inputs: x.channels, outputs: dy.channels, geometry)
  guard PaddedConvolution.fits(geometry, inputs: dy.channels) else {
    var none: [Float] = []
    convolutionWeightGradient(
      x.activation.view, outputGradient: dy, geometry, weight: &dweight, bias: &none, accumulation)
    return RectifiedNormGradient(
      x, outputGradient: convolutionInputGradient(dy, weight: weight, geometry, height: x.height, width: x.width))
  }
  let convolution = PaddedConvolution(dy, flipping: weight)
  let sums = NormedWeightGradient(x, slices: 3, rows: 3 * dy.channels)
  let own = convolution.scratchVectors(rows: sums.pieces.step)
  var stored = convolution.isCheap ? nil : Optional(emptyLike(x))
  let target = stored?.mutablePointer()
  let (outputs, padded, height) = (dy.channels, convolution.padded, x.height)
  let result = RectifiedNormGradient(
    x, outputGradient: stored ?? convolution as any ImageRows, scratchVectors: own + sums.scratchVectors
  ) { rows, scratch in
    guard let target else {
      let gradient = convolution.rows(rows.block, rows.range, scratch)
      return (gradient, gradient)
    }
    let first = target + (rows.block * height + rows.range.lowerBound) * convolution.line
    convolution.write(rows.block, rows.range, to: first, scratch)
    return (UnsafePointer(first), UnsafePointer(first))
  } body: { part, rows, x, _, scratch in
    sums.fill(rows, of: x, scratch + own)
    sums.gradient.addRows(part, rows, of: height, beside: padded, channels: outputs, sums.panels(scratch + own))
  }
  // The pixel of dy at (slice, place) beside one of x is the output under the opposite tap.
  let inputs = x.channels
  sums.gradient.store(into: &dweight, accumulation) { slice, row in
    (start: ((row % outputs) * 9 + 8 - 3 * slice - row / outputs) * inputs, step: 1)
  }
  return result
}

/// The same where the output, too, is in front of a norm and a rectifier: for 1×1 convolutions; others make the output's gradient
/// first.
public func convolutionGradients(
  _ x: RectifiedNorm, weight: Matrix, outputGradient dy: RectifiedNormGradient, _ geometry: Convolution,
  weight dweight: inout Matrix, _ accumulation: Accumulation
) -> RectifiedNormGradient {
  guard geometry.kernel == 1, geometry.stride == 1 else {
    return convolutionGradients(
      x, weight: weight, outputGradient: dy.activation.view, geometry, weight: &dweight, accumulation)
  }
  let (inputs, outputs) = (x.channels, dy.channels)
  requireFit(weight, dweight, x.shape, inputs: inputs, outputs: outputs, geometry)
  let convolution = PointwiseConvolution(dy, flipping: weight)
  let sums = NormedWeightGradient(x, slices: 1, rows: outputs)
  let own = convolution.writeScratchVectors(rows: sums.pieces.step)
  var dx = emptyLike(x)
  let target = dx.mutablePointer()
  let result = RectifiedNormGradient(x, outputGradient: dx, scratchVectors: own + sums.scratchVectors) {
    rows, scratch in
    let first = target + (rows.block * convolution.height + rows.range.lowerBound) * convolution.line
    let gradient = convolution.write(rows.block, rows.range, to: first, scratch)
    return (UnsafePointer(first), gradient)
  } body: { part, rows, x, gradient, scratch in
    sums.fill(rows, of: x, scratch + own)
    sums.gradient.add(
      part, gradient, pixel: outputs, with: 0..<(rows.range.count * convolution.width), sums.panels(scratch + own))
  }
  sums.gradient.store(into: &dweight, accumulation) { _, row in (start: row * inputs, step: 1) }
  return result
}

/// The gradients of a convolution in front of a norm and a rectifier: with respect to x, and in `dweight` with respect to the weights.
/// For 3×3 at stride 1 with few inputs; others make the output's gradient first.
public func convolutionGradients(
  _ x: ChannelView, weight: Matrix, outputGradient dy: RectifiedNormGradient, _ geometry: Convolution,
  weight dweight: inout Matrix, _ accumulation: Accumulation
) -> Activation {
  let (outputs, inputs, height, width) = (dy.channels, x.channels, dy.height, dy.width)
  requireFit(weight, dweight, x.activation.shape, inputs: inputs, outputs: outputs, geometry)
  guard geometry.sumsTapsApart(outputs: inputs, width: width) else {
    var none: [Float] = []
    let gradient = dy.activation
    convolutionWeightGradient(x, outputGradient: gradient.view, geometry, weight: &dweight, bias: &none, accumulation)
    return convolutionInputGradient(
      gradient.view, weight: weight, geometry, height: x.activation.height, width: x.activation.width)
  }
  var dx = Activation(uninitialized: x.samples, height: height, width: width, channels: inputs)
  let maps = TapMaps(flipping: weight)
  let padded = PaddedRows(x)
  let pieces = ImagePieces(dx)
  let gradient = PartialWeightGradient(
    slices: 3, rows: 3 * inputs, columns: outputs, parts: pieces.parts, pixels: pieces.step * width)
  let (line, mapScratch) = (width * outputs, maps.scratchVectors(width: width))
  let rowsScratch = dy.scratchVectors(rows: pieces.step + 2)
  let scratch = ThreadScratch(
    threads: Parallel.threads, vectors: mapScratch + rowsScratch + gradient.scratchVectors)
  let target = dx.mutablePointer()
  Parallel.forEach(dx.line > 0 && outputs > 0 ? pieces.parts : 0) { part, thread in
    let own = scratch.part(thread)
    let panels = own + mapScratch + rowsScratch
    pieces.forEachRows(part) { rows in
      // The first and the last rows of a piece have neighbours that belong to others.
      let (range, all) = (rows.range, rows.all)
      let first = range.lowerBound == all.lowerBound ? max(0, range.lowerBound - 1) : range.lowerBound
      let last = range.upperBound == all.upperBound ? min(height, range.upperBound + 1) : range.upperBound
      let values = dy.rows(rows.block, first..<last, own + mapScratch)
      for row in first..<last {
        maps.add(
          row, of: height, width: width, values + (row - first) * line,
          to: target + rows.block * height * width * inputs, rows: all, scratch: own)
      }
      gradient.fill(values + (range.lowerBound - first) * line, pixels: range.count * width, panels)
      gradient.addRows(part, rows, of: height, beside: padded, channels: inputs, UnsafePointer(panels))
    }
  }
  gradient.store(into: &dweight, accumulation) { slice, row in
    (start: 3 * slice * inputs + row, step: 9 * inputs)
  }
  return dx
}

private func emptyLike(_ x: some ImageRows) -> Activation {
  Activation(uninitialized: x.samples, height: x.height, width: x.width, channels: x.channels)
}

private func requireFit(
  _ weight: Matrix, _ dweight: Matrix, _ shape: String, inputs: Int, outputs: Int, _ geometry: Convolution
) {
  precondition(
    weight.rows == outputs && weight.columns == geometry.taps * inputs && dweight.rows == weight.rows
      && dweight.columns == weight.columns,
    """
    convolutionGradients: weight \(weight.rows)×\(weight.columns) and gradient \(dweight.rows)×\(dweight.columns) do not fit \
    \(geometry.taps) taps of \(shape) and \(outputs) outputs
    """)
}

/// A weight gradient whose b is what is behind a norm and a rectifier.
private struct NormedWeightGradient {
  let pieces: ImagePieces
  let gradient: PartialWeightGradient
  private let norm: RectifiedNorm

  /// `rows` of each of the weight gradient's slices.
  init(_ norm: RectifiedNorm, slices: Int, rows: Int) {
    self.norm = norm
    pieces = ImagePieces(norm)
    gradient = PartialWeightGradient(
      slices: slices, rows: rows, columns: norm.channels, parts: pieces.parts, pixels: pieces.step * norm.width)
  }

  /// Pixels behind the norm that stay in the first-level cache until they are transposed.
  private static let pixels = 2
  private var behind: Int { Self.pixels * norm.channels }
  var scratchVectors: Int { behind + gradient.scratchVectors }

  /// The panels in a thread's scratch.
  func panels(_ scratch: UnsafeMutablePointer<Vector>) -> UnsafePointer<Vector> { UnsafePointer(scratch + behind) }

  /// Makes the panels of what is behind the norm of some rows of x.
  func fill(_ rows: ImagePieces.Rows, of x: UnsafePointer<Vector>, _ scratch: UnsafeMutablePointer<Vector>) {
    let pixels = rows.range.count * norm.width
    for pixel in stride(from: 0, to: pixels, by: Self.pixels) {
      let count = min(Self.pixels, pixels - pixel)
      norm.write(pixels: count, of: x + pixel * norm.channels, to: scratch)
      gradient.fill(UnsafePointer(scratch), pixels: count, at: pixel, scratch + behind)
    }
  }
}
