import Kernels

/// Which images of a texture patches for training, and which patches for the two test sets, are cut out of.
public struct TextureSources: Equatable, Sendable {
  /// What training and test patches must not share; the raw value names it in options and manifests.
  public enum Split: String, CaseIterable, Sendable {
    /// The image: the i.i.d. test asks for textures to be recognised in images that were never seen.
    case images
    /// Nothing: all are random patches of the same images, so that training and i.i.d. test have one distribution.
    case patches
  }

  /// Indices of the images for training, ascending.
  public let train: [Int]
  /// Indices of the images for both test sets, ascending; none is in `train` where images are split.
  public let test: [Int]

  /// The first `count` images, or all, of a seeded permutation. Where images are split, three quarters of them, rounded
  /// down, are for training; each side has at least one image.
  ///
  /// The permutation depends on the seed, the texture's name and the number of its images alone.
  ///
  /// - Throws: where there are fewer than `count` images, or fewer than ``least(count:split:)``.
  public init(_ type: TextureType, count: Int? = nil, split: Split = .images, seed: UInt64) throws(ShiftMNISTError) {
    let (found, expected) = (type.images.count, Self.least(count: count, split: split))
    guard found >= expected else { throw .fewSources(texture: type.name, expected: expected, found: found) }
    let order = RandomStream(seed: seed, name: "shiftmnist sources \(type.name)").permutation(count: found)
      .prefix(count ?? found)
    switch split {
    case .images:
      let trainCount = max(1, order.count * 3 / 4)
      train = order[..<trainCount].sorted()
      test = order[trainCount...].sorted()
    case .patches:
      train = order.sorted()
      test = train
    }
  }

  /// How many images a texture must have: as many as are used, and two where training and test share none.
  public static func least(count: Int?, split: Split) -> Int { max(count ?? 2, split == .images ? 2 : 1) }
}
