/// A table for a terminal: the first column to the left, numbers in the others to the right.
struct TextTable {
  private var rows: [[String]]

  init(_ header: [String]) { rows = [header] }

  /// Adds a row of as many cells as the header.
  mutating func add(_ cells: [String]) {
    precondition(cells.count == rows[0].count, "a row of \(cells.count) cells under a header of \(rows[0].count)")
    rows.append(cells)
  }

  /// The lines, each ended.
  var text: String {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      row.enumerated().map { column, cell in
        let room = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 ? cell + room : room + cell
      }.joined(separator: "  ") + "\n"
    }.joined()
  }
}
