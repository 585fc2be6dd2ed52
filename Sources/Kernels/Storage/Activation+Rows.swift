import MicroKernels

extension Activation {
  /// Gathers rows of a matrix as a batch of 1×1 pixels: sample i is row `indices[i]`, or the given columns of it.
  ///
  /// Cost: each row is read once; the transposition to lanes is done in registers, 16×16 at a time.
  public init(gathering indices: [Int], from matrix: Matrix, columns selected: Range<Int>? = nil) {
    let selected = selected ?? 0..<matrix.columns
    precondition(
      selected.lowerBound >= 0 && selected.upperBound <= matrix.columns,
      "gathering: columns \(selected) outside 0..<\(matrix.columns)")
    self.init(uninitialized: indices.count, channels: selected.count)
    for index in indices {
      precondition((0..<matrix.rows).contains(index), "gathering: row \(index) outside 0..<\(matrix.rows)")
    }
    let output = Unchecked(storage.pointer)
    let columns = selected.count
    let stride = matrix.columns
    let kernels = InstructionSet.selected
    matrix.values.withUnsafeBufferPointer { values in
      guard let base = values.baseAddress else { return }
      let source = base + selected.lowerBound
      Parallel.forRanges(blocks, grain: 16) { range in
        withTile { tile in
          withTile { transposed in
            for block in range {
              let rows = min(16, indices.count - 16 * block)
              for column in Swift.stride(from: 0, to: columns, by: 16) {
                let width = min(16, columns - column)
                for row in 0..<16 {
                  let line = tile + 16 * row
                  if row < rows {
                    line.update(from: source + indices[16 * block + row] * stride + column, count: width)
                  } else {
                    line.update(repeating: 0, count: width)
                  }
                }
                let destination = UnsafeMutableRawPointer(output.value + block * columns + column)
                kernels.transpose16(16, tile, 16, transposed, 16)
                destination.copyMemory(from: transposed, byteCount: 64 * width)
              }
            }
          }
        }
      }
    }
  }

  /// Writes sample i to row `firstRow + i` of a matrix with as many columns as a sample has values.
  public func write(to matrix: inout Matrix, firstRow: Int = 0) {
    let columns = matrix.columns
    precondition(
      columns == valuesPerSample && firstRow >= 0 && firstRow + samples <= matrix.rows,
      "write: expected rows \(firstRow)..<\(firstRow + samples) of \(valuesPerSample), found \(matrix.rows)×\(columns)")
    let kernels = InstructionSet.selected
    let source = UnsafeRawPointer(pointer)
    matrix.values.withUnsafeMutableBufferPointer { values in
      guard let base = values.baseAddress else { return }
      let output = Unchecked(base + firstRow * columns)
      Parallel.forRanges(blocks, grain: 16) { range in
        withTile { transposed in
          for block in range {
            let rows = min(16, samples - 16 * block)
            for column in Swift.stride(from: 0, to: columns, by: 16) {
              let width = min(16, columns - column)
              let lanes = (source + 64 * (block * columns + column)).assumingMemoryBound(to: Float.self)
              kernels.transpose16(width, lanes, 16, transposed, 16)
              for row in 0..<rows {
                (output.value + (16 * block + row) * columns + column)
                  .update(from: transposed + 16 * row, count: width)
              }
            }
          }
        }
      }
    }
  }

  /// The samples as rows of a matrix.
  public func matrix() -> Matrix {
    var result = Matrix(rows: samples, columns: valuesPerSample)
    write(to: &result)
    return result
  }

  /// The rows of a matrix as a batch, in order.
  public init(rowsOf matrix: Matrix) { self.init(gathering: Array(0..<matrix.rows), from: matrix) }
}

/// Calls `body` with 256 floats of scratch on a 64-byte boundary.
func withTile(_ body: (UnsafeMutablePointer<Float>) -> Void) {
  withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 64) { scratch in
    guard let base = scratch.baseAddress else { return }
    body(base.bindMemory(to: Float.self, capacity: 256))
  }
}

/// Carries a pointer into tasks of `Parallel`, each of which writes a part of its own; the caller says which.
struct Unchecked<Value>: @unchecked Sendable {
  let value: Value
  init(_ value: Value) { self.value = value }
}
