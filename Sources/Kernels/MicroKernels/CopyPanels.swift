/// Copies `depth` rows of B, `sourceStride` apart, to `panels` whole panels `[k][16]`, `panelStride` vectors apart.
///
/// Row by row, as the processor fetches the lines of a row ahead.
@inlinable @inline(__always)
public func copyPanels(
  _ panels: Int, _ depth: Int, _ source: UnsafePointer<Float>, _ sourceStride: Int,
  _ destination: UnsafeMutablePointer<Vector>, _ panelStride: Int
) {
  for k in 0..<depth {
    let row = UnsafeRawPointer(source + k &* sourceStride)
    let line = destination + k
    for panel in 0..<panels {
      line[panel &* panelStride] = row.loadUnaligned(fromByteOffset: 64 &* panel, as: Vector.self)
    }
  }
}
