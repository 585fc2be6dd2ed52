import Kernels

/// One image of a built-in texture: where its pattern lies, how large, turned and dark it is.
///
/// Everything is computed with + − × ÷ and roots alone, so that it is the same on every machine. What runs for every
/// pixel stands in this file, because a debug build inlines within files only.
struct TextureHand {
  private let kind: BuiltInTexture
  /// A rotation by some degrees, divided by the scale: pattern coordinates of a step to the right are (cosine, −sine).
  private let cosine, sine: Double
  /// Pattern coordinates of the upper left pixel.
  private let offsetX, offsetY: Double
  /// The greys of the pattern's 0 and 1.
  private let dark, bright: Double
  /// What the greys of flecks depend on.
  private let key: UInt64

  /// Image `image` of a kind.
  init(_ kind: BuiltInTexture, image: Int, seed: UInt64) {
    let stream = RandomStream(seed: seed, name: "texture \(kind.rawValue)")
    let first = UInt64(image) * 8
    func uniform(_ number: UInt64) -> Double { Double(stream.bits(at: first + number) >> 11) * 0x1p-53 }
    self.kind = kind
    let scale = 0.85 + 0.35 * uniform(0)
    // Up to 8° either way, in eighths of a degree.
    let eighths = stream.integer(below: 129, at: first + 1) - 64
    cosine = Kernels.cosine(piTimes: eighths, over: 1440) / scale
    sine = Kernels.cosine(piTimes: 720 - eighths, over: 1440) / scale
    // Positive everywhere: images are far smaller than 10 000 pixels.
    offsetX = 10_000 + 1000 * uniform(2)
    offsetY = 10_000 + 1000 * uniform(3)
    dark = 50 * uniform(4)
    bright = 205 + 50 * uniform(5)
    key = stream.bits(at: first + 6)
  }

  /// A square image. Cost: some 40 ns a pixel.
  func draw(side: Int) -> Raster {
    var pixels = [UInt8](repeating: 0, count: side * side)
    var output = pixels.mutableSpan
    for row in 0..<side {
      for column in 0..<side {
        let x = offsetX + Double(column) * cosine + Double(row) * sine
        let y = offsetY - Double(column) * sine + Double(row) * cosine
        // In 0...1, so that greys are in 0...255.
        output[row * side + column] = UInt8((dark + (bright - dark) * value(x, y)).rounded())
      }
    }
    return Raster(width: side, height: side, channels: 1, pixels: pixels)
  }

  /// The pattern at a point, its lengths in pixels at scale 1: 0 dark to 1 bright.
  private func value(_ x: Double, _ y: Double) -> Double {
    switch kind {
    case .banded: edge(2 - distance(y, 8))
    case .bricks: bricks(x, y)
    case .chequered: chequered(x, y)
    case .dotted: dotted(x, y)
    case .grid: edge(0.8 - min(distance(x, 7), distance(y, 7)))
    case .rings: rings(x, y)
    case .scales: scales(x, y)
    case .speckled: speckled(x, y)
    case .woven: woven(x, y)
    case .zigzag: edge(1.6 - distance(y + distance(x, 12), 7))
    }
  }

  /// A shape's edge, a pixel wide, from the distance to it, positive within.
  private func edge(_ distance: Double) -> Double { min(max(distance + 0.5, 0), 1) }

  /// The distance to the nearest multiple of `period`.
  private func distance(_ x: Double, _ period: Double) -> Double { abs(x - (x / period).rounded() * period) }

  /// Whether the whole number below x / period is odd; for positive x.
  private func isOdd(_ x: Double, _ period: Double) -> Bool { Int(x / period) & 1 == 1 }

  /// Courses of 7 pixels, every other one shifted by half a brick of 14, with mortar of 1.6.
  private func bricks(_ x: Double, _ y: Double) -> Double {
    let shifted = isOdd(y, 7) ? x + 7 : x
    return edge(min(distance(y, 7), distance(shifted, 14)) - 0.8)
  }

  /// Squares of 5.5 pixels.
  private func chequered(_ x: Double, _ y: Double) -> Double {
    let (across, down) = (edge(distance(x, 11) - 2.75), edge(distance(y, 11) - 2.75))
    return across * down + (1 - across) * (1 - down)
  }

  /// Dots of radius 2.2, in rows 5 pixels apart, 7 from one another.
  private func dotted(_ x: Double, _ y: Double) -> Double {
    let row = (y / 5).rounded()
    let (right, down) = (distance(Int(row) & 1 == 1 ? x + 3.5 : x, 7), y - row * 5)
    return edge(2.2 - (right * right + down * down).squareRoot())
  }

  /// A ring every 4.5 pixels around centres 22 apart.
  private func rings(_ x: Double, _ y: Double) -> Double {
    let (right, down) = (distance(x, 22), distance(y, 22))
    return edge(1.1 - distance((right * right + down * down).squareRoot(), 4.5))
  }

  /// Discs of radius 6 in rows 6 apart, every other row shifted by half; each covers the rows above, and darkens from
  /// its middle to its rim.
  private func scales(_ x: Double, _ y: Double) -> Double {
    // Only the rows within a radius reach the point; the lowest that does is on top.
    var row = (y / 6).rounded(.down) + 1
    for _ in 0..<3 {
      let (right, down) = (distance(Int(row) & 1 == 1 ? x + 6 : x, 12), y - row * 6)
      let radius = (right * right + down * down).squareRoot()
      if radius < 6 { return edge(4.9 - radius) * (1 - radius / 12) }
      row -= 1
    }
    return 0
  }

  /// Squares of 2 pixels, each of a random grey.
  private func speckled(_ x: Double, _ y: Double) -> Double {
    var mixed = key ^ UInt64(x / 2) << 32 ^ UInt64(y / 2)
    mixed = (mixed ^ mixed >> 33) &* 0xFF51_AFD7_ED55_8CCD
    mixed = (mixed ^ mixed >> 33) &* 0xC4CE_B9FE_1A85_EC53
    return Double((mixed ^ mixed >> 33) >> 11) * 0x1p-53
  }

  /// Squares of 9 pixels with three strands each, which run down and across by turns.
  private func woven(_ x: Double, _ y: Double) -> Double {
    edge(0.9 - distance((isOdd(x, 9) == isOdd(y, 9) ? x : y) + 1.5, 3))
  }
}
