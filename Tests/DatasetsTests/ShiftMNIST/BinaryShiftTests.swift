import Testing

@testable import Datasets

@Suite struct BinaryShiftTests {
  @Test("One pixel differs, in the row of the label", arguments: [(0, 4, 2), (27, 0, 1), (3, 9, 2), (5, 27, 1)])
  func codes(column: Int, firstRow: Int, rowStep: Int) throws {
    // Where the first row is the last one there is room for one label.
    let splits = randomSplits(train: 50, test: 30, classes: firstRow == 27 ? 1 : 10)
    let code = BinaryShift(column: column, firstRow: firstRow, rowStep: rowStep)
    let set = try code.apply(to: splits)
    for (coded, plain) in [(set.train, splits.train), (set.test, splits.test)] {
      #expect(coded.images.labels == plain.labels && coded.images.classes == plain.classes)
      for index in 0..<plain.count {
        var expected = Array(plain.image(index))
        let row = firstRow + rowStep * Int(plain.labels[index])
        expected[28 * row + column] = 255
        #expect(Array(coded.images.image(index)) == expected)
        #expect(coded.additions[index] == .code(row: row))
      }
    }
    #expect(set.shifted.images == splits.test)
    #expect(set.shifted.additions == Array(repeating: .nothing, count: 30))
    #expect(set.unshortcut.images == splits.train)
    #expect(set.unshortcut.additions == Array(repeating: .nothing, count: 50))
  }

  /// Each of the nine other codes is expected 100 times, with a deviation of 9.4.
  @Test func wrongCodesAreThoseOfAllOtherClasses() throws {
    let images = randomSplits(train: 9000, test: 1).train
    let code = BinaryShift(column: 5, firstRow: 1, rowStep: 2)
    let wrong = try code.wronglyCoded(images, .unshortcut, seed: 4)
    #expect(wrong.images.labels == images.labels && wrong.codes.count == images.count)
    var counts: [[UInt8]: Int] = [:]
    for index in 0..<images.count {
      let (label, other) = (images.labels[index], wrong.codes[index])
      try #require(other != label && other < 10)
      counts[[label, other], default: 0] += 1
      var expected = Array(images.image(index))
      expected[28 * (1 + 2 * Int(other)) + 5] = 255
      try #require(Array(wrong.images.image(index)) == expected)
    }
    #expect(counts.count == 90)
    for (pair, count) in counts { #expect(abs(count - 100) < 60, "\(pair): six deviations of counts and labels") }
    // Sets and seeds have draws of their own.
    #expect(try code.wronglyCoded(images, .unshortcut, seed: 4) == wrong)
    #expect(try code.wronglyCoded(images, .shifted, seed: 4).codes != wrong.codes)
    #expect(try code.wronglyCoded(images, .unshortcut, seed: 5).codes != wrong.codes)
    #expect(throws: ShiftMNISTError.self) { try BinaryShift(column: 28).wronglyCoded(images, .shifted, seed: 1) }
  }

  @Test func wrongCodesAreSelected() {
    let images = randomSplits(train: 1, test: 6).test
    // Test images 0 to 5 have these labels.
    #expect(Array(images.labels) == [0, 1, 2, 3, 4, 5])
    let wrong = WronglyCodedImages(selecting: [0, 5, 2, 1, 9, 5], of: images)
    #expect(wrong.images.labels == [1, 3, 4] && wrong.codes == [5, 1, 9] && wrong.images.classes == 10)
    #expect(wrong.images.pixels == [1, 3, 4].flatMap { images.image($0) })
  }

  @Test func otherSizesAndClasses() throws {
    let splits = randomSplits(train: 9, test: 9, height: 5, width: 3, classes: 3)
    let set = try BinaryShift(column: 2, firstRow: 0, rowStep: 2).apply(to: splits)
    for (index, label) in splits.train.labels.enumerated() {
      #expect(set.train.images.image(index).dropFirst(6 * Int(label) + 2).first == 255)
    }
  }

  @Test func aCodeOutsideIsRefused() {
    let splits = randomSplits(train: 20, test: 20)
    #expect(throws: ShiftMNISTError.codeOutside(label: 9, row: 28, column: 0, height: 28, width: 28)) {
      try BinaryShift(firstRow: 10, rowStep: 2).apply(to: splits)
    }
    #expect(throws: ShiftMNISTError.codeOutside(label: 0, row: 4, column: 28, height: 28, width: 28)) {
      try BinaryShift(column: 28).apply(to: splits)
    }
    #expect(throws: Never.self) { try BinaryShift(column: 27, firstRow: 9, rowStep: 2).apply(to: splits) }
  }
}
