/// Adds one kernel row's maps to a row of pixels: y[p, o] += map[p − 1, 0, o] + map[p, 1, o] + map[p + 1, 2, o], what lies outside
/// the row left out. A pixel of `maps` begins with the row's three taps of all outputs; pixels are `mapPixel` vectors apart.
/// Where there is a `start`, one vector an output, the sums begin with that instead of with y.
@inlinable @inline(__always)
public func addTaps(
  _ pixels: Int, _ outputs: Int, _ maps: UnsafePointer<Vector>, _ mapPixel: Int, _ y: UnsafeMutablePointer<Vector>,
  _ start: UnsafePointer<Vector>?
) {
  for pixel in 0..<pixels {
    let map = maps + pixel &* mapPixel
    let sums = y + pixel &* outputs
    for output in 0..<outputs {
      var sum = start.map { $0[output] } ?? sums[output]
      if pixel > 0 { sum += map[output &- mapPixel] }
      sum += map[outputs &+ output]
      if pixel &+ 1 < pixels { sum += map[mapPixel &+ 2 &* outputs &+ output] }
      sums[output] = sum
    }
  }
}
