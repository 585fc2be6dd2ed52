/// How a digit is written: the strokes of the pen's middle, as points that smooth curves pass through.
struct DigitSkeleton: Sendable {
  /// The points, in hundredths of the digit's height; x to the right, y downwards.
  let points: [SIMD2<Float>]
  /// The points of each stroke, in the order of the pen.
  ///
  /// A point twice in succession is a corner. A stroke that ends at its first point is closed, without a corner there.
  let strokes: [[Int]]

  /// The strokes as x, y, x, y, …; equal coordinates are the same point, which moves as one when the hand shakes.
  private init(_ coordinates: [Float]...) {
    var points: [SIMD2<Float>] = []
    strokes = coordinates.map { stroke in
      stride(from: 0, to: stroke.count, by: 2).map { index in
        let point = SIMD2(stroke[index], stroke[index + 1])
        if let known = points.firstIndex(of: point) { return known }
        points.append(point)
        return points.count - 1
      }
    }
    self.points = points
  }

  /// The ways to write each digit, 0 to 9; each is as likely as the others of its digit.
  static let variants: [[DigitSkeleton]] = [
    [
      DigitSkeleton([40, 0, 14, 14, 2, 50, 14, 88, 40, 100, 64, 86, 76, 50, 66, 12, 40, 0]),
      // Begun at the right and not quite closed.
      DigitSkeleton([56, 8, 36, 0, 12, 18, 2, 54, 14, 90, 38, 100, 62, 84, 70, 46, 58, 12, 30, 4]),
    ],
    [
      DigitSkeleton([20, 0, 20, 50, 20, 100]),
      DigitSkeleton([23, 0, 20, 50, 17, 100]),
      DigitSkeleton([2, 24, 14, 14, 26, 0, 26, 0, 26, 50, 26, 100]),
    ],
    [
      DigitSkeleton([4, 24, 16, 4, 42, 0, 62, 18, 54, 46, 30, 74, 2, 98, 2, 98, 36, 96, 74, 96]),
      // With a loop at the foot.
      DigitSkeleton([6, 20, 24, 2, 50, 4, 62, 24, 50, 54, 26, 86, 8, 96, 4, 82, 20, 76, 44, 90, 78, 94]),
    ],
    [
      DigitSkeleton([8, 14, 30, 0, 56, 10, 54, 34, 26, 46, 26, 46, 58, 56, 66, 78, 42, 98, 4, 92]),
      // With a flat top.
      DigitSkeleton([6, 3, 34, 2, 62, 2, 62, 2, 46, 22, 28, 40, 28, 40, 56, 50, 66, 74, 42, 98, 4, 92]),
    ],
    [
      // Open: the left stroke comes down beside the right one.
      DigitSkeleton([12, 4, 6, 30, 6, 54, 6, 54, 34, 56, 68, 52], [60, 0, 57, 50, 54, 100]),
      // Closed: the slope begins at the top of the stem.
      DigitSkeleton([54, 0, 28, 34, 2, 66, 2, 66, 38, 66, 76, 64], [54, 0, 53, 50, 52, 100]),
    ],
    [
      // The roof is a stroke of its own.
      DigitSkeleton([18, 4, 15, 22, 12, 44, 12, 44, 36, 38, 60, 54, 60, 82, 36, 100, 4, 92], [18, 4, 42, 2, 70, 0]),
      // All in one.
      DigitSkeleton([72, 2, 46, 3, 20, 4, 20, 4, 14, 24, 10, 44, 10, 44, 38, 40, 60, 58, 58, 84, 34, 100, 3, 94]),
    ],
    [
      DigitSkeleton([56, 2, 30, 16, 10, 46, 4, 74, 16, 96, 40, 98, 60, 80, 52, 58, 30, 54, 8, 72]),
      // Upright, with a small belly.
      DigitSkeleton([28, 0, 14, 28, 5, 62, 10, 90, 32, 100, 54, 86, 54, 66, 36, 58, 14, 66, 6, 80]),
    ],
    [
      DigitSkeleton([2, 6, 34, 5, 66, 2, 66, 2, 48, 34, 36, 66, 28, 100]),
      // With a bar through the stem.
      DigitSkeleton([2, 6, 34, 5, 66, 2, 66, 2, 48, 34, 36, 66, 28, 100], [18, 52, 40, 50, 64, 46]),
      // The roof begins with a hook.
      DigitSkeleton([4, 22, 5, 4, 5, 4, 36, 5, 68, 3, 68, 3, 56, 32, 44, 62, 40, 100]),
    ],
    [
      // A figure of eight in one stroke.
      DigitSkeleton([58, 12, 34, 0, 12, 16, 20, 38, 44, 54, 60, 78, 36, 100, 8, 82, 20, 58, 46, 38, 58, 12]),
      // Two rings.
      DigitSkeleton(
        [34, 0, 14, 8, 12, 30, 32, 45, 52, 34, 54, 12, 34, 0],
        [32, 45, 10, 58, 6, 82, 32, 100, 58, 84, 56, 60, 32, 45]),
    ],
    [
      // A straight stem.
      DigitSkeleton([60, 14, 34, 0, 10, 14, 8, 38, 28, 48, 50, 38, 60, 14, 60, 14, 58, 56, 52, 100]),
      // A stem that curls.
      DigitSkeleton([60, 18, 38, 0, 12, 10, 8, 36, 26, 50, 48, 42, 60, 18, 60, 18, 61, 52, 52, 84, 32, 99, 8, 90]),
    ],
  ]
}
