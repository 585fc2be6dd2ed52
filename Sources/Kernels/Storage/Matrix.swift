/// A plain row-major matrix of `Float`: weights (outputs × inputs), or a data set (samples × dimensions).
public struct Matrix: Sendable, Equatable {
  /// Number of rows.
  public let rows: Int
  /// Number of columns.
  public let columns: Int
  /// Element (row, column) at `row * columns + column`.
  public var values: [Float]

  /// A matrix filled with one value.
  public init(rows: Int, columns: Int, repeating value: Float = 0) {
    precondition(rows >= 0 && columns >= 0, "matrix: expected sizes of at least 0, found \(rows)×\(columns)")
    self.rows = rows
    self.columns = columns
    values = [Float](repeating: value, count: rows * columns)
  }

  /// A matrix with the given elements, row by row.
  public init(rows: Int, columns: Int, values: [Float]) {
    precondition(
      values.count == rows * columns, "matrix: expected \(rows)×\(columns) values, found \(values.count)")
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  /// One element.
  public subscript(row: Int, column: Int) -> Float {
    get { values[row * columns + column] }
    set { values[row * columns + column] = newValue }
  }
}
