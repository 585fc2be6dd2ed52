/// Grey images of one size, each with the number of its class.
public struct LabelledImages: Equatable, Sendable {
  /// Rows of an image.
  public let height: Int
  /// Columns of an image.
  public let width: Int
  /// How many classes there are; every label is below. A class need not occur.
  public let classes: Int
  /// The pixels, 0 black to 255 white, as [image][row][column].
  public let pixels: [UInt8]
  /// The class of each image.
  public let labels: [UInt8]

  /// How many images there are.
  public var count: Int { labels.count }

  /// Images of at least one pixel, with height · width pixels for each label and every label below `classes` (1...256).
  public init(height: Int, width: Int, classes: Int, pixels: [UInt8], labels: [UInt8]) {
    precondition(height > 0 && width > 0, "images: expected at least one pixel, found \(height) × \(width)")
    precondition((1...256).contains(classes), "images: expected 1 to 256 classes, found \(classes)")
    precondition(
      pixels.count == labels.count * height * width,
      "images: expected \(height) × \(width) pixels for each of \(labels.count) labels, found \(pixels.count)")
    precondition(
      labels.allSatisfy { Int($0) < classes }, "images: expected labels below \(classes), found \(labels.max() ?? 0)")
    self.height = height
    self.width = width
    self.classes = classes
    self.pixels = pixels
    self.labels = labels
  }

  /// The images of one IDX file with the labels of another.
  ///
  /// - Parameter classes: how many classes there are (1...256); when it is not given, one more than the largest label.
  /// - Throws: where the one holds no images, the other no labels, images have no pixels, the counts disagree, or a label
  ///   is not below `classes`. Offsets are those in the IDX file, decompressed.
  public init(images: IDX, labels: IDX, classes: Int? = nil) throws(LabelledImagesError) {
    guard images.dimensions.count == 3 else {
      throw LabelledImagesError(
        .images, offset: 3, expected: "3 dimensions (images)", found: "\(images.dimensions.count) (labels)")
    }
    guard labels.dimensions.count == 1 else {
      throw LabelledImagesError(
        .labels, offset: 3, expected: "1 dimension (labels)", found: "\(labels.dimensions.count) (images)")
    }
    let (height, width) = (images.dimensions[1], images.dimensions[2])
    guard height > 0 && width > 0 else {
      throw LabelledImagesError(
        .images, offset: 8, expected: "images of at least one pixel", found: "\(height) × \(width)")
    }
    guard images.dimensions[0] == labels.bytes.count else {
      throw LabelledImagesError(
        .labels, offset: 4, expected: "\(images.dimensions[0]) labels, one for each image",
        found: "\(labels.bytes.count)")
    }
    if let classes, let index = labels.bytes.firstIndex(where: { Int($0) >= classes }) {
      throw LabelledImagesError(
        .labels, offset: 8 + index, expected: "a label below \(classes)", found: "\(labels.bytes[index])")
    }
    self.init(
      height: height, width: width, classes: classes ?? Int(labels.bytes.max() ?? 0) + 1, pixels: images.bytes,
      labels: labels.bytes)
  }

  /// The pixels of one image, row by row.
  public func image(_ index: Int) -> ArraySlice<UInt8> {
    precondition((0..<count).contains(index), "image \(index) of \(count)")
    return pixels[(index * height * width)..<((index + 1) * height * width)]
  }

  /// The first `limit` images, or all when there are no more; the number of classes stays.
  public func prefix(_ limit: Int) -> LabelledImages {
    precondition(limit >= 0, "images: expected a limit of at least 0, found \(limit)")
    guard limit < count else { return self }
    return LabelledImages(
      height: height, width: width, classes: classes, pixels: Array(pixels[..<(limit * height * width)]),
      labels: Array(labels[..<limit]))
  }

  /// The images at some indices, in their order; the number of classes stays.
  public func selecting(_ indices: [Int]) -> LabelledImages {
    LabelledImages(
      height: height, width: width, classes: classes, pixels: indices.flatMap { image($0) },
      labels: indices.map { labels[$0] })
  }

  /// The same images where there are `classes` classes, which must be no fewer.
  public func with(classes: Int) -> LabelledImages {
    LabelledImages(height: height, width: width, classes: classes, pixels: pixels, labels: labels)
  }

  /// Other pixels, as many, with the same labels.
  func with(pixels: [UInt8]) -> LabelledImages {
    LabelledImages(height: height, width: width, classes: classes, pixels: pixels, labels: labels)
  }

  /// The images and the labels, as IDX files hold them.
  public var idx: (images: IDX, labels: IDX) {
    (IDX(dimensions: [count, height, width], bytes: pixels), IDX(dimensions: [count], bytes: labels))
  }
}
