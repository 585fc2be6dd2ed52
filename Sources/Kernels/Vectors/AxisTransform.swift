import MicroKernels

extension Activation {
  /// An axis of an image.
  public enum Axis: Sendable { case vertical, horizontal }

  /// The matrix times every line of pixels along an axis: y[i] = Σ_k matrix[i, k]·x[k], every sum in ascending order.
  /// Cost: 2·size·(values) operations, size being the image's along the axis.
  public func transformed(by matrix: Matrix, along axis: Axis) -> Activation {
    let size = axis == .vertical ? height : width
    precondition(
      matrix.rows == size && matrix.columns == size,
      "axis transform: a matrix of \(matrix.rows)×\(matrix.columns) does not fit \(shape)")
    // Seen from the axis, the values lie as [outer][size][inner].
    let inner = axis == .vertical ? width * channels : channels
    let outer = axis == .vertical ? blocks : blocks * height
    let result = uninitializedLike()
    let input = Unchecked(pointer)
    let output = Unchecked(result.storage.pointer)
    matrix.values.withUnsafeBufferPointer { matrix in
      Parallel.forRanges(outer, grain: max(1, 1024 / max(size * inner, 1))) { lines in
        for line in lines {
          for row in 0..<size {
            for place in 0..<inner {
              var sum = Vector(repeating: 0)
              for k in 0..<size {
                sum += Vector(repeating: matrix[row * size + k]) * input.value[(line * size + k) * inner + place]
              }
              output.value[(line * size + row) * inner + place] = sum
            }
          }
        }
      }
    }
    return result
  }
}
