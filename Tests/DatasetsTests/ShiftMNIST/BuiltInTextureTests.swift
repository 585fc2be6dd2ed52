import Kernels
import Testing

@testable import Datasets

@Suite(.serialized) struct BuiltInTextureTests {
  private func types(_ classes: Int = 10, side: Int = 28, seed: UInt64 = 0) throws -> [TextureType] {
    try BuiltInTexture.types(classes: classes, height: side, width: side, seed: seed)
  }

  @Test func everyPatchOfEveryImageHasDarkAndBrightParts() throws {
    for type in try types() {
      #expect(type.images.count == 16)
      #expect(Set(type.images.map(\.digest)).count == 16)
      for image in type.images {
        #expect(image.raster.width == 192 && image.raster.height == 192)
        for y in stride(from: 0, through: 164, by: 41) {
          for x in stride(from: 0, through: 164, by: 41) {
            var sorted: [UInt8] = []
            for row in y..<(y + 28) { sorted += image.raster.pixels[(192 * row + x)..<(192 * row + x + 28)] }
            sorted.sort()
            // A tenth of the pixels at least is dark, and a tenth bright.
            #expect(sorted[78] < 100 && sorted[705] > 130, "\(image.name) at \(x), \(y): \(sorted[78]), \(sorted[705])")
          }
        }
      }
    }
  }

  /// The recipe is part of the data set: who changes these bytes raises the manifest's version.
  @Test func theBytesAreFixed() throws {
    let digest = SHA256.hexadecimal(try types().flatMap(\.images).map(\.digest).joined().utf8)
    #expect(digest == "99ad9f1cae346fb76c0c92d9c3ca34dcf363d2d5b0b794783551646281e77769")
  }

  @Test func theyDependOnTheSeedAlone() throws {
    let before = Parallel.threads
    defer { Parallel.threads = before }
    Parallel.threads = 1
    let first = try types()
    for threads in 2...3 {
      Parallel.threads = threads
      #expect(try types() == first)
    }
    #expect(try types(3) == Array(first.prefix(3)))
    let other = try types(seed: 1)
    for (one, other) in zip(first.flatMap(\.images), other.flatMap(\.images)) { #expect(one.digest != other.digest) }
  }

  @Test func largerDigitsGetLargerImages() throws {
    #expect(try types(1, side: 200)[0].images[0].raster.width == 400)
  }

  @Test func whatIsNotProvidedIsRefused() {
    #expect(throws: ShiftMNISTError.fewTextures(expected: 11, found: 10)) { try types(11) }
    #expect(throws: ShiftMNISTError.largeImages(expectedSide: 512, height: 513, width: 513)) { try types(2, side: 513) }
  }
}
