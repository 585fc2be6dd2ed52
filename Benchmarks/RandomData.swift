import Kernels

/// Operands: standard normal numbers, the same in every run.
enum RandomData {
  static func numbers(_ count: Int, _ name: String) -> [Float] {
    RandomStream(seed: 1, name: name).gaussians(count: count)
  }

  static func matrix(_ rows: Int, _ columns: Int, _ name: String) -> Matrix {
    Matrix(rows: rows, columns: columns, values: numbers(rows * columns, name))
  }

  static func image(_ batch: Int, _ height: Int, _ width: Int, _ channels: Int, _ name: String) -> Activation {
    let rows = Activation(rowsOf: matrix(batch, height * width * channels, name))
    return rows.reshaped(height: height, width: width, channels: channels)
  }

  static func labels(_ count: Int, classes: Int) -> [UInt8] {
    let random = RandomStream(seed: 1, name: "labels")
    return (0..<count).map { UInt8(random.integer(below: classes, at: UInt64($0))) }
  }
}

extension Matrix {
  /// One row as a matrix.
  func row(_ row: Int) -> Matrix {
    Matrix(rows: 1, columns: columns, values: Array(values[(row * columns)..<((row + 1) * columns)]))
  }

  /// Some columns.
  func columns(_ range: Range<Int>) -> Matrix {
    Matrix(
      rows: rows, columns: range.count,
      values: (0..<rows).flatMap { values[($0 * columns + range.lowerBound)..<($0 * columns + range.upperBound)] })
  }

  /// This matrix with the columns of another of as many rows to its right.
  func beside(_ other: Matrix) -> Matrix {
    Matrix(
      rows: rows, columns: columns + other.columns,
      values: (0..<rows).flatMap { row($0).values + other.row($0).values })
  }
}
