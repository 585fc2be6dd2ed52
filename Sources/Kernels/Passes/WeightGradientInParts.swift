/// The weight gradient of a convolution at stride 1, 1×1 or 3×3 with few channels on one side, in one pass; see
/// `PartialWeightGradient`.
func weightGradientInParts(
  _ x: Activation, outputGradient dy: Activation, _ geometry: Convolution, weight dweight: inout Matrix,
  _ accumulation: Accumulation
) {
  let rowsAreOutputs = dy.channels <= x.channels
  let (rowsOperand, columnsOperand) = rowsAreOutputs ? (dy, x) : (x, dy)
  let gradient = PartialWeightGradient(
    geometry, channels: rowsOperand.channels, areOutputs: rowsAreOutputs, columns: columnsOperand)
  let padded = geometry.kernel == 3 ? PaddedRows(rowsOperand.view) : nil
  let pieces = ImagePieces(columnsOperand)
  let (channels, width, height) = (rowsOperand.channels, x.width, x.height)
  func rows(_ x: Activation) -> any ImageRows { ReadAhead.pays(x) ? ReadAhead(x) : x }
  let (ahead, columns) = (rows(rowsOperand), rows(columnsOperand))
  // Before the panels: where rows are read ahead to.
  let scratch = ThreadScratch(threads: Parallel.threads, vectors: gradient.scratchVectors + 1)
  Parallel.forEach(pieces.parts) { part, thread in
    let own = scratch.part(thread)
    gradient.begin(part)
    guard columnsOperand.line > 0, channels > 0 else { return }
    pieces.forEachRows(part) { rows in
      let pixels = rows.range.count * width
      gradient.fill(columns.rows(rows.block, rows.range, own), pixels: pixels, own + 1)
      if let padded {
        gradient.addRows(part, rows, of: height, beside: padded, UnsafePointer(own + 1))
      } else {
        gradient.add(
          part, ahead.rows(rows.block, rows.range, own), pixel: channels, with: 0..<pixels,
          UnsafePointer(own + 1))
      }
    }
  }
  gradient.store(into: &dweight, accumulation)
}
