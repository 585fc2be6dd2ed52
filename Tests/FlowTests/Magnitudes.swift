import Kernels

/// A function of values at the same place, for tests: slow.
func combining(_ parts: [Activation], _ function: ([Float]) -> Float) -> Activation {
  let rows = parts.map { $0.matrix() }
  var result = rows[0]
  for index in result.values.indices { result.values[index] = function(rows.map { $0.values[index] }) }
  return Activation(rowsOf: result)
    .reshaped(height: parts[0].height, width: parts[0].width, channels: parts[0].channels)
}

/// Every value's magnitude.
func magnitudes(_ x: Activation) -> Activation { combining([x]) { abs($0[0]) } }

/// Every element's magnitude.
func magnitudes(_ x: Matrix) -> Matrix { Matrix(rows: x.rows, columns: x.columns, values: x.values.map { abs($0) }) }

/// Every element's magnitude.
func magnitudes(_ x: SquareMatrix) -> SquareMatrix { SquareMatrix(size: x.size, values: x.values.map { abs($0) }) }
