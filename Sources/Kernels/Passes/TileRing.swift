import MicroKernels

/// The image rows that tiles of 4×4 pixels need, with the pixels around them: a few at a time, between zeros, in a thread's scratch. A row
/// is made once, when a tile first needs it, and goes where one was that no tile needs any more.
///
///     0 | pixel 0 | pixel 1 | … | pixel width − 1 | 0 …         a line: four pixels a tile, and one on either side
///
/// Pixels are an odd number of vectors apart: at 64 channels the six of a patch's row would else fight for one set of the first-level
/// cache (measured: a transform took 250 cycles a vector, and 147 so).
struct TileRing {
  /// Vectors from one pixel to the next.
  let pixel: Int
  private let width: Int
  private let height: Int
  private let line: Int
  private let slots: Int
  private let memory: UnsafeMutablePointer<Vector>
  private var next = 0

  /// Vectors of memory for images of a width, whose tile rows are gone through `step` at a time.
  static func vectors(width: Int, channels: Int, step: Int) -> Int {
    (4 * step + 3) * pixels(width) * (channels | 1)
  }

  /// Pixels of a line.
  private static func pixels(_ width: Int) -> Int { 4 * ((width + 3) / 4) + 2 }

  /// An empty ring of pixels of `channels` vectors. Cost: fills the borders with zeros.
  init(width: Int, height: Int, channels: Int, step: Int, memory: UnsafeMutablePointer<Vector>) {
    (self.width, self.height, self.memory) = (width, height, memory)
    pixel = channels | 1
    slots = 4 * step + 2
    line = Self.pixels(width) * pixel
    let zero = Vector(repeating: 0)
    for slot in 0..<slots {
      (memory + slot * line).update(repeating: zero, count: pixel)
      (memory + (slot * line + (width + 1) * pixel)).update(repeating: zero, count: line - (width + 1) * pixel)
    }
    (memory + slots * line).update(repeating: zero, count: line)
  }

  /// Begins another block, or other rows, at tile row `first`.
  mutating func begin(at first: Int) { next = max(0, 4 * first - 1) }

  /// Makes the rows that are missing for the tile rows before `end`: `make` writes the pixels of an image row, `pixel` vectors apart.
  mutating func fill(to end: Int, _ make: (_ row: Int, _ target: UnsafeMutablePointer<Vector>) -> Void) {
    while next < min(height, 4 * end + 1) {
      make(next, memory + ((next + 1) % slots * line + pixel))
      next += 1
    }
  }

  /// A row's pixel left of `column`, which may be −1; beside the image, where there are zeros.
  func address(_ row: Int, before column: Int) -> UnsafePointer<Vector> {
    let slot = row >= 0 && row < height ? (row + 1) % slots : slots
    return UnsafePointer(memory) + (slot * line + column * pixel)
  }
}
