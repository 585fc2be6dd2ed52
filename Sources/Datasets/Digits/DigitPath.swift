/// The path of a pen, in pixels, and the pen.
struct DigitPath {
  /// The path as short straight pieces, stroke after stroke.
  let points: [SIMD2<Float>]
  /// The first point of each stroke.
  let starts: [Int]
  /// Half the width of the line.
  let radius: Float
  /// By which share the line is wider at the path's end than in its middle, and narrower at its beginning.
  let swelling: Float
  /// Over how many pixels the edge of the line fades from white to black.
  let softness: Float

  /// Draws the line, white on black, into a square of `side` × `side` pixels that is black so far.
  ///
  /// A pixel is as white as its middle lies deep in the nearest piece of the line. Cost: some dozen pixels a piece.
  func draw(into pixels: inout ArraySlice<UInt8>, side: Int) {
    let fade = 1 / softness
    let length = Float(max(points.count - 1, 1))
    var stroke = 0
    var cover = [Float](repeating: 0, count: side * side)
    for index in 1..<max(points.count, 1) {
      while stroke + 1 < starts.count, starts[stroke + 1] < index { stroke += 1 }
      if stroke + 1 < starts.count, starts[stroke + 1] == index { continue }
      let (from, to) = (points[index - 1], points[index])
      let step = to - from
      let square = step.x * step.x + step.y * step.y
      let inverse: Float = square > 0 ? 1 / square : 0
      let radius = radius * (1 + swelling * (2 * Float(index) / length - 1))
      let reach = radius + 0.5 * softness
      let columns = Self.pixels(min(from.x, to.x) - reach, max(from.x, to.x) + reach, side)
      for y in Self.pixels(min(from.y, to.y) - reach, max(from.y, to.y) + reach, side) {
        for x in columns {
          let offset = SIMD2(Float(x) + 0.5, Float(y) + 0.5) - from
          let along = min(max((offset.x * step.x + offset.y * step.y) * inverse, 0), 1)
          let apart = offset - step * along
          let distance = apart.x * apart.x + apart.y * apart.y
          if distance < reach * reach {
            let depth = (radius - distance.squareRoot()) * fade + 0.5
            cover[y * side + x] = max(cover[y * side + x], depth)
          }
        }
      }
    }
    let first = pixels.startIndex
    for index in 0..<(side * side) { pixels[first + index] = UInt8(min(cover[index], 1) * 255 + 0.5) }
  }

  /// The pixels whose middles lie between two coordinates.
  private static func pixels(_ low: Float, _ high: Float, _ side: Int) -> Range<Int> {
    let first = max(Int((low - 0.5).rounded(.up)), 0)
    return first..<max(first, min(Int((high - 0.5).rounded(.down)) + 1, side))
  }
}
