import Testing

@testable import ToolSupport

@Suite struct SpellingTests {
  @Test(arguments: [
    ("", "", 0), ("", "abc", 3), ("abc", "", 3), ("kitten", "sitting", 3), ("steps", "stpes", 1), ("ab", "ba", 1),
    ("flaw", "lawn", 2), ("ca", "abc", 3), ("same", "same", 0),
  ])
  func distanceIsThatOfThePaper(a: String, b: String, distance: Int) {
    #expect(Spelling.distance(Array(a), Array(b)) == distance)
    #expect(Spelling.distance(Array(b), Array(a)) == distance)
  }

  @Test func nearestIsNearAndFirst() {
    #expect(Spelling.nearest(to: "sphere", in: ["train", "spheres", "spherez"]) == "spheres")
    #expect(Spelling.nearest(to: "banana", in: ["train", "spheres"]) == nil)
    #expect(Spelling.nearest(to: "x", in: []) == nil)
    #expect(Spelling.nearest(to: String(repeating: "a", count: 100_000), in: ["a"]) == nil)
  }
}
