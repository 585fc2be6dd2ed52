import Testing

@testable import Datasets

@Suite struct TexturePreparationTests {
  private func grey(_ width: Int, _ height: Int, _ pixels: [UInt8]) -> Raster {
    Raster(width: width, height: height, channels: 1, pixels: pixels)
  }

  private var noise: Raster {
    var generator = SplitMix64(seed: 3)
    return grey(23, 17, generator.bytes(23 * 17))
  }

  @Test func theDefaultChangesNothing() { #expect(TexturePreparation().apply(to: noise) == noise) }

  @Test("A reduced pixel is the mean of its square, halves rounded up")
  func meansOfSquares() {
    let raster = grey(5, 3, [0, 1, 10, 20, 99, 0, 1, 30, 41, 99, 99, 99, 99, 99, 99])
    // (0 + 1 + 0 + 1) / 4 = 0.5 and (10 + 20 + 30 + 41) / 4 = 25.25; the fifth column and the third row are dropped.
    #expect(TexturePreparation(scale: 2).apply(to: raster) == grey(2, 1, [1, 25]))
  }

  @Test(arguments: [2, 3, 5, 17]) func everySizeAgreesWithTheMeanInDouble(scale: Int) {
    let raster = noise
    let (width, height) = (23 / scale, 17 / scale)
    var expected: [UInt8] = []
    for row in 0..<height {
      for column in 0..<width {
        var sum = 0.0
        for y in 0..<scale {
          for x in 0..<scale { sum += Double(raster.pixels[(row * scale + y) * 23 + column * scale + x]) }
        }
        // Ties are exact in Double: a sum below 2¹⁷ is divided by less than 2⁹, and n + ½ is representable.
        expected.append(UInt8((sum / Double(scale * scale)).rounded(.toNearestOrAwayFromZero)))
      }
    }
    #expect(TexturePreparation(scale: scale).apply(to: raster) == grey(width, height, expected))
  }

  @Test("Greys are spread from the 1st percentile to the 99th, and what lies beyond is cut off")
  func stretch() {
    // Of 200 values the 1st percentile is the second smallest and the 99th the third largest.
    let values = [10, 50] + [UInt8](repeating: 100, count: 195) + [150, 200, 250]
    let found = TexturePreparation(contrast: .stretch).apply(to: grey(20, 10, values)).pixels
    // 255·(100 − 50)/(150 − 50) = 127.5.
    #expect(found == [0, 0] + [UInt8](repeating: 128, count: 195) + [255, 255, 255])
  }

  @Test func aFlatImageStaysFlat() {
    let flat = grey(10, 20, [9] + [UInt8](repeating: 77, count: 198) + [200])
    #expect(TexturePreparation(contrast: .stretch).apply(to: flat) == flat)
  }

  @Test func theReducedImageIsStretched() {
    let raster = noise
    let both = TexturePreparation(scale: 3, contrast: .stretch).apply(to: raster)
    let reduced = TexturePreparation(scale: 3).apply(to: raster)
    #expect(both == TexturePreparation(contrast: .stretch).apply(to: reduced) && both != reduced)
  }

  @Test func preparedTexturesKeepNamesAndDigests() {
    let type = TextureType(name: "t", images: [TextureImage(name: "t/1", raster: noise, digest: "d")])
    let preparation = TexturePreparation(scale: 2)
    let expected = TextureImage(name: "t/1", raster: preparation.apply(to: noise), digest: "d")
    #expect(type.prepared(preparation) == TextureType(name: "t", images: [expected]))
  }
}
