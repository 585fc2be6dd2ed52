extension PlaneField {
  /// The lines along which the field equals `level`, as polylines of data coordinates, by marching squares.
  ///
  /// Lines end at the grid's border or beside a value that is not finite; closed lines repeat their first point. The
  /// order is fixed by the values alone. A saddle is split by the mean of its four corners. Cost: one pass over the
  /// cells, and memory of 24 bytes a node.
  public func contours(at level: Double) -> [[Point]] {
    guard level.isFinite else { return [] }
    var links = [Int32](repeating: -1, count: 4 * grid.count)
    for row in 0..<(grid.rows - 1) {
      for column in 0..<(grid.columns - 1) { linkCell(column, row, level, &links) }
    }
    var lines: [[Point]] = []
    // Open lines first, from their ends; what is then left are closed lines.
    for edge in 0..<(2 * grid.count) where (links[2 * edge] < 0) != (links[2 * edge + 1] < 0) {
      lines.append(follow(from: edge, level, &links))
    }
    for edge in 0..<(2 * grid.count) where links[2 * edge] >= 0 {
      lines.append(follow(from: edge, level, &links))
    }
    return lines
  }

  // Edge 2n runs from node n to its right neighbour, edge 2n + 1 from node n to the one above. A line crosses an edge
  // at one point at most, and `links` holds the up to two edges that each edge's point is joined to.

  private func linkCell(_ column: Int, _ row: Int, _ level: Double, _ links: inout [Int32]) {
    let node = row * grid.columns + column
    let corners = [values[node], values[node + 1], values[node + grid.columns + 1], values[node + grid.columns]]
    let inside = corners.map { Double($0) >= level }
    if inside[0] == inside[1], inside[1] == inside[2], inside[2] == inside[3] { return }
    if !corners.allSatisfy(\.isFinite) { return }
    let edges = [2 * node, 2 * (node + 1) + 1, 2 * (node + grid.columns), 2 * node + 1]
    // Side i joins corner i and corner i + 1, so side i is crossed when they differ.
    let crossed = (0..<4).filter { inside[$0] != inside[($0 + 1) % 4] }
    if crossed.count == 2 {
      Self.join(edges[crossed[0]], edges[crossed[1]], &links)
      return
    }
    let mean = corners.reduce(0) { $0 + Double($1) } / 4
    // With the middle on the side of corner 0, the lines cut off corners 1 and 3; otherwise 0 and 2.
    if (mean >= level) == inside[0] {
      Self.join(edges[0], edges[1], &links)
      Self.join(edges[2], edges[3], &links)
    } else {
      Self.join(edges[3], edges[0], &links)
      Self.join(edges[1], edges[2], &links)
    }
  }

  private static func join(_ first: Int, _ second: Int, _ links: inout [Int32]) {
    for (edge, other) in [(first, second), (second, first)] {
      links[links[2 * edge] < 0 ? 2 * edge : 2 * edge + 1] = Int32(other)
    }
  }

  /// Walks along a line and unlinks it.
  private func follow(from start: Int, _ level: Double, _ links: inout [Int32]) -> [Point] {
    var line = [crossing(start, level)]
    var edge = start
    while true {
      let slot = links[2 * edge] >= 0 ? 2 * edge : 2 * edge + 1
      let next = Int(links[slot])
      if next < 0 { return line }
      links[slot] = -1
      if Int(links[2 * next]) == edge { links[2 * next] = -1 } else { links[2 * next + 1] = -1 }
      line.append(crossing(next, level))
      edge = next
    }
  }

  private func crossing(_ edge: Int, _ level: Double) -> Point {
    let node = edge / 2
    let upwards = edge % 2 == 1
    let first = Double(values[node])
    let second = Double(values[upwards ? node + grid.columns : node + 1])
    let part = (level - first) / (second - first)
    let column = Double(node % grid.columns)
    let row = Double(node / grid.columns)
    return upwards ? grid.place(column, row + part) : grid.place(column + part, row)
  }
}
