/// One variant of shiftMNIST (Jacobsen et al. 2019, section 4 and figure 8): images with a second, perfectly predictive
/// feature of the class, which the shifted test set no longer has.
///
/// All sets keep the order of the images that they are made of: image i of `train` and of `unshortcut` is training image i
/// of the source, image i of `test` and of `shifted` is test image i.
public struct ShiftMNIST: Equatable, Sendable {
  /// The sets; the raw value names them in files.
  public enum Part: String, CaseIterable, Sendable {
    /// Training images, with the feature.
    case train
    /// Test images, with the feature: the i.i.d. test.
    case test
    /// The same test images without the feature, or with one that says nothing: the adversarial test.
    case shifted
    /// The training images as `shifted` has the test images: what a reader of the digit on D_Adv learns from.
    case unshortcut
  }

  /// The training images.
  public let train: ShiftedImages
  /// The i.i.d. test.
  public let test: ShiftedImages
  /// The adversarial test.
  public let shifted: ShiftedImages
  /// The training images without the feature, or with one that says nothing.
  public let unshortcut: ShiftedImages

  /// One of the sets.
  public subscript(part: Part) -> ShiftedImages {
    switch part {
    case .train: train
    case .test: test
    case .shifted: shifted
    case .unshortcut: unshortcut
    }
  }
}

/// Images and how each was made.
public struct ShiftedImages: Equatable, Sendable {
  /// What was added to an image of the source.
  public enum Addition: Equatable, Sendable {
    /// Nothing.
    case nothing
    /// A pixel of 255 in this row of the code's column.
    case code(row: Int)
    /// A patch of a texture as the background.
    case texture(TexturePatch)
  }

  /// The images with the labels of the source.
  public let images: LabelledImages
  /// What was added to each.
  public let additions: [Addition]
}
