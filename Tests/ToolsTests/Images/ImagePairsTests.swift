import Testing

@testable import Tools

@Suite struct ImagePairsTests {
  private let labels: [UInt8] = (0..<60).map { [3, 5, 5, 9][$0 % 4] }

  @Test func classesDifferAndSourcesGoThroughThem() throws {
    let pairs = try #require(ImagePairs(labels: labels, count: 45, seed: 2))
    #expect(pairs.count == 45 && pairs.donors.count == 45)
    #expect(zip(pairs.sources, pairs.donors).allSatisfy { labels[$0] != labels[$1] })
    #expect(pairs.sources.enumerated().allSatisfy { labels[$1] == [3, 5, 9][$0 % 3] })
    // 15 images of classes 3 and 9: none is a source twice in 15 rounds.
    #expect(Set(pairs.sources).count == 45)
    #expect(Set(pairs.donors.map { labels[$0] }) == [3, 5, 9])
    #expect(ImagePairs(labels: labels, count: 45, seed: 2) == pairs)
    #expect(ImagePairs(labels: labels, count: 45, seed: 3) != pairs)
  }

  @Test func manyPairsOfFewImages() throws {
    let pairs = try #require(ImagePairs(labels: [1, 0], count: 7, seed: 0))
    #expect(pairs.sources == [1, 0, 1, 0, 1, 0, 1] && pairs.donors == [0, 1, 0, 1, 0, 1, 0])
  }

  @Test(arguments: [[], [4, 4, 4]] as [[UInt8]])
  func oneClassMakesNoPairs(labels: [UInt8]) {
    #expect(ImagePairs(labels: labels, count: 3, seed: 0) == nil)
  }
}
