import Datasets
import Testing

@testable import ToolSupport
@testable import Tools

@Suite struct ShiftMNISTPreviewTests {
  private func canvas(height: Int, width: Int, classes: Int, count: Int) throws -> Canvas {
    let labels = (0..<count).map { UInt8($0 % classes) }
    let images = LabelledImages(
      height: height, width: width, classes: classes, pixels: [UInt8](repeating: 9, count: count * height * width),
      labels: labels)
    let splits = try ImageSplits(train: images, test: images)
    let set = try BinaryShift(column: 0, firstRow: 0, rowStep: 1).apply(to: splits)
    return ShiftMNISTPreview(variant: .binary, set: set, textures: []).render()
  }

  @Test func digitsAreShownAtLeastTwiceTheirSize() throws {
    let canvas = try canvas(height: 28, width: 28, classes: 10, count: 40)
    #expect(canvas.width >= 12 * 3 * 28 && canvas.height >= 10 * 3 * 28)
  }

  @Test("Few images, many classes and large images give a picture of bounded size")
  func extremes() throws {
    #expect(try canvas(height: 28, width: 28, classes: 28, count: 3).height < 3000)
    let large = try canvas(height: 600, width: 500, classes: 2, count: 2)
    #expect(large.width > 12 * 150 && large.width < 12 * 300)
  }
}
