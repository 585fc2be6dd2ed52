/// Copies rows of A that are columns in memory to `tiles` panels `[k][width]`, `panelStride` apart: of every panel `depth`
/// stretches of `width` adjacent elements, an even number up to 14, one after another. What the panels hold lies side by side,
/// `sourceStride` from one k to the next.
///
/// All panels in one call, as a call for every eight stretches took as long as copying them.
@inlinable @inline(__always)
public func packColumns(
  _ tiles: Int, _ depth: Int, _ width: Int, _ source: UnsafePointer<Float>, _ sourceStride: Int,
  _ destination: UnsafeMutablePointer<Float>, _ panelStride: Int
) {
  for tile in 0..<tiles {
    packColumns(depth, width, source + tile &* width, sourceStride, destination + tile &* panelStride)
  }
}

/// One panel.
///
/// From eight elements on a stretch is one whole vector, whose excess the next one covers; the last is copied exactly. So
/// nothing is read or written past the end, as stretches lie at least their width apart.
@inlinable @inline(__always)
func packColumns(
  _ depth: Int, _ width: Int, _ source: UnsafePointer<Float>, _ sourceStride: Int,
  _ destination: UnsafeMutablePointer<Float>
) {
  var column = UnsafeRawPointer(source)
  var target = UnsafeMutableRawPointer(destination)
  let bytes = 4 &* width
  let stride = 4 &* sourceStride
  var exact = depth
  if width >= 8 {
    while exact > 1 {
      target.storeBytes(of: column.loadUnaligned(as: Vector.self), as: Vector.self)
      column += stride
      target += bytes
      exact &-= 1
    }
  }
  while exact > 0 {
    var byte = 0
    if width & 8 != 0 {
      target.storeBytes(of: column.loadUnaligned(as: SIMD8<Float>.self), as: SIMD8<Float>.self)
      byte = 32
    }
    if width & 4 != 0 {
      target.storeBytes(
        of: column.loadUnaligned(fromByteOffset: byte, as: SIMD4<Float>.self), toByteOffset: byte,
        as: SIMD4<Float>.self)
      byte &+= 16
    }
    if width & 2 != 0 {
      target.storeBytes(
        of: column.loadUnaligned(fromByteOffset: byte, as: SIMD2<Float>.self), toByteOffset: byte,
        as: SIMD2<Float>.self)
    }
    column += stride
    target += bytes
    exact &-= 1
  }
}
