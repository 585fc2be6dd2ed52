/// A place on a canvas in pixels, x to the right and y down; pixel (i, j) covers [i, i + 1] × [j, j + 1], so its centre
/// is (i + 0.5, j + 0.5). Plots use the same type for data coordinates, where y points up.
public typealias Point = SIMD2<Double>

extension Point {
  /// Whether both coordinates are finite and small enough that differences and lengths cannot overflow.
  var isDrawable: Bool { abs(x) < 1e100 && abs(y) < 1e100 }

  /// The Euclidean distance to another point.
  func distance(to other: Point) -> Double {
    let difference = other - self
    return (difference * difference).sum().squareRoot()
  }
}

/// An axis-aligned rectangle of whole pixels, half open: it holds x ..< maxX and y ..< maxY.
public struct PixelRect: Hashable, Sendable {
  /// The left column and the top row.
  public let x, y: Int
  /// The extent in pixels, never negative.
  public let width, height: Int

  /// A rectangle; negative extents become empty, and numbers beyond ±2⁴⁰ are clamped so that sums cannot overflow.
  public init(x: Int, y: Int, width: Int, height: Int) {
    let limit = 1 << 40
    self.x = min(max(x, -limit), limit)
    self.y = min(max(y, -limit), limit)
    self.width = min(max(width, 0), limit)
    self.height = min(max(height, 0), limit)
  }

  /// The smallest rectangle that holds every pixel touched by the box from `low` to `high` grown by `margin`.
  /// A box that is not drawable gives an empty rectangle.
  init(covering low: Point, _ high: Point, margin: Double) {
    guard low.isDrawable, high.isDrawable, low.x <= high.x, low.y <= high.y else {
      self.init(x: 0, y: 0, width: 0, height: 0)
      return
    }
    let left = Self.clampedFloor(low.x - margin)
    let top = Self.clampedFloor(low.y - margin)
    let right = Self.clampedFloor(high.x + margin) + 1
    let bottom = Self.clampedFloor(high.y + margin) + 1
    self.init(x: left, y: top, width: right - left, height: bottom - top)
  }

  /// One past the right column.
  public var maxX: Int { x + width }
  /// One past the bottom row.
  public var maxY: Int { y + height }
  /// Whether it holds no pixel.
  public var isEmpty: Bool { width == 0 || height == 0 }
  /// The centre, in pixel coordinates.
  public var center: Point { Point(Double(x) + Double(width) / 2, Double(y) + Double(height) / 2) }

  /// The pixels that both rectangles hold.
  public func intersection(_ other: PixelRect) -> PixelRect {
    let left = max(x, other.x)
    let top = max(y, other.y)
    return PixelRect(
      x: left, y: top, width: min(maxX, other.maxX) - left, height: min(maxY, other.maxY) - top)
  }

  /// The rectangle grown by `amount` pixels on every side; a negative amount shrinks it.
  public func grown(by amount: Int) -> PixelRect {
    PixelRect(x: x - amount, y: y - amount, width: width + 2 * amount, height: height + 2 * amount)
  }

  /// The part of the segment `from`–`to` inside the rectangle, as the two parameters in 0…1, or nil when it misses.
  func clip(from: Point, to: Point) -> ClosedRange<Double>? {
    let step = to - from
    var enter = 0.0
    var leave = 1.0
    // One slab for each of left, right, top, bottom: the inside is where slope · t ≤ room.
    let slabs = [
      (-step.x, from.x - Double(x)), (step.x, Double(maxX) - from.x),
      (-step.y, from.y - Double(y)), (step.y, Double(maxY) - from.y),
    ]
    for (slope, room) in slabs {
      if slope == 0 {
        if room < 0 { return nil }
      } else if slope < 0 {
        enter = max(enter, room / slope)
      } else {
        leave = min(leave, room / slope)
      }
    }
    return enter <= leave ? enter...leave : nil
  }

  /// The nearest point of the rectangle.
  func clamp(_ point: Point) -> Point {
    Point(
      min(max(point.x, Double(x)), Double(maxX)),
      min(max(point.y, Double(y)), Double(maxY)))
  }

  private static func clampedFloor(_ value: Double) -> Int {
    Int(min(max(value, -1e12), 1e12).rounded(.down))
  }
}
