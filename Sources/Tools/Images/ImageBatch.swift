import Datasets
import Kernels

/// Makes batches of images that a network takes, and images of them.
///
/// Images lie in the middle of a larger frame of black pixels, whose sides can be halved as often as the network has
/// stages. A byte v stands for the numbers from v/256 to (v + 1)/256: its middle, (v + 0.5)/256, or, dequantised, any
/// of them at random. The frame's pixels are bytes 0 like others, and dequantised like others: a density of constants
/// would have no bound.
struct ImageBatch: Equatable, Sendable {
  /// The size of the images.
  let height, width: Int
  /// The size of the frame.
  let paddedHeight, paddedWidth: Int

  /// Rows of frame above an image.
  private var top: Int { (paddedHeight - height) / 2 }
  /// Columns of frame to the left of an image.
  private var left: Int { (paddedWidth - width) / 2 }

  /// What training does to images, different in every epoch. What becomes of an image depends on the seed, the epoch
  /// and the image's index alone: not on the batch it is in, nor on where a run was resumed.
  struct Augmentation: Sendable {
    let dequantises: Bool
    /// The most pixels that an image is moved by in either direction; what leaves the frame is lost, black comes in.
    let shift: Int
    private let noise: RandomStream
    private let shifts: RandomStream

    init(seed: UInt64, epoch: Int, dequantises: Bool, shift: Int) {
      precondition(shift >= 0, "augmentation: expected a shift of at least 0, found \(shift)")
      self.dequantises = dequantises
      self.shift = shift
      noise = RandomStream(seed: seed, name: "dequantisation of epoch \(epoch)")
      shifts = RandomStream(seed: seed, name: "shifts of epoch \(epoch)")
    }

    /// Where in its bin each of an image's `count` pixels lies, in [0, 1).
    func places(index: Int, count: Int) -> [Float] {
      dequantises
        ? noise.uniforms(count: count, offset: index * count) : [Float](repeating: 0.5, count: count)
    }

    /// By how many pixels an image is moved.
    func offset(index: Int) -> (down: Int, right: Int) {
      guard shift > 0 else { return (0, 0) }
      return (
        shifts.integer(below: 2 * shift + 1, at: UInt64(2 * index)) - shift,
        shifts.integer(below: 2 * shift + 1, at: UInt64(2 * index + 1)) - shift
      )
    }
  }

  /// The images at some indices, as samples of paddedHeight × paddedWidth × 1.
  func activation(_ images: LabelledImages, _ indices: [Int], augmentation: Augmentation? = nil) -> Activation {
    precondition(
      (images.height, images.width) == (height, width),
      "batch: expected images of \(height)×\(width), found \(images.height)×\(images.width)")
    let size = paddedHeight * paddedWidth
    let middle = [Float](repeating: 0.5, count: size)
    var values: [Float] = []
    values.reserveCapacity(indices.count * size)
    for index in indices {
      let places = augmentation?.places(index: index, count: size) ?? middle
      let offset = augmentation?.offset(index: index) ?? (down: 0, right: 0)
      var bytes = [UInt8](repeating: 0, count: size)
      copy(images.image(index), to: &bytes, top: top + offset.down, left: left + offset.right)
      for (byte, place) in zip(bytes, places) { values.append(Self.value(byte, place)) }
    }
    return frames(values, samples: indices.count)
  }

  /// Images of height × width numbers, one a row, on the scale of bytes: v stands at (v + 0.5)/256, as a byte does, also
  /// between two whole numbers.
  func activation(bytesAsNumbers rows: Matrix) -> Activation {
    precondition(
      rows.columns == height * width, "batch: expected rows of \(height)×\(width), found \(rows.columns)")
    var values = [Float](repeating: 0.5 / 256, count: rows.rows * paddedHeight * paddedWidth)
    for row in 0..<rows.rows {
      for y in 0..<height {
        for x in 0..<width {
          values[(row * paddedHeight + top + y) * paddedWidth + left + x] = (rows[row, y * width + x] + 0.5) / 256
        }
      }
    }
    return frames(values, samples: rows.rows)
  }

  /// Copies an image into a frame, as far as it lies inside.
  private func copy(_ image: ArraySlice<UInt8>, to frame: inout [UInt8], top: Int, left: Int) {
    let columns = max(0, -left)..<max(max(0, -left), min(width, paddedWidth - left))
    for y in 0..<height where (0..<paddedHeight).contains(top + y) {
      let row = image.startIndex + y * width
      let start = (top + y) * paddedWidth + left
      for x in columns { frame[start + x] = image[row + x] }
    }
  }

  /// Samples as bytes, without the frame: the byte whose bin a pixel lies in, 0 below all bins (and for what is no
  /// number), 255 above.
  func images(_ x: Activation) -> [[UInt8]] {
    let (matrix, size) = (checked(x).matrix(), paddedHeight * paddedWidth)
    return (0..<x.samples).map { sample in
      (0..<(height * width)).map { pixel in
        Self.byte(matrix.values[sample * size + (top + pixel / width) * paddedWidth + left + pixel % width])
      }
    }
  }

  /// Samples as they come back from a file of bytes, frame and all.
  func quantised(_ x: Activation) -> Activation {
    frames(checked(x).matrix().values.map { Self.value(Self.byte($0), 0.5) }, samples: x.samples)
  }

  /// The number at a place, in [0, 1), of a byte's bin.
  static func value(_ byte: UInt8, _ place: Float) -> Float {
    let low = Float(byte)
    // Within the bin even where the sum is rounded up: 255 + (1 − 2⁻²⁴) would be 256.
    return min(low + place, (low + 1).nextDown) / 256
  }

  private static func byte(_ value: Float) -> UInt8 {
    let scaled = (value * 256).rounded(.down)
    return scaled >= 0 ? UInt8(min(scaled, 255)) : 0
  }

  private func frames(_ values: [Float], samples: Int) -> Activation {
    Activation(rowsOf: Matrix(rows: samples, columns: paddedHeight * paddedWidth, values: values))
      .reshaped(height: paddedHeight, width: paddedWidth, channels: 1)
  }

  private func checked(_ x: Activation) -> Activation {
    precondition(
      (x.height, x.width, x.channels) == (paddedHeight, paddedWidth, 1),
      "batch: expected \(paddedHeight)×\(paddedWidth)×1, found \(x.shape)")
    return x
  }
}
