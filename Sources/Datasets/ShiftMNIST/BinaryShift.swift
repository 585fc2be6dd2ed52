import Kernels

/// Binary shiftMNIST: the row of a single white pixel gives the label away; without the shortcut there is none.
public struct BinaryShift: Equatable, Sendable {
  /// The value of the code pixel.
  public static let value: UInt8 = 255

  /// The code's column, from 0 at the left.
  public let column: Int
  /// The row of label 0, from 0 at the top.
  public let firstRow: Int
  /// How many rows lie between the codes of neighbouring labels, at least 1.
  public let rowStep: Int

  /// A code; the paper says "on the left border" and no more, so the defaults are ours.
  public init(column: Int = 0, firstRow: Int = 4, rowStep: Int = 2) {
    precondition(
      column >= 0 && firstRow >= 0 && rowStep >= 1, "code: column \(column), row \(firstRow), step \(rowStep)")
    self.column = column
    self.firstRow = firstRow
    self.rowStep = rowStep
  }

  /// The row of a label's code.
  public func row(of label: Int) -> Int { firstRow + rowStep * label }

  /// The four sets. Cost: a copy of the images.
  ///
  /// - Throws: where a label's code lies outside the images.
  public func apply(to splits: ImageSplits) throws(ShiftMNISTError) -> ShiftMNIST {
    let (train, test) = (splits.train, splits.test)
    return ShiftMNIST(
      train: try coded(train, train.labels), test: try coded(test, test.labels), shifted: plain(test),
      unshortcut: plain(train))
  }

  /// The images with the codes of other classes than their labels', each drawn uniformly: a code that misleads. The
  /// images' own order and labels stay.
  ///
  /// - Parameters:
  ///   - images: images without a code, of at least two classes.
  ///   - part: the set that they are, whose draws are its own.
  /// - Throws: where a class's code lies outside the images.
  public func wronglyCoded(
    _ images: LabelledImages, _ part: ShiftMNIST.Part, seed: UInt64
  ) throws(ShiftMNISTError) -> WronglyCodedImages {
    precondition(images.classes >= 2, "wrong codes: expected at least 2 classes, found \(images.classes)")
    let stream = RandomStream(seed: seed, name: "shiftmnist wrong codes \(part)")
    let codes = images.labels.enumerated().map { index, label in
      let other = UInt8(stream.integer(below: images.classes - 1, at: UInt64(index)))
      return other < label ? other : other + 1
    }
    return WronglyCodedImages(images: try coded(images, codes).images, codes: codes)
  }

  private func plain(_ images: LabelledImages) -> ShiftedImages {
    ShiftedImages(images: images, additions: [ShiftedImages.Addition](repeating: .nothing, count: images.count))
  }

  /// The images with the codes of some classes, one an image.
  private func coded(_ images: LabelledImages, _ codes: [UInt8]) throws(ShiftMNISTError) -> ShiftedImages {
    let (height, width, last) = (images.height, images.width, images.classes - 1)
    guard column < width else {
      throw .codeOutside(label: 0, row: row(of: 0), column: column, height: height, width: width)
    }
    guard row(of: last) < height else {
      throw .codeOutside(label: last, row: row(of: last), column: column, height: height, width: width)
    }
    var pixels = images.pixels
    for (index, code) in codes.enumerated() {
      pixels[(index * height + row(of: Int(code))) * width + column] = Self.value
    }
    return ShiftedImages(images: images.with(pixels: pixels), additions: codes.map { .code(row: row(of: Int($0))) })
  }
}
