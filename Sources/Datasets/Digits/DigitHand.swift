/// A hand: what makes one sample of a digit differ from its skeleton and from the next sample.
///
/// Everything here is additions, multiplications, divisions and square roots, each rounded once as IEEE 754 says and none
/// taken from a mathematical library: the same numbers give the same digit on every machine.
struct DigitHand {
  /// Gaussian numbers that a sample takes: warp, shake and the rest.
  static let gaussians = 128
  /// Pixels of the square's side that a digit fits into, as in MNIST.
  static let box: Float = 20

  /// Control values to a side of the warp: cubic B-splines over two cells.
  private static let warpSide = 5
  private static let shakeStart = 2 * warpSide * warpSide
  private static let restStart = 112

  /// The numbers that all choices come from.
  private let numbers: ArraySlice<Float>

  /// The hand that `gaussians` standard normal numbers make.
  init(_ numbers: ArraySlice<Float>) {
    precondition(numbers.count == Self.gaussians, "\(numbers.count) numbers for a hand of \(Self.gaussians)")
    self.numbers = numbers
  }

  /// `mean` + `deviation` times number `index` of the rest, within two deviations.
  private func vary(_ index: Int, _ mean: Float, _ deviation: Float) -> Float {
    mean + deviation * min(max(numbers[numbers.startIndex + Self.restStart + index], -2), 2)
  }

  /// The pen: see `DigitPath`.
  private var radius: Float { vary(6, 1.3, 0.27) }
  private var swelling: Float { vary(7, 0, 0.1) }
  private var softness: Float { vary(8, 1.3, 0.15) }

  /// The digit as the pen's path, in pixels of an image with `side` pixels to a side.
  func path(of skeleton: DigitSkeleton, side: Int) -> DigitPath {
    let knots = shaken(skeleton.points)
    var points: [SIMD2<Float>] = []
    var starts: [Int] = []
    points.reserveCapacity(128)
    for stroke in skeleton.strokes {
      starts.append(points.count)
      append(stroke.map { knots[$0] }, isClosed: stroke.first == stroke.last, to: &points)
    }
    place(&points, starts, side: side)
    return DigitPath(points: points, starts: starts, radius: radius, swelling: swelling, softness: softness)
  }

  /// The points in units of the height, each moved a little.
  private func shaken(_ points: [SIMD2<Float>]) -> [SIMD2<Float>] {
    points.indices.map { index in
      let place = numbers.startIndex + Self.shakeStart + 2 * index
      return points[index] * 0.01 + SIMD2(numbers[place], numbers[place + 1]) * 0.02
    }
  }

  /// Appends the curve through `knots` (Catmull and Rom 1974), as points a pixel or so apart, warped.
  private func append(_ knots: [SIMD2<Float>], isClosed: Bool, to points: inout [SIMD2<Float>]) {
    let last = knots.count - 1
    let steps = 6
    points.append(warped(knots[0]))
    for index in 0..<last where knots[index] != knots[index + 1] {
      let before = index > 0 ? knots[index - 1] : isClosed ? knots[last - 1] : knots[0]
      let (from, to) = (knots[index], knots[index + 1])
      let after = index + 2 <= last ? knots[index + 2] : isClosed ? knots[1] : knots[last]
      let (slopeFrom, slopeTo) = ((to - before) * 0.5, (after - from) * 0.5)
      for step in 1...steps {
        let t = Float(step) / Float(steps)
        let square = t * t
        let cube = square * t
        let bend = from * (2 * cube - 3 * square + 1) + to * (3 * square - 2 * cube)
        points.append(warped(bend + slopeFrom * (cube - 2 * square + t) + slopeTo * (cube - square)))
      }
    }
  }

  /// A point moved by the elastic warp: a vector field of cubic B-splines with random control values.
  private func warped(_ point: SIMD2<Float>) -> SIMD2<Float> {
    let (x, column) = Self.cell(point.x)
    let (y, row) = Self.cell(point.y)
    let (columnWeights, rowWeights) = (Self.weights(x), Self.weights(y))
    var moved = SIMD2<Float>.zero
    for i in 0..<4 {
      var sum = SIMD2<Float>.zero
      for j in 0..<4 {
        let place = numbers.startIndex + 2 * ((row + i) * Self.warpSide + column + j)
        sum += SIMD2(numbers[place], numbers[place + 1]) * columnWeights[j]
      }
      moved += sum * rowWeights[i]
    }
    return point + moved * 0.11
  }

  /// The cell of the warp that a coordinate lies in, and where in it, 0 to 1 and somewhat beyond.
  private static func cell(_ coordinate: Float) -> (place: Float, cell: Int) {
    let scaled = 2 * coordinate
    return scaled < 1 ? (scaled, 0) : (scaled - 1, 1)
  }

  /// The four cubic B-splines that do not vanish at a place of a cell.
  private static func weights(_ t: Float) -> SIMD4<Float> {
    let (square, cube) = (t * t, t * t * t)
    let rest = 1 - t
    return SIMD4(
      rest * rest * rest, 3 * cube - 6 * square + 4, 3 * square + 3 * t + 1 - 3 * cube, cube) * (1 / 6)
  }

  /// Stretches, slants and turns the path, fits it into the box, and moves its centre of mass near the image's middle.
  private func place(_ points: inout [SIMD2<Float>], _ starts: [Int], side: Int) {
    let stretch = vary(0, 1, 0.13)
    let slant = vary(1, 0.12, 0.16)
    // By t = tan(θ/2): cos θ = (1 − t²)/(1 + t²), sin θ = 2t/(1 + t²).
    let halfTurn = vary(2, 0, 0.05)
    let (cosine, sine) = (
      (1 - halfTurn * halfTurn) / (1 + halfTurn * halfTurn), 2 * halfTurn / (1 + halfTurn * halfTurn)
    )
    var low = SIMD2<Float>(repeating: .infinity)
    var high = SIMD2<Float>(repeating: -.infinity)
    for index in points.indices {
      let x = points[index].x * stretch - slant * points[index].y
      let y = points[index].y
      let turned = SIMD2(cosine * x - sine * y, sine * x + cosine * y)
      points[index] = turned
      low = pointwiseMin(low, turned)
      high = pointwiseMax(high, turned)
    }
    // The pen adds its width to the skeleton's extent.
    let pen = 2 * radius
    let extent = max(high.x - low.x, high.y - low.y)
    let scale = (Self.box * vary(3, 0.95, 0.035) - pen) / extent

    var mass: Float = 0
    var moment = SIMD2<Float>.zero
    for (stroke, start) in starts.enumerated() {
      let end = stroke + 1 < starts.count ? starts[stroke + 1] : points.count
      for index in (start + 1)..<end {
        let step = points[index] - points[index - 1]
        let length = (step.x * step.x + step.y * step.y).squareRoot()
        mass += length
        moment += (points[index] + points[index - 1]) * (0.5 * length)
      }
    }
    let middle = SIMD2(repeating: Float(side) / 2)
    var origin = middle - moment / mass * scale + SIMD2(vary(4, 0, 0.5), vary(5, 0, 0.5))
    // Ink stays off the outermost pixels, whose middles are half a pixel from the edge.
    let margin = radius * (1 + abs(swelling)) + softness / 2 + 0.5
    let limit = SIMD2(repeating: Float(side) - margin)
    origin = pointwiseMax(origin, SIMD2(repeating: margin) - low * scale)
    origin = pointwiseMin(origin, limit - high * scale)
    for index in points.indices { points[index] = points[index] * scale + origin }
  }
}
