import Testing

@testable import Datasets

@Suite struct OrientationTests {
  /// What the eight orientations make of the rows 1 2 3 and 4 5 6.
  private static let upright: [(value: Int, width: Int, pixels: [UInt8])] = [
    (1, 3, [1, 2, 3, 4, 5, 6]), (2, 3, [3, 2, 1, 6, 5, 4]), (3, 3, [6, 5, 4, 3, 2, 1]), (4, 3, [4, 5, 6, 1, 2, 3]),
    (5, 2, [1, 4, 2, 5, 3, 6]), (6, 2, [4, 1, 5, 2, 6, 3]), (7, 2, [6, 3, 5, 2, 4, 1]), (8, 2, [3, 6, 2, 5, 1, 4]),
  ]

  private func exif(_ value: UInt8, isLittle: Bool) -> [UInt8] {
    isLittle
      ? hex("49 49 2a 00 08 00 00 00 01 00 12 01 03 00 01 00 00 00") + [value, 0, 0, 0]
      : hex("4d 4d 00 2a 00 00 00 08 00 01 01 12 00 03 00 00 00 01") + [0, value, 0, 0]
  }

  @Test func allAreApplied() throws {
    let image = Raster(width: 3, height: 2, channels: 1, pixels: [1, 2, 3, 4, 5, 6])
    for (value, width, pixels) in Self.upright {
      for isLittle in [true, false] {
        let orientation = try #require(Orientation(exif: exif(UInt8(value), isLittle: isLittle)[...]))
        #expect(orientation.rawValue == value)
        let expected = Raster(width: width, height: 6 / width, channels: 1, pixels: pixels)
        #expect(orientation.upright(image) == expected, "\(value)")
      }
    }
  }

  @Test func coloursStayTogether() {
    let image = Raster(width: 2, height: 1, channels: 3, pixels: [1, 2, 3, 4, 5, 6])
    #expect(Orientation.mirrored.upright(image).pixels == [4, 5, 6, 1, 2, 3])
  }

  @Test func othersTellNothing() {
    for value: UInt8 in [0, 9, 255] { #expect(Orientation(exif: exif(value, isLittle: true)[...]) == nil) }
    let whole = exif(6, isLittle: false)
    for count in 0..<whole.count - 2 { #expect(Orientation(exif: whole[..<count]) == nil) }
    // A type that is no short integer, and another tag.
    for place in [10, 12] {
      var other = whole
      other[place + 1] += 1
      #expect(Orientation(exif: other[...]) == nil)
    }
  }
}
