import MicroKernels

/// A copy of some channels, which are few, with a pixel of zeros at both ends of every image row: the three taps of a kernel row are
/// then adjacent vectors for every pixel, and those outside the image add nothing.
struct PaddedRows {
  /// Vectors from one image row to the next.
  let lineVectors: Int
  private let height: Int
  private let storage: VectorStorage

  init(_ view: ChannelView) {
    let (width, channels) = (view.activation.width, view.channels)
    height = view.activation.height
    let lineVectors = (width + 2) * channels
    self.lineVectors = lineVectors
    storage = VectorStorage(count: view.blocks * height * lineVectors)
    let zero = Vector(repeating: 0)
    let (target, source) = (Unchecked(storage.pointer), Unchecked(view.pointer))
    let stride = view.stride
    Parallel.forRanges(view.blocks * height, grain: max(1, 1024 / max(lineVectors, 1))) { range in
      for row in range {
        let line = target.value + row * lineVectors
        line.update(repeating: zero, count: channels)
        for column in 0..<width {
          (line + (column + 1) * channels).update(from: source.value + (row * width + column) * stride, count: channels)
        }
        (line + (width + 1) * channels).update(repeating: zero, count: channels)
      }
    }
  }

  /// The zeros before an image row.
  func row(_ block: Int, _ row: Int) -> UnsafePointer<Vector> {
    UnsafePointer(storage.pointer) + (block * height + row) * lineVectors
  }
}
