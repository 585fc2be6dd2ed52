import Datasets
import Testing

@Suite struct LabelledImagesTests {
  private let images = IDX(dimensions: [3, 2, 1], bytes: [1, 2, 3, 4, 5, 6])
  private let labels = IDX(dimensions: [3], bytes: [7, 0, 2])

  @Test func twoFilesMakeASet() throws {
    let set = try LabelledImages(images: images, labels: labels)
    #expect(set == LabelledImages(height: 2, width: 1, classes: 8, pixels: images.bytes, labels: labels.bytes))
    #expect(set.count == 3 && Array(set.image(0)) == [1, 2] && Array(set.image(2)) == [5, 6])
    #expect(set.idx == (images, labels))
    #expect(try LabelledImages(images: images, labels: labels, classes: 200).classes == 200)
    let full = IDX(dimensions: [3], bytes: [255, 0, 0])
    #expect(try LabelledImages(images: images, labels: full, classes: 256).classes == 256)
    #expect(try LabelledImages(images: images, labels: full).classes == 256)
  }

  @Test func anEmptySetHasASizeAndAClass() throws {
    let set = try LabelledImages(
      images: IDX(dimensions: [0, 2, 3], bytes: []), labels: IDX(dimensions: [0], bytes: []))
    #expect(set.count == 0 && set.height == 2 && set.width == 3 && set.classes == 1)
  }

  @Test func aPrefixKeepsTheClasses() throws {
    let set = try LabelledImages(images: images, labels: labels)
    #expect(set.prefix(2) == LabelledImages(height: 2, width: 1, classes: 8, pixels: [1, 2, 3, 4], labels: [7, 0]))
    #expect(set.prefix(0).count == 0 && set.prefix(0).classes == 8)
    #expect(set.prefix(3) == set && set.prefix(.max) == set)
  }

  @Test func filesThatDoNotBelongTogetherAreNamed() {
    let cases: [(IDX, IDX, Int?, String)] = [
      (labels, labels, nil, "images: IDX, byte 3: expected 3 dimensions (images), found 1 (labels)."),
      (images, images, nil, "labels: IDX, byte 3: expected 1 dimension (labels), found 3 (images)."),
      (
        images, IDX(dimensions: [2], bytes: [0, 1]), nil,
        "labels: IDX, byte 4: expected 3 labels, one for each image, found 2."
      ),
      (
        images, IDX(dimensions: [4], bytes: [0, 1, 2, 3]), nil,
        "labels: IDX, byte 4: expected 3 labels, one for each image, found 4."
      ),
      (
        IDX(dimensions: [3, 0, 5], bytes: []), labels, nil,
        "images: IDX, byte 8: expected images of at least one pixel, found 0 × 5."
      ),
      (images, labels, 2, "labels: IDX, byte 8: expected a label below 2, found 7."),
      (images, IDX(dimensions: [3], bytes: [0, 1, 2]), 2, "labels: IDX, byte 10: expected a label below 2, found 2."),
    ]
    for (images, labels, classes, sentence) in cases {
      let error = #expect(throws: LabelledImagesError.self) {
        try LabelledImages(images: images, labels: labels, classes: classes)
      }
      #expect(error?.description == sentence)
    }
  }

  @Test func splitsShareSizeAndClasses() throws {
    let train = LabelledImages(height: 2, width: 1, classes: 3, pixels: [1, 2, 3, 4], labels: [0, 2])
    let test = LabelledImages(height: 2, width: 1, classes: 5, pixels: [5, 6], labels: [4])
    let splits = try ImageSplits(train: train, test: test)
    #expect(splits.train.classes == 5 && splits.test.classes == 5)
    #expect(splits.train.pixels == train.pixels && splits.test.labels == [4])
    let cut = splits.prefix(train: 1, test: nil)
    #expect(cut.train == splits.train.prefix(1) && cut.test == splits.test)
    #expect(splits.prefix(train: nil, test: 0).test.count == 0)
    let wide = LabelledImages(height: 1, width: 2, classes: 3, pixels: [5, 6], labels: [2])
    let error = #expect(throws: LabelledImagesError.self) { try ImageSplits(train: train, test: wide) }
    #expect(
      error?.description
        == "images: IDX, byte 8: expected images of 2 × 1 pixels as for training, found 1 × 2.")
  }
}
