import Kernels

/// Codes, a row each, with the classes of what they are of.
struct LabelledCodes {
  var codes: Matrix
  let labels: [UInt8]

  /// Those of even index, or of odd: MNIST's test set begins with the cleaner writers, so that its first and second half
  /// differ.
  func half(isOdd: Bool) -> LabelledCodes {
    let rows = Array(stride(from: isOdd ? 1 : 0, to: codes.rows, by: 2))
    let values = rows.flatMap { codes.values[($0 * codes.columns)..<(($0 + 1) * codes.columns)] }
    return LabelledCodes(
      codes: Matrix(rows: rows.count, columns: codes.columns, values: values), labels: rows.map { labels[$0] })
  }
}
