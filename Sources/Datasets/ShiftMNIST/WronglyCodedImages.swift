/// Images whose shortcut speaks for another class than their label's: the test for a network that uses the shortcut as a key
/// to the digit, where taking the shortcut away is the test for one that uses it in place of the digit.
public struct WronglyCodedImages: Equatable, Sendable {
  /// The images, labelled by their digits.
  public let images: LabelledImages
  /// The class that each image's shortcut speaks for; never its label.
  public let codes: [UInt8]

  /// Images and the classes of their shortcuts, one an image.
  public init(images: LabelledImages, codes: [UInt8]) {
    precondition(
      codes.count == images.count && zip(codes, images.labels).allSatisfy { $0 != $1 },
      "wrong codes: expected one for each of \(images.count) images, none of them its label's")
    self.images = images
    self.codes = codes
  }

  /// Those of `images` whose shortcut, one of `codes` an image, is not that of their label. Where shortcuts are uniform and
  /// independent of labels, as in texture shiftMNIST without the shortcut, those that are left are uniform over the other
  /// classes.
  public init(selecting codes: [UInt8], of images: LabelledImages) {
    precondition(codes.count == images.count, "wrong codes: \(codes.count) of them for \(images.count) images")
    let indices = codes.indices.filter { codes[$0] != images.labels[$0] }
    self.init(images: images.selecting(indices), codes: indices.map { codes[$0] })
  }
}
