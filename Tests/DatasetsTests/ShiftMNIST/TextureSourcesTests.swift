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

  @Test("A count takes the first images of the same permutation", arguments: [2, 3, 8, 40])
  func someImages(count: Int) throws {
    for split in TextureSources.Split.allCases {
      let all = try TextureSources(type(40), count: 40, split: split, seed: 4)
      let some = try TextureSources(type(40), count: count, split: split, seed: 4)
      let used = Set(some.train + some.test)
      #expect(used.count == count && used.isSubset(of: all.train + all.test))
      if split == .images {
        #expect(some.train.count == max(1, count * 3 / 4) && some.train.count + some.test.count == count)
      } else {
        #expect(some.train == some.test && some.train == some.train.sorted())
      }
      // Fewer are a part of more.
      let more = try TextureSources(type(40), count: min(40, count + 1), split: split, seed: 4)
      #expect(used.isSubset(of: more.train + more.test))
    }
    #expect(try TextureSources(type(40), count: 40, seed: 4) == TextureSources(type(40), seed: 4))
  }

  @Test func oneImageIsEnoughForBothWhereTheyShareImages() throws {
    let one = try TextureSources(type(5), count: 1, split: .patches, seed: 1)
    #expect(one.train.count == 1 && one.test == one.train)
    #expect(throws: ShiftMNISTError.fewSources(texture: "banded", expected: 2, found: 1)) {
      try TextureSources(type(1), count: 1, split: .images, seed: 1)
    }
    #expect(throws: ShiftMNISTError.fewSources(texture: "banded", expected: 7, found: 6)) {
      try TextureSources(type(6), count: 7, split: .patches, seed: 1)
    }
  }

  @Test(arguments: [0, 1]) func oneImageIsNotEnough(images: Int) {
    #expect(throws: ShiftMNISTError.fewSources(texture: "banded", expected: 2, found: images)) {
      try TextureSources(type(images), seed: 1)
    }
  }
}
