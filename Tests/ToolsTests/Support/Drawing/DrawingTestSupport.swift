import ToolSupport

extension Canvas {
  /// How dark the pixel is, 0 white to 1 black, from its red byte.
  func ink(_ x: Int, _ y: Int) -> Double { Double(255 - color(x: x, y: y).red) / 255 }

  /// The sum of ``ink(_:_:)``: the area in pixels of what was drawn in black on white.
  var inkArea: Double {
    stride(from: 0, to: pixels.count, by: 3).reduce(0) { $0 + Double(255 - pixels[$1]) / 255 }
  }

  /// The smallest rectangle that holds all pixels that are not white, or nil when there is none.
  var inkBounds: PixelRect? {
    var low = (width, height)
    var high = (-1, -1)
    for y in 0..<height {
      for x in 0..<width where color(x: x, y: y) != .white {
        low = (min(low.0, x), min(low.1, y))
        high = (max(high.0, x), max(high.1, y))
      }
    }
    guard high.0 >= 0 else { return nil }
    return PixelRect(x: low.0, y: low.1, width: high.0 - low.0 + 1, height: high.1 - low.1 + 1)
  }
}

/// A small seeded generator (SplitMix64), so that random tests are the same every time.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Coordinates that break careless arithmetic, among ordinary ones.
let awkwardNumbers: [Double] = [
  .nan, .infinity, -.infinity, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 1e100, -1e99, 1e30, -1e19, 1e9,
  .leastNonzeroMagnitude, 0, -0.0, -1, 0.5, 7, 15.25, 31, 32, 33, 100,
]
