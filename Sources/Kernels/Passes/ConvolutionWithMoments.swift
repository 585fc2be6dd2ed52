import MicroKernels

/// W ∗ x, to the bit as `convolution` gives it, and its moments, which are summed while its rows are in the cache. For a 3×3
/// convolution at stride 1 of few channels; others take a pass more. Of very few channels the output is not even stored. Cost: as `convolution`, and the moments' arithmetic.
public func convolutionWithMoments(
  _ x: ChannelView, weight: Matrix, _ geometry: Convolution
) -> (y: ConvolutionOutput, moments: BatchMoments) {
  let image = x.activation
  if geometry.isTransformed(inputs: x.channels, outputs: weight.rows, height: image.height, width: image.width) {
    return transformedWithMoments(x.contiguous, weight)
  }
  guard PaddedConvolution.fits(geometry, inputs: x.channels),
    !geometry.sumsTapsApart(outputs: weight.rows, width: x.activation.width)
  else {
    let y = convolution(x, weight: weight, bias: [], geometry)
    return (ConvolutionOutput(y), BatchMoments(y))
  }
  precondition(
    weight.columns == 9 * x.channels,
    "convolution: weight \(weight.rows)×\(weight.columns) does not fit 9 taps of \(x.channels) inputs")
  let convolution = PaddedConvolution(x, weight: weight)
  if convolution.isCheap {
    let moments = momentsOfRows(convolution, scratchVectors: convolution.scratchVectors(rows:)) { rows, scratch in
      convolution.rows(rows.block, rows.range, scratch)
    }
    return (ConvolutionOutput(convolution), moments)
  }
  return keepingRows(convolution)
}

/// The same for an x behind batch norm and a rectifier, where the convolution is 1×1 or 3×3 with many channels.
public func convolutionWithMoments(
  _ x: NormOutput, weight: Matrix, _ geometry: Convolution
) -> (y: ConvolutionOutput, moments: BatchMoments) {
  if geometry.isTransformed(inputs: x.channels, outputs: weight.rows, height: x.height, width: x.width) {
    return transformedWithMoments(x, weight)
  }
  guard geometry.kernel == 1, geometry.stride == 1 else {
    let y = convolution(x, weight: weight, bias: [], geometry)
    return (ConvolutionOutput(y), BatchMoments(y))
  }
  return keepingRows(PointwiseConvolution(x, weight: weight))
}

/// Winograd's convolution and its moments.
private func transformedWithMoments(
  _ x: some ImageRows, _ weight: Matrix
) -> (y: ConvolutionOutput, moments: BatchMoments) {
  let convolution = WinogradConvolution(weight)
  var y = Activation(uninitialized: x.samples, height: x.height, width: x.width, channels: weight.rows)
  let target = y.mutablePointer()
  let pieces = ImagePieces(tilesOf: x)
  let sums = MomentSums(chunks: pieces.count, channels: y.channels)
  let kernel = InstructionSet.selected.batchNorm.moments
  let scratch = ThreadScratch(threads: Parallel.threads, vectors: convolution.scratchVectors(x, pieces))
  let (height, width, channels, blocks) = (y.height, y.width, y.channels, y.blocks)
  Parallel.forEach(pieces.parts) { part, thread in
    convolution.makeRows(of: x, pieces, part, to: target, scratch.part(thread)) { rows, first, pixels, _ in
      kernel(pixels, channels, first, sums.chunk(rows.piece), rows.range.lowerBound > rows.all.lowerBound)
    }
  }
  let moments = sums.moments(samples: y.samples, pixels: height * width) { chunk in
    let piece = pieces[chunk]
    let lines = min(4 * piece.rows.upperBound, height) - 4 * piece.rows.lowerBound
    return (lines * width, piece.block == blocks - 1)
  }
  return (ConvolutionOutput(y), moments)
}

/// All rows, in memory, and their moments.
private func keepingRows(_ rows: some WrittenRows) -> (y: ConvolutionOutput, moments: BatchMoments) {
  var y = Activation(uninitialized: rows.samples, height: rows.height, width: rows.width, channels: rows.channels)
  let target = y.mutablePointer()
  let moments = momentsOfRows(rows, scratchVectors: rows.writeScratchVectors(rows:)) { some, scratch in
    rows.keep(some, in: target, scratch).rows
  }
  return (ConvolutionOutput(y), moments)
}

/// The moments of an image batch of y's shape whose rows are made, and perhaps stored, by `rows`.
private func momentsOfRows(
  _ y: some ImageRows, scratchVectors: (_ rows: Int) -> Int,
  _ makeRows: (_ rows: ImagePieces.Rows, _ scratch: UnsafeMutablePointer<Vector>) -> UnsafePointer<Vector>
) -> BatchMoments {
  let pieces = ImagePieces(y)
  let sums = MomentSums(chunks: pieces.count, channels: y.channels)
  let kernel = InstructionSet.selected.batchNorm.moments
  let scratch = ThreadScratch(threads: Parallel.threads, vectors: scratchVectors(pieces.step))
  let (width, channels, blocks) = (y.width, y.channels, y.blocks)
  Parallel.forEach(y.line > 0 ? pieces.parts : 0) { part, thread in
    pieces.forEachRows(part) { rows in
      let values = makeRows(rows, scratch.part(thread))
      kernel(
        rows.range.count * width, channels, values, sums.chunk(rows.piece),
        rows.range.lowerBound > rows.all.lowerBound)
    }
  }
  return sums.moments(samples: y.samples, pixels: y.height * width) { chunk in
    let piece = pieces[chunk]
    return (piece.rows.count * width, piece.block == blocks - 1)
  }
}
