import Flow
import Testing

@Suite struct FirstChangesTests {
  @Test("The first change is found to the last place, whatever comes behind it")
  func places() throws {
    let places: [Float] = [0.001, 0.2, 0.5, 0.999]
    // The second sample changes back at 0.4, the last never changes.
    let found = firstChanges(samples: 5) { t in
      (0..<5).map { $0 < 4 && t[$0] >= places[$0] && !($0 == 1 && t[1] >= 0.4) }
    }
    for (place, found) in zip(places, found) {
      let found = try #require(found)
      // 24 halvings of 1/64 leave 2⁻³⁰, which is less than the distance of neighbouring floats from 2⁻⁶ on.
      #expect(found >= place && found - place <= max(place.ulp, 0x1p-30))
    }
    #expect(found[4] == nil)
  }

  @Test func sidesAreCountedFromTheStartsOwn() {
    let found = firstChanges(samples: 2) { t in [t[0] < 0.25, t[1] >= 0] }
    #expect(found == [0.25, nil])
  }

  @Test("Nothing is asked when all is found")
  func cost() {
    var calls = 0
    _ = firstChanges(samples: 1, gridSteps: 10, bisections: 5) { t in
      calls += 1
      return [t[0] > 0.15]
    }
    // At 0, 0.1 and 0.2, and five halvings.
    #expect(calls == 8)
    calls = 0
    _ = firstChanges(samples: 1, gridSteps: 10, bisections: 5) { _ in
      calls += 1
      return [true]
    }
    #expect(calls == 11)
  }
}
