/// Where a plane is sampled: nodes on a regular lattice over a rectangle of data coordinates.
public struct PlaneGrid: Hashable, Sendable {
  /// The nodes along x and along y, each in 2…8192.
  public let columns, rows: Int
  /// The data values of the first and the last column, and of the first (lowest) and the last row.
  public let x, y: ClosedRange<Double>

  /// A grid; both ranges must be finite and not empty.
  public init(columns: Int, rows: Int, x: ClosedRange<Double>, y: ClosedRange<Double>) {
    precondition((2...8192).contains(columns) && (2...8192).contains(rows), "grid of \(columns)×\(rows) nodes")
    for range in [x, y] {
      precondition(
        range.lowerBound.isFinite && range.upperBound.isFinite && range.lowerBound < range.upperBound,
        "grid range \(range)")
    }
    self.columns = columns
    self.rows = rows
    self.x = x
    self.y = y
  }

  /// The count of nodes.
  public var count: Int { columns * rows }

  /// The data coordinates of a node.
  public func node(column: Int, row: Int) -> Point {
    place(Double(column), Double(row))
  }

  /// The data coordinates of every node, row by row from the lowest, each from the left: the order of a field's values.
  public var nodes: [Point] {
    (0..<count).map { node(column: $0 % columns, row: $0 / columns) }
  }

  /// The data coordinates of a place counted in columns and rows.
  func place(_ column: Double, _ row: Double) -> Point {
    Point(
      x.lowerBound + (x.upperBound - x.lowerBound) * column / Double(columns - 1),
      y.lowerBound + (y.upperBound - y.lowerBound) * row / Double(rows - 1))
  }

  /// The place of data coordinates counted in columns and rows, or nil outside the grid.
  func lattice(_ point: Point) -> Point? {
    let column = (point.x - x.lowerBound) / (x.upperBound - x.lowerBound) * Double(columns - 1)
    let row = (point.y - y.lowerBound) / (y.upperBound - y.lowerBound) * Double(rows - 1)
    guard column >= 0, column <= Double(columns - 1), row >= 0, row <= Double(rows - 1) else { return nil }
    return Point(column, row)
  }
}

/// A number at every node of a plane, read between nodes by bilinear interpolation.
public struct PlaneField: Sendable {
  /// Where it is sampled.
  public let grid: PlaneGrid
  /// The values in the order of ``PlaneGrid/nodes``.
  public let values: [Float]

  /// A field from one value a node.
  public init(grid: PlaneGrid, values: [Float]) {
    precondition(values.count == grid.count, "\(values.count) values for \(grid.count) nodes")
    self.grid = grid
    self.values = values
  }

  /// A field from a function of the data coordinates, called once a node.
  public init(grid: PlaneGrid, _ function: (Point) -> Float) {
    self.init(grid: grid, values: grid.nodes.map(function))
  }

  /// The value at data coordinates, or nil outside the grid.
  public func value(at point: Point) -> Double? {
    guard let place = grid.lattice(point) else { return nil }
    let column = min(Int(place.x), grid.columns - 2)
    let row = min(Int(place.y), grid.rows - 2)
    let across = place.x - Double(column)
    let base = row * grid.columns + column
    let low = Self.between(values[base], values[base + 1], across)
    let high = Self.between(values[base + grid.columns], values[base + grid.columns + 1], across)
    return low + (high - low) * (place.y - Double(row))
  }

  private static func between(_ first: Float, _ second: Float, _ amount: Double) -> Double {
    Double(first) + (Double(second) - Double(first)) * amount
  }
}
