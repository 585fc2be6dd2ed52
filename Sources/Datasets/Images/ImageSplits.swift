/// Images to train with and images to test with, of one size and the same classes.
public struct ImageSplits: Equatable, Sendable {
  /// The images to train with.
  public let train: LabelledImages
  /// The images to test with.
  public let test: LabelledImages

  /// Two sets; both get the number of classes of the one that has more.
  ///
  /// - Throws: where the test images have another size than the training images; the error is that of the test images.
  public init(train: LabelledImages, test: LabelledImages) throws(LabelledImagesError) {
    guard (train.height, train.width) == (test.height, test.width) else {
      throw LabelledImagesError(
        .images, offset: 8, expected: "images of \(train.height) × \(train.width) pixels as for training",
        found: "\(test.height) × \(test.width)")
    }
    let classes = max(train.classes, test.classes)
    self.train = train.with(classes: classes)
    self.test = test.with(classes: classes)
  }

  /// At most `train` and `test` images of the two; nil for all.
  public func prefix(train: Int?, test: Int?) -> ImageSplits {
    ImageSplits(
      checkedTrain: train.map { self.train.prefix($0) } ?? self.train,
      checkedTest: test.map { self.test.prefix($0) } ?? self.test)
  }

  /// Two sets that are known to agree.
  init(checkedTrain train: LabelledImages, checkedTest test: LabelledImages) {
    precondition(
      train.height == test.height && train.width == test.width && train.classes == test.classes,
      "splits: \(train.height) × \(train.width), \(train.classes) classes, and \(test.height) × \(test.width), "
        + "\(test.classes) classes")
    self.train = train
    self.test = test
  }
}
