/// Images or textures that no shiftMNIST can be made of.
public enum ShiftMNISTError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A label's code pixel would lie outside the images.
  case codeOutside(label: Int, row: Int, column: Int, height: Int, width: Int)
  /// There are fewer textures than labels.
  case fewTextures(expected: Int, found: Int)
  /// A texture has fewer images than patches are to be cut out of.
  case fewSources(texture: String, expected: Int, found: Int)
  /// No patch can be cut out of an image this small.
  case smallSource(image: String, expectedHeight: Int, expectedWidth: Int, height: Int, width: Int)
  /// Built-in textures have structures of some pixels and are not made for larger images.
  case largeImages(expectedSide: Int, height: Int, width: Int)

  /// One sentence.
  public var description: String {
    switch self {
    case .codeOutside(let label, let row, let column, let height, let width):
      "the code of label \(label) is row \(row), column \(column): expected a pixel of images of \(height) × \(width)."
    case .fewTextures(let expected, let found):
      "expected a texture for each of \(expected) labels, found \(found)."
    case .fewSources(let texture, let expected, let found):
      "texture \(texture): expected images to cut patches out of, at least \(expected), found \(found)."
    case .smallSource(let image, let expectedHeight, let expectedWidth, let height, let width):
      "texture image \(image): expected at least \(expectedHeight) × \(expectedWidth) pixels, found \(height) × \(width)."
    case .largeImages(let side, let height, let width):
      "built-in textures: expected images of at most \(side) × \(side) pixels, found \(height) × \(width)."
    }
  }
}
