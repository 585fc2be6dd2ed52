import MicroKernels

// The gradients of a convolution beside batch norm, each in one pass: what the norm needs is summed while the input's gradient is in
// the cache, what is in front of a norm is made there when it is read, and the weights' gradient takes both from there.

/// The gradients of a convolution of what is behind a norm and a rectifier: with respect to what is in front of these, and in
/// `dweight` with respect to the weights. Every part of the batch (`ImagePieces`) has sums of its own, which are added in order.
///
/// For 3×3 at stride 1 with few outputs; others take a pass for each. Cost: twice forward, and the norm's arithmetic.
public func convolutionGradients(
  _ x: NormOutput, weight: Matrix, outputGradient dy: ChannelView, _ geometry: Convolution,
  weight dweight: inout Matrix, _ accumulation: Accumulation
) -> NormGradient {
  requireFit(weight, dweight, x.shape, inputs: x.channels, outputs: dy.channels, geometry)
  if geometry.isTransformed(inputs: dy.channels, outputs: x.channels, height: x.height, width: x.width) {
    return transformedGradients(x, weight, dy.contiguous, &dweight, accumulation)
  }
  guard PaddedConvolution.fits(geometry, inputs: dy.channels) else {
    var none: [Float] = []
    convolutionWeightGradient(
      x.activation.view, outputGradient: dy, geometry, weight: &dweight, bias: &none, accumulation)
    return NormGradient(
      x, outputGradient: convolutionInputGradient(dy, weight: weight, geometry, height: x.height, width: x.width))
  }
  let convolution = PaddedConvolution(dy, flipping: weight)
  let gradient = PartialWeightGradient(geometry, channels: dy.channels, areOutputs: true, columns: x)
  var stored = convolution.isCheap ? nil : Optional(emptyLike(x))
  let target = stored?.mutablePointer()
  let (padded, height) = (convolution.padded, x.height)
  let result = NormGradient(
    x, outputGradient: stored.map(ReadAhead.init) ?? convolution as any ImageRows, beside: gradient,
    scratchVectors: convolution.scratchVectors(rows: ImagePieces(x).step)
  ) { rows, scratch in
    guard let target else {
      let made = convolution.rows(rows.block, rows.range, scratch)
      return (made, made)
    }
    return convolution.keep(rows, in: target, scratch)
  } body: { part, rows, _, panels in
    gradient.addRows(part, rows, of: height, beside: padded, panels)
  }
  gradient.store(into: &dweight, accumulation)
  return result
}

/// The same where the output, too, is in front of a norm and a rectifier: for 1×1 convolutions; others make the output's gradient
/// first.
public func convolutionGradients(
  _ x: NormOutput, weight: Matrix, outputGradient dy: NormGradient, _ geometry: Convolution,
  weight dweight: inout Matrix, _ accumulation: Accumulation
) -> NormGradient {
  if geometry.isTransformed(inputs: dy.channels, outputs: x.channels, height: x.height, width: x.width) {
    return transformedGradients(x, weight, dy, &dweight, accumulation)
  }
  guard geometry.kernel == 1, geometry.stride == 1 else {
    return convolutionGradients(
      x, weight: weight, outputGradient: dy.activation.view, geometry, weight: &dweight, accumulation)
  }
  let (inputs, outputs) = (x.channels, dy.channels)
  requireFit(weight, dweight, x.shape, inputs: inputs, outputs: outputs, geometry)
  let convolution = PointwiseConvolution(dy, flipping: weight)
  let gradient = PartialWeightGradient(geometry, channels: outputs, areOutputs: true, columns: x)
  var dx = emptyLike(x)
  let target = dx.mutablePointer()
  let result = NormGradient(
    x, outputGradient: ReadAhead(dx), beside: gradient,
    scratchVectors: convolution.writeScratchVectors(rows: ImagePieces(x).step)
  ) { rows, scratch in
    convolution.keep(rows, in: target, scratch)
  } body: { part, rows, dy, panels in
    gradient.add(part, dy, pixel: outputs, with: 0..<(rows.range.count * convolution.width), panels)
  }
  gradient.store(into: &dweight, accumulation)
  return result
}

/// The gradients of a convolution in front of a norm and a rectifier, in a residual block: x, which a shortcut reads too, is what a
/// rectifier made of the sum of what is behind `norm` and something else. Returns the gradient with respect to what is in front of that
/// norm; its `outputGradient` is that of the sum. Cost: as without, where the convolution is Winograd's; else three passes more.
public func convolutionGradients(
  _ view: ChannelView, weight: Matrix, outputGradient dy: NormGradient, adding shortcut: Activation,
  behind norm: NormOutput, _ geometry: Convolution, weight dweight: inout Matrix, _ accumulation: Accumulation
) -> NormGradient {
  let x = view.contiguous
  guard geometry.isTransformed(inputs: dy.channels, outputs: x.channels, height: dy.height, width: dy.width) else {
    var dx = convolutionGradients(
      x.view, weight: weight, outputGradient: dy, geometry, weight: &dweight, accumulation)
    dx.add(shortcut)
    return NormGradient(norm, outputGradient: rectifierGradient(x, outputGradient: dx.view))
  }
  requireFit(weight, dweight, x.shape, inputs: x.channels, outputs: dy.channels, geometry)
  precondition(
    shortcut.hasShape(of: x) && norm.shape == x.shape,
    "convolutionGradients: a shortcut of \(shortcut.shape) and a norm of \(norm.shape) for \(x.shape)")
  let kernels = InstructionSet.selected
  let (line, height) = (x.line, x.height)
  return withNormGradient(of: norm, x, weight, dy, &dweight, accumulation) { rows, first, pixels in
    let place = (rows.block * height + 4 * rows.range.lowerBound) * line
    let count = pixels * x.channels
    kernels.add(count, UnsafePointer(first), shortcut.pointer + place, first)
    kernels.rectifierGradient(count, x.pointer + place, UnsafePointer(first), first)
  }
}

/// The gradients of a convolution in front of a norm and a rectifier: with respect to x, and in `dweight` with respect to the weights.
/// For 3×3 at stride 1 with few inputs or by Winograd; others make the output's gradient first.
public func convolutionGradients(
  _ x: ChannelView, weight: Matrix, outputGradient dy: NormGradient, _ geometry: Convolution,
  weight dweight: inout Matrix, _ accumulation: Accumulation
) -> Activation {
  let (outputs, inputs, height, width) = (dy.channels, x.channels, dy.height, dy.width)
  requireFit(weight, dweight, x.activation.shape, inputs: inputs, outputs: outputs, geometry)
  if geometry.isTransformed(inputs: outputs, outputs: inputs, height: height, width: width) {
    return transformedGradients(x.contiguous, weight, dy, &dweight, accumulation)
  }
  guard geometry.sumsTapsApart(outputs: inputs, width: width) else {
    var none: [Float] = []
    let dy = dy.activation
    convolutionWeightGradient(x, outputGradient: dy.view, geometry, weight: &dweight, bias: &none, accumulation)
    return convolutionInputGradient(
      dy.view, weight: weight, geometry, height: x.activation.height, width: x.activation.width)
  }
  var dx = Activation(uninitialized: x.samples, height: height, width: width, channels: inputs)
  let maps = TapMaps(flipping: weight)
  let padded = PaddedRows(x)
  let pieces = ImagePieces(dx)
  let gradient = PartialWeightGradient(geometry, channels: inputs, areOutputs: false, columns: dy)
  let (line, mapScratch) = (width * outputs, maps.scratchVectors(width: width))
  let rowsScratch = dy.scratchVectors(rows: pieces.step + 2)
  let scratch = ThreadScratch(
    threads: Parallel.threads, vectors: mapScratch + rowsScratch + gradient.scratchVectors)
  let target = dx.mutablePointer()
  Parallel.forEach(pieces.parts) { part, thread in
    let own = scratch.part(thread)
    gradient.begin(part)
    guard width > 0, inputs > 0, outputs > 0 else { return }
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
      gradient.addRows(part, rows, of: height, beside: padded, UnsafePointer(panels))
    }
  }
  gradient.store(into: &dweight, accumulation)
  return dx
}

/// The gradients of Winograd's convolution in one pass, with what the norm in front of it needs.
private func transformedGradients(
  _ x: NormOutput, _ weight: Matrix, _ dy: some ImageRows, _ dweight: inout Matrix, _ accumulation: Accumulation
) -> NormGradient {
  withNormGradient(of: x, x, weight, dy, &dweight, accumulation) { _, _, _ in }
}

/// The same with what a norm needs of which x was made. `finish` makes of the gradient's rows what the norm's sums are taken of.
private func withNormGradient(
  of norm: NormOutput, _ x: some ImageRows, _ weight: Matrix, _ dy: some ImageRows, _ dweight: inout Matrix,
  _ accumulation: Accumulation,
  _ finish: (_ rows: ImagePieces.Rows, _ first: UnsafeMutablePointer<Vector>, _ pixels: Int) -> Void
) -> NormGradient {
  let chunks = ImagePieces(tilesOf: x).count
  let channels = norm.channels
  let sums = VectorStorage(count: chunks * 2 * channels)
  sums.pointer.update(repeating: Vector(repeating: 0), count: sums.count)
  let dx = transformedGradients(
    x, weight, dy, &dweight, accumulation, besideVectors: norm.x.scratchVectors(rows: 4 * ImagePieces(tilesOf: x).step)
  ) { rows, first, pixels, scratch in
    finish(rows, first, pixels)
    let lines = (4 * rows.range.lowerBound)..<(4 * rows.range.lowerBound + pixels / norm.width)
    norm.addSums(
      pixels: pixels, of: norm.x.rows(rows.block, lines, scratch), outputGradient: first,
      to: sums.pointer + rows.piece * 2 * channels, writing: nil)
  }
  return NormGradient(norm, outputGradient: ReadAhead(dx), sums: sums, chunks: chunks)
}

/// The gradients of Winograd's convolution in one pass.
private func transformedGradients(
  _ x: Activation, _ weight: Matrix, _ dy: some ImageRows, _ dweight: inout Matrix, _ accumulation: Accumulation
) -> Activation {
  transformedGradients(x, weight, dy, &dweight, accumulation, besideVectors: 0) { _, _, _, _ in }
}

/// The same for any x; `beside` gets the rows of its gradient as they are made, and some scratch.
private func transformedGradients(
  _ x: some ImageRows, _ weight: Matrix, _ dy: some ImageRows, _ dweight: inout Matrix, _ accumulation: Accumulation,
  besideVectors: Int,
  _ beside: (
    _ rows: ImagePieces.Rows, _ first: UnsafeMutablePointer<Vector>, _ pixels: Int,
    _ scratch: UnsafeMutablePointer<Vector>
  ) -> Void
) -> Activation {
  var dx = emptyLike(x)
  let target = dx.mutablePointer()
  let pieces = ImagePieces(tilesOf: x)
  let convolution = WinogradConvolution(flipping: weight)
  let gradient = WinogradGradient(x, outputs: dy.channels, pieces)
  let (first, second) = (convolution.scratchVectors(dy, pieces), gradient.scratchVectors(x))
  let scratch = ThreadScratch(threads: Parallel.threads, vectors: first + second + besideVectors)
  Parallel.forEach(pieces.parts) { part, thread in
    let own = scratch.part(thread)
    var ring = gradient.ring(own + first)
    convolution.makeRows(of: dy, pieces, part, to: target, own) { rows, pixel, pixels, source in
      beside(rows, pixel, pixels, own + (first + second))
      gradient.add(part, rows, of: x, &ring, outputGradient: source, own + first)
    }
  }
  gradient.store(into: &dweight, accumulation)
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
