/// Binary shiftMNIST: the row of a single white pixel gives the label away; the shifted test images have none.
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

  /// The three sets. Cost: a copy of the images.
  ///
  /// - Throws: where a label's code lies outside the images.
  public func apply(to splits: ImageSplits) throws(ShiftMNISTError) -> ShiftMNIST {
    let (height, width, last) = (splits.train.height, splits.train.width, splits.train.classes - 1)
    guard column < width else {
      throw .codeOutside(label: 0, row: row(of: 0), column: column, height: height, width: width)
    }
    guard row(of: last) < height else {
      throw .codeOutside(label: last, row: row(of: last), column: column, height: height, width: width)
    }
    let plain = [ShiftedImages.Addition](repeating: .nothing, count: splits.test.count)
    return ShiftMNIST(
      train: coded(splits.train), test: coded(splits.test),
      shifted: ShiftedImages(images: splits.test, additions: plain))
  }

  private func coded(_ images: LabelledImages) -> ShiftedImages {
    let size = images.height * images.width
    var pixels = images.pixels
    for (index, label) in images.labels.enumerated() {
      pixels[index * size + row(of: Int(label)) * images.width + column] = Self.value
    }
    return ShiftedImages(
      images: images.with(pixels: pixels), additions: images.labels.map { .code(row: row(of: Int($0))) })
  }
}
