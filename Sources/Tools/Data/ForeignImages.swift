import Datasets
import Kernels
import ToolSupport

/// Images that another program made, in NumPy's format, with what people say they show.
struct ForeignImages {
  /// One a row, on the scale of bytes, 0 to 255, but not whole numbers where the file held floats.
  let pixels: Matrix
  /// Classes.
  let labels: [UInt8]

  /// Reads images, samples × height × width of bytes 0 to 255 or of floats from 0 to 1, and one integer label each, below
  /// `classes`.
  ///
  /// - Throws: `FileError` or `DataFileError`, which name the file.
  init(images: String, labels: String, height: Int, width: Int, classes: Int) throws {
    let (array, start) = try Self.read(images)
    guard array.element == .uint8 || !array.element.isInteger else {
      throw Self.error(
        images, 10, "elements |u1 (bytes), <f4 or <f8 (floats)", "elements \(array.element.rawValue)")
    }
    guard array.shape.count == 3, Array(array.shape.dropFirst()) == [height, width], array.shape[0] > 0 else {
      throw Self.error(
        images, 10, "at least one image, samples × \(height) × \(width), as the model takes them",
        "shape \(array.shape)")
    }
    let values: [Float]
    if array.element == .uint8 {
      values = array.payload.map { Float($0) }
    } else {
      let doubles = array.doubles
      if let index = doubles.firstIndex(where: { !(0...1).contains($0) }) {
        throw Self.error(
          images, start + index * array.element.size,
          "numbers from 0 to 1 (bytes may reach 255, floats may not)",
          "\(doubles[index]) in image \(index / (height * width))")
      }
      values = doubles.map { Float(255 * $0) }
    }
    pixels = Matrix(rows: array.shape[0], columns: height * width, values: values)
    self.labels = try Self.labels(labels, count: array.shape[0], classes: classes)
  }

  private static func labels(_ path: String, count: Int, classes: Int) throws -> [UInt8] {
    let (array, start) = try read(path)
    guard array.element.isInteger else {
      let integers = NPY.Element.allCases.filter(\.isInteger).map(\.rawValue).joined(separator: " or ")
      throw error(path, 10, "integers, elements \(integers)", "elements \(array.element.rawValue)")
    }
    guard array.shape == [count] else {
      throw error(path, 10, "shape [\(count)], a label for each image", "shape \(array.shape)")
    }
    let integers = array.integers
    if let index = integers.firstIndex(where: { !(0..<Int64(classes)).contains($0) }) {
      throw error(
        path, start + index * array.element.size, "labels from 0 to \(classes - 1), the model's classes",
        "\(integers[index]) for image \(index)")
    }
    return integers.map { UInt8($0) }
  }

  /// An array, and where in its file the elements begin.
  private static func read(_ path: String) throws -> (array: NPY, start: Int) {
    let bytes = [UInt8](try ImageFiles.read(path, limit: ImageFiles.largestFile))
    do {
      let array = try NPY.decode(bytes)
      return (array, bytes.count - array.payload.count)
    } catch {
      throw DataFileError(path: path, error: error)
    }
  }

  private static func error(_ path: String, _ offset: Int, _ expected: String, _ found: String) -> DataFileError {
    DataFileError(path: path, error: FormatError(format: "NPY", offset: offset, expected: expected, found: found))
  }
}
