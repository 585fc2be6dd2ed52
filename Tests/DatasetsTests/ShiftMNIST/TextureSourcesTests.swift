import Testing

@testable import Datasets

@Suite struct TextureSourcesTests {
  private func type(_ count: Int, name: String = "banded") -> TextureType {
    let raster = Raster(width: 1, height: 1, channels: 1, pixels: [0])
    return TextureType(
      name: name, images: (0..<count).map { TextureImage(name: "\($0)", raster: raster, digest: "") })
  }

  @Test(
    "Three quarters are for training, and each side has one",
    arguments: [(2, 1), (3, 2), (4, 3), (5, 3), (7, 5), (8, 6), (40, 30)])
  func counts(images: Int, train: Int) throws {
    for seed in 0..<20 as Range<UInt64> {
      let sources = try TextureSources(type(images), seed: seed)
      #expect(sources.train.count == train)
      #expect((sources.train + sources.test).sorted() == Array(0..<images))
      #expect(sources.train == sources.train.sorted() && sources.test == sources.test.sorted())
    }
  }

  @Test func theyDependOnSeedAndName() throws {
    let first = try TextureSources(type(40), seed: 1)
    #expect(try TextureSources(type(40), seed: 1) == first)
    #expect(try TextureSources(type(40), seed: 2) != first)
    #expect(try TextureSources(type(40, name: "bumpy"), seed: 1) != first)
  }

  @Test(arguments: [0, 1]) func oneImageIsNotEnough(images: Int) {
    #expect(throws: ShiftMNISTError.fewSources(texture: "banded", found: images)) {
      try TextureSources(type(images), seed: 1)
    }
  }
}
