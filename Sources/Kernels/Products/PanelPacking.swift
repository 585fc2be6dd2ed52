import MicroKernels

/// op(B) of a product of matrices, to be packed as panels of sixteen columns, `[panel][k][16]`, some panels and k at a time.
struct PanelPacking {
  let b: UnsafePointer<Float>
  /// Whether B's columns lie together, `depth` apart, or its rows, `columns` apart.
  let isTransposed: Bool
  let columns: Int
  let depth: Int

  /// Panels that are packed together: a row of B gives eight lines in succession, which the processor fetches ahead
  /// where single lines a row apart would each be waited for.
  private static let band = 8

  /// Packs some panels' part of the depth, panel after panel. Lanes beyond B's columns are undefined.
  func pack(_ panels: Range<Int>, _ part: Range<Int>, into output: UnsafeMutablePointer<Vector>) {
    for first in stride(from: panels.lowerBound, to: panels.upperBound, by: Self.band) {
      let band = first..<min(first + Self.band, panels.upperBound)
      let target = output + (first - panels.lowerBound) * part.count
      if isTransposed {
        for panel in band { packColumns(panel, part, into: target + (panel - first) * part.count) }
      } else {
        packRows(band, part, into: target)
      }
    }
  }

  /// Panels of rows of B that lie as they are needed.
  private func packRows(_ band: Range<Int>, _ part: Range<Int>, into output: UnsafeMutablePointer<Vector>) {
    let copyPanels = InstructionSet.selected.copyPanels
    let source = b + (part.lowerBound * columns + 16 * band.lowerBound)
    let missing = 16 * band.upperBound - columns
    guard missing > 0 else { return copyPanels(band.count, part.count, source, columns, output, part.count) }
    // The last panel takes what lies behind the end of a row, but nothing from behind B.
    let readable = max(0, min(part.count, depth - (missing + columns - 1) / columns - part.lowerBound))
    copyPanels(band.count, readable, source, columns, output, part.count)
    let rest = output + readable
    copyPanels(band.count - 1, part.count - readable, source + readable * columns, columns, rest, part.count)
    let last = band.count - 1
    for k in readable..<part.count {
      let lanes = UnsafeMutableRawPointer(output + (last * part.count + k)).assumingMemoryBound(to: Float.self)
      lanes.update(from: source + (k * columns + 16 * last), count: 16 - missing)
    }
  }

  /// One panel of columns that are B's rows in memory.
  private func packColumns(_ panel: Int, _ part: Range<Int>, into output: UnsafeMutablePointer<Vector>) {
    let width = min(16, columns - 16 * panel)
    let destination = UnsafeMutableRawPointer(output).assumingMemoryBound(to: Float.self)
    let from = b + (16 * panel * depth + part.lowerBound)
    guard part.count >= 16 else {
      for k in 0..<part.count {
        for column in 0..<width { destination[16 * k + column] = from[column * depth + k] }
      }
      return
    }
    let transpose = InstructionSet.selected.transpose16
    for k in stride(from: 0, to: part.count, by: 16) {
      // The last block begins earlier where the part is no multiple of sixteen.
      let k = min(k, part.count - 16)
      transpose(width, from + k, depth, destination + 16 * k, 16)
    }
  }
}
