import Kernels
import Testing

@testable import Datasets

@Suite(.serialized) struct TextureShiftTests {
  private let splits = randomSplits(train: 1100, test: 900)
  private let types = randomTextures(12)

  private func patch(_ addition: ShiftedImages.Addition) throws -> TexturePatch {
    guard case .texture(let patch) = addition else { throw FormatError(format: "", offset: 0, expected: "", found: "") }
    return patch
  }

  @Test("Every image is the digit laid over the patch that is recorded", arguments: [(0, 170), (0, 255), (37, 38)])
  func images(low: UInt8, high: UInt8) throws {
    let set = try TextureShift(types: types, low: low, high: high, seed: 5).apply(to: splits)
    for part in ShiftMNIST.Part.allCases {
      let plain = part == .train || part == .unshortcut ? splits.train : splits.test
      let found = set[part]
      #expect(found.images.labels == plain.labels && found.images.classes == plain.classes)
      for index in 0..<plain.count {
        let patch = try patch(found.additions[index])
        let raster = types[patch.type].images[patch.image].raster
        var expected: [UInt8] = []
        for row in 0..<28 {
          for column in 0..<28 {
            let x = patch.x + (patch.isMirrored ? 27 - column : column)
            let texture = raster.pixels[(patch.y + row) * raster.width + x]
            expected.append(laid(plain.pixels[784 * index + 28 * row + column], over: texture, low: low, high: high))
          }
        }
        try #require(Array(found.images.image(index)) == expected, "\(part) \(index)")
      }
    }
  }

  @Test("Every digit's value over every texture's value, for ranges of every kind")
  func everyPairOfValues() throws {
    let columns = (0..<65_536).map { UInt8($0 % 256) }
    let rows = (0..<65_536).map { UInt8($0 / 256) }
    let digit = LabelledImages(height: 256, width: 256, classes: 1, pixels: columns, labels: [0])
    let splits = ImageSplits(checkedTrain: digit, checkedTest: digit)
    // All values in a row are equal, so that mirroring changes nothing.
    let image = TextureImage(
      name: "", raster: Raster(width: 256, height: 256, channels: 1, pixels: rows), digest: "")
    let types = [TextureType(name: "", images: [image, image])]
    for (low, high) in [(0, 1), (0, 170), (0, 255), (254, 255), (100, 200), (3, 250)] as [(UInt8, UInt8)] {
      let set = try TextureShift(types: types, low: low, high: high, seed: 1).apply(to: splits)
      let expected = zip(columns, rows).map { laid($0, over: $1, low: low, high: high) }
      #expect(set.train.images.pixels == expected, "\(low) to \(high)")
    }
  }

  @Test func trainingAndTestPatchesHaveDifferentSources() throws {
    let shift = TextureShift(types: types, seed: 5)
    let (set, sources) = (try shift.apply(to: splits), try shift.sources(classes: 10))
    for part in ShiftMNIST.Part.allCases {
      var used = Set<[Int]>()
      for addition in set[part].additions {
        let patch = try patch(addition)
        let isOfTraining = part == .train || part == .unshortcut
        let allowed = isOfTraining ? sources[patch.type].train : sources[patch.type].test
        #expect(allowed.contains(patch.image))
        used.insert([patch.type, patch.image])
      }
      // All sources are used: 900 draws miss one of 20 with a probability below 20·e⁻⁴⁵.
      let isOfTraining = part == .train || part == .unshortcut
      #expect(used.count == sources.reduce(0) { $0 + (isOfTraining ? $1.train.count : $1.test.count) })
    }
  }

  @Test("Patches come from the chosen images alone", arguments: TextureSources.Split.allCases)
  func chosenImages(split: TextureSources.Split) throws {
    let shift = TextureShift(types: types, sourceCount: 2, split: split, seed: 5)
    let (set, sources) = (try shift.apply(to: splits), try shift.sources(classes: 10))
    for part in ShiftMNIST.Part.allCases {
      var used = [Set<Int>](repeating: [], count: 10)
      for addition in set[part].additions {
        let patch = try patch(addition)
        used[patch.type].insert(patch.image)
      }
      // Some 90 draws of each texture miss one of its two images with a probability of 2⁻⁸⁹.
      let isOfTraining = part == .train || part == .unshortcut
      #expect(used == sources.map { Set(isOfTraining ? $0.train : $0.test) })
      #expect(used.allSatisfy { $0.count == (split == .images ? 1 : 2) })
    }
  }

  @Test func textureFollowsTheLabelUnlessShifted() throws {
    let set = try TextureShift(types: types, seed: 5).apply(to: splits)
    for part in [ShiftMNIST.Part.train, .test] {
      for (addition, label) in zip(set[part].additions, set[part].images.labels) {
        #expect(try patch(addition).type == Int(label))
      }
    }
  }

  /// Pearson's χ² of the table of labels and types against independence with uniform types has 90 degrees of freedom: by
  /// Wilson and Hilferty's approximation 158 and 40 are 4.2 and 4.7 deviations away, beyond which less than 2·10⁻⁵ of all
  /// seeds lie. A type that followed the label would give 9 a sample: 180 000.
  @Test(arguments: [ShiftMNIST.Part.shifted, .unshortcut])
  func texturesWithoutTheShortcutAreIndependentOfTheLabel(part: ShiftMNIST.Part) throws {
    let splits = randomSplits(train: 20_000, test: 20_000, height: 2, width: 2)
    let set = try TextureShift(types: randomTextures(10, height: 2, width: 2), seed: 7).apply(to: splits)
    var table = [[Double]](repeating: [Double](repeating: 0, count: 10), count: 10)
    for (addition, label) in zip(set[part].additions, set[part].images.labels) {
      table[Int(label)][try patch(addition).type] += 1
    }
    let statistic = table.joined().enumerated().reduce(0.0) { sum, cell in
      let expected = table[cell.offset / 10].reduce(0, +) / 10
      return sum + (cell.element - expected) * (cell.element - expected) / expected
    }
    #expect(statistic < 158)
    // Too even would not be random either.
    #expect(statistic > 40)
  }

  /// The digests of what was built before there were images without the shortcut: those took no random numbers of others.
  @Test func theOtherSetsAreWhatTheyWere() throws {
    let set = try TextureShift(types: types, seed: 5).apply(to: splits)
    let digests = [ShiftMNIST.Part.train, .test, .shifted].map { SHA256.hexadecimal(set[$0].images.pixels) }
    #expect(
      digests == [
        "71a58650567e97d39a17600fcfe5c2081d61bf7b811d50733cfdfda00e67e700",
        "d62414fbd8772365c95f659096ef5380f37ad78078db1404479e257ab1e09965",
        "9059638180191e70c2219978161e14a764987df57b2d5563557a11b5a92f4072",
      ])
  }

  @Test("Places are uniform and reach every edge, and half the patches are mirrored")
  func places() throws {
    let splits = randomSplits(train: 4000, test: 10, height: 3, width: 4, classes: 1)
    let raster = Raster(width: 7, height: 4, channels: 1, pixels: [UInt8](repeating: 0, count: 28))
    let image = TextureImage(name: "", raster: raster, digest: "")
    let types = [TextureType(name: "", images: [image, image])]
    let additions = try TextureShift(types: types, seed: 3).apply(to: splits).train.additions
    var counts: [[Int]: Int] = [:]
    for addition in additions {
      let patch = try patch(addition)
      counts[[patch.x, patch.y, patch.isMirrored ? 1 : 0], default: 0] += 1
    }
    // Four columns, two rows, two directions: 16 cells of 250 expected, with a standard deviation of 15.3.
    #expect(counts.count == 16)
    for (cell, count) in counts { #expect(abs(count - 250) < 92, "\(cell): six deviations") }
  }

  @Test func nothingDependsOnTheThreads() throws {
    let before = Parallel.threads
    defer { Parallel.threads = before }
    let shift = TextureShift(types: types, seed: 9)
    Parallel.threads = 1
    let set = try shift.apply(to: splits)
    for threads in 2...3 {
      Parallel.threads = threads
      #expect(try shift.apply(to: splits) == set)
    }
    #expect(try TextureShift(types: types, seed: 10).apply(to: splits) != set)
  }

  @Test func whatDoesNotFitIsRefused() {
    #expect(throws: ShiftMNISTError.fewTextures(expected: 10, found: 9)) {
      try TextureShift(types: Array(types.prefix(9)), seed: 1).apply(to: splits)
    }
    var few = types
    few[3] = TextureType(name: "few", images: Array(types[3].images.prefix(1)))
    #expect(throws: ShiftMNISTError.fewSources(texture: "few", expected: 2, found: 1)) {
      try TextureShift(types: few, seed: 1).apply(to: splits)
    }
    let raster = Raster(width: 28, height: 27, channels: 1, pixels: [UInt8](repeating: 0, count: 756))
    few[3] = TextureType(
      name: "low", images: types[3].images + [TextureImage(name: "low/1", raster: raster, digest: "")])
    let error = ShiftMNISTError.smallSource(
      image: "low/1", expectedHeight: 28, expectedWidth: 28, height: 27, width: 28)
    #expect(throws: error) { try TextureShift(types: few, seed: 1).apply(to: splits) }
    // Textures beyond the labels are not looked at.
    few.swapAt(3, 11)
    #expect(throws: Never.self) { try TextureShift(types: few, seed: 1).apply(to: splits) }
  }
}
