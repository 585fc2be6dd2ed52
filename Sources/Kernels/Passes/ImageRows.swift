import MicroKernels

/// An image batch that is read some whole rows of a block at a time, whether it lies in memory or is made when it is read.
protocol ImageRows: Sendable {
  var samples: Int { get }
  var height: Int { get }
  var width: Int { get }
  var channels: Int { get }
  /// Whether rows lie in memory; else they are made in the scratch, where they may be overwritten.
  var isStored: Bool { get }
  /// Vectors of scratch that `rows` needs for some rows.
  func scratchVectors(rows: Int) -> Int
  /// Some rows of a block, pixel by pixel, all channels: in memory or in `scratch`, until that is used again.
  func rows(_ block: Int, _ rows: Range<Int>, _ scratch: UnsafeMutablePointer<Vector>) -> UnsafePointer<Vector>
  /// Writes one row of a block, its pixels `pixel` vectors apart; `scratch` is as for `rows`.
  func spread(
    _ block: Int, row: Int, to y: UnsafeMutablePointer<Vector>, pixel: Int, _ scratch: UnsafeMutablePointer<Vector>)
}

/// Image rows that are made, and can be made where they are to be kept.
protocol WrittenRows: ImageRows {
  /// Writes some rows of a block, and returns what they were made of.
  @discardableResult
  func write(
    _ block: Int, _ rows: Range<Int>, to y: UnsafeMutablePointer<Vector>, _ scratch: UnsafeMutablePointer<Vector>
  ) -> UnsafePointer<Vector>
  /// Vectors of scratch that `write` needs for some rows.
  func writeScratchVectors(rows: Int) -> Int
}

extension WrittenRows {
  /// Writes some rows to their place in `y`, which holds the whole batch, and returns them and what they were made of.
  func keep(
    _ rows: ImagePieces.Rows, in y: UnsafeMutablePointer<Vector>, _ scratch: UnsafeMutablePointer<Vector>
  ) -> NormGradient.MadeRows {
    let place = y + (rows.block * height + rows.range.lowerBound) * line
    let source = write(rows.block, rows.range, to: place, scratch)
    return (UnsafePointer(place), source)
  }
}

extension ImageRows {
  var blocks: Int { (samples + 15) / 16 }
  var shape: String { "\(samples)×\(height)×\(width)×\(channels)" }
  var isStored: Bool { false }
  /// Vectors of an image row.
  var line: Int { width * channels }

  func spread(
    _ block: Int, row: Int, to y: UnsafeMutablePointer<Vector>, pixel: Int, _ scratch: UnsafeMutablePointer<Vector>
  ) {
    let source = rows(block, row..<(row + 1), scratch)
    for column in 0..<width { (y + column * pixel).update(from: source + column * channels, count: channels) }
  }

  /// All of it, in memory.
  func stored() -> Activation {
    if let activation = self as? Activation { return activation }
    if let ahead = self as? ReadAhead { return ahead.activation }
    var result = Activation(uninitialized: samples, height: height, width: width, channels: channels)
    guard blocks * height * line > 0 else { return result }
    let pieces = ImagePieces(self)
    let scratch = ThreadScratch(threads: Parallel.threads, vectors: scratchVectors(rows: pieces.step))
    let target = result.mutablePointer()
    let (height, line) = (height, line)
    Parallel.forEach(pieces.parts) { part, thread in
      pieces.forEachRows(part) { rows in
        let source = self.rows(rows.block, rows.range, scratch.part(thread))
        (target + (rows.block * height + rows.range.lowerBound) * line).update(
          from: source, count: rows.range.count * line)
      }
    }
    return result
  }
}

extension Activation: ImageRows {
  var isStored: Bool { true }

  func scratchVectors(rows: Int) -> Int { 0 }

  func rows(_ block: Int, _ rows: Range<Int>, _ scratch: UnsafeMutablePointer<Vector>) -> UnsafePointer<Vector> {
    pointer + (block * height + rows.lowerBound) * width * channels
  }
}

/// An activation whose rows are read ahead when they are asked for; see `readAhead`. For passes that do several things to a row: a training
/// step comes back to an activation when it is long out of the caches.
struct ReadAhead: ImageRows {
  /// Where an activation that was used just before is read again, it pays from this many vectors on: 4 MB, which come from beyond the
  /// second-level cache. (A 1×1 convolution of 128 channels: 75 to 85 % of the peak at 8 MB; at 2 MB it costs two points.)
  static func pays(_ x: Activation) -> Bool { x.blocks * x.vectorsPerBlock >= 65_536 }

  let activation: Activation

  init(_ activation: Activation) { self.activation = activation }

  var samples: Int { activation.samples }
  var height: Int { activation.height }
  var width: Int { activation.width }
  var channels: Int { activation.channels }
  var isStored: Bool { true }

  /// Where the sum of what is read goes.
  func scratchVectors(rows: Int) -> Int { 1 }

  func rows(_ block: Int, _ rows: Range<Int>, _ scratch: UnsafeMutablePointer<Vector>) -> UnsafePointer<Vector> {
    let first = activation.rows(block, rows, scratch)
    scratch.pointee = InstructionSet.selected.readAhead(rows.count * line, first)
    return first
  }
}
