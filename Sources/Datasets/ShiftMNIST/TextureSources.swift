import Kernels

/// Which images of a texture patches for training, and which patches for the two test sets, are cut out of.
public struct TextureSources: Equatable, Sendable {
  /// Indices of the images for training, ascending.
  public let train: [Int]
  /// Indices of the images for both test sets, ascending; none is in `train`.
  public let test: [Int]

  /// Three quarters, rounded down, of a seeded permutation are for training; each side has at least one image.
  ///
  /// The permutation depends on the seed, the texture's name and the number of its images alone.
  ///
  /// - Throws: where there are fewer than two images.
  public init(_ type: TextureType, seed: UInt64) throws(ShiftMNISTError) {
    let count = type.images.count
    guard count >= 2 else { throw .fewSources(texture: type.name, found: count) }
    let order = RandomStream(seed: seed, name: "shiftmnist sources \(type.name)").permutation(count: count)
    let trainCount = max(1, count * 3 / 4)
    train = order[..<trainCount].sorted()
    test = order[trainCount...].sorted()
  }
}
