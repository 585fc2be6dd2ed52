import Datasets
import Flow
import Kernels

/// Images as training or evaluation shows them to a network, in any order.
///
/// What is random about image i in epoch e depends on the seed, i and e alone, so that neither a resumed run nor another
/// number of threads changes it.
struct ImageBatches: BatchSource {
  /// What training does to images that evaluation does not.
  struct Augmentation: Equatable {
    /// Whether a byte stands for its whole bin instead of the bin's middle.
    var dequantises = false
    /// Pixels that an image is moved by at most, in either direction along either axis.
    var shift = 0
    /// Deviation of Gaussian noise on every pixel.
    var noise: Float = 0

    /// Nothing: images as they are.
    static let none = Augmentation()
  }

  let images: LabelledImages
  private let batch: ImageBatch
  private let augmentation: Augmentation
  private let seed: UInt64

  init(_ images: LabelledImages, _ model: ImageModelConfiguration, augmentation: Augmentation = .none) {
    self.images = images
    batch = model.batch
    seed = model.seed
    self.augmentation = augmentation
  }

  var labels: [UInt8] { images.labels }

  func batch(_ indices: [Int], epoch: Int) -> Activation {
    guard augmentation != .none else { return batch.activation(images, indices) }
    let x = batch.activation(
      images, indices,
      augmentation: ImageBatch.Augmentation(
        seed: seed, epoch: epoch, dequantises: augmentation.dequantises, shift: augmentation.shift))
    return x.addingNoise(
      deviation: augmentation.noise, indices: indices,
      from: RandomStream(seed: seed, name: "pixel noise of epoch \(epoch)"))
  }
}
