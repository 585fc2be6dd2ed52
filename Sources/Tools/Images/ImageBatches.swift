import Datasets
import Flow
import Kernels

/// Images as a network takes them: bytes v become (v + u)/256 with u = ½, or uniform in [0, 1) where they are dequantised,
/// in the middle of a padded image of zeros.
///
/// What is random about image i in epoch e depends on the seed, i and e alone, so that neither a resumed run nor another
/// number of threads changes it.
struct ImageBatches: BatchSource {
  /// What training does to images that evaluation does not.
  struct Augmentation: Equatable {
    /// Whether a byte stands for its whole bin instead of the bin's middle.
    var dequantises = false
    /// Pixels that an image is moved by at most, in either direction along either axis; zeros come in.
    var shift = 0
    /// Deviation of Gaussian noise on every pixel.
    var noise: Float = 0

    /// Nothing: images as they are.
    static let none = Augmentation()
  }

  let images: LabelledImages
  let height: Int
  let width: Int
  let augmentation: Augmentation
  private let seed: UInt64

  var labels: [UInt8] { images.labels }

  init(_ images: LabelledImages, _ model: ImageModelConfiguration, augmentation: Augmentation = .none) {
    self.images = images
    height = model.paddedHeight
    width = model.paddedWidth
    seed = model.seed
    self.augmentation = augmentation
  }

  func batch(_ indices: [Int], epoch: Int) -> Activation {
    let pixels = height * width
    let uniforms = RandomStream(seed: seed, name: "dequantisation")
    let normals = RandomStream(seed: seed, name: "pixel noise")
    let shifts = RandomStream(seed: seed, name: "shifts")
    var rows = Matrix(rows: indices.count, columns: pixels)
    for (row, index) in indices.enumerated() {
      let draw = epoch * images.count + index
      var values = padded(index, shift: shift(shifts, draw))
      if augmentation.dequantises {
        let offsets = uniforms.uniforms(count: pixels, offset: draw * pixels)
        for pixel in 0..<pixels { values[pixel] += offsets[pixel] - 0.5 }
      }
      for pixel in 0..<pixels { values[pixel] *= 1 / 256 }
      if augmentation.noise > 0 {
        let noise = normals.gaussians(count: pixels, offset: draw * pixels)
        for pixel in 0..<pixels { values[pixel] += augmentation.noise * noise[pixel] }
      }
      rows.values.replaceSubrange((row * pixels)..<((row + 1) * pixels), with: values)
    }
    return Activation(rowsOf: rows).reshaped(height: height, width: width, channels: 1)
  }

  private func shift(_ random: RandomStream, _ draw: Int) -> (down: Int, right: Int) {
    guard augmentation.shift > 0 else { return (0, 0) }
    let choices = 2 * augmentation.shift + 1
    func next(_ axis: Int) -> Int { random.integer(below: choices, at: UInt64(2 * draw + axis)) - augmentation.shift }
    return (next(0), next(1))
  }

  /// v + ½ at every pixel of the padded image.
  private func padded(_ index: Int, shift: (down: Int, right: Int)) -> [Float] {
    var values = [Float](repeating: 0.5, count: height * width)
    let image = images.image(index)
    let top = (height - images.height) / 2 + shift.down
    let left = (width - images.width) / 2 + shift.right
    var place = image.startIndex
    for y in 0..<images.height {
      for x in 0..<images.width {
        let (row, column) = (top + y, left + x)
        if (0..<height).contains(row) && (0..<width).contains(column) {
          values[row * width + column] += Float(image[place])
        }
        place += 1
      }
    }
    return values
  }

  /// One decoded image as bytes, without its padding; numbers outside [0, 1) become black or white.
  func bytes(_ decoded: Activation, sample: Int) -> [UInt8] {
    let top = (height - images.height) / 2
    let left = (width - images.width) / 2
    return (0..<(images.height * images.width)).map { place in
      let value = decoded[sample, top + place / images.width, left + place % images.width, 0] * 256
      return value.isFinite ? UInt8(max(0, min(255, value))) : 0
    }
  }
}
