import Foundation
import MicroKernels
import Testing

@testable import Kernels

@Suite struct RandomTests {
  private func words(_ table: KernelTable, _ key: RandomKey, counter: UInt64) -> [UInt32] {
    let vectors = groups(table, key, first: counter / 16, count: 1)
    return [vectors[0][Int(counter % 16)], vectors[1][Int(counter % 16)]]
  }

  private func groups(_ table: KernelTable, _ key: RandomKey, first: UInt64, count: Int) -> [SIMD16<UInt32>] {
    var result = [SIMD16<UInt32>](repeating: .zero, count: 2 * count)
    result.withUnsafeMutableBufferPointer { buffer in
      if let base = buffer.baseAddress { table.randomWords(key, first, count, base) }
    }
    return result
  }

  @Test("Threefry-2x32-20 gives the published words", arguments: allTables.map(\.name))
  func knownAnswers(name: String) throws {
    // Random123's known answers; counter and key words are low, high.
    let table = try #require(allTables.first { $0.name == name })
    #expect(words(table, RandomKey(low: 0, high: 0), counter: 0) == [0x6B20_0159, 0x99BA_4EFE])
    #expect(
      words(table, RandomKey(low: .max, high: .max), counter: .max) == [0x1CB9_96FC, 0xBB00_2BE7])
    #expect(
      words(table, RandomKey(low: 0x1319_8A2E, high: 0x0370_7344), counter: 0x85A3_08D3_243F_6A88)
        == [0xC492_3A9C, 0x483D_F7A0])
  }

  @Test("All instruction sets give the same words and the same Gaussians")
  func sameOnAllTables() {
    let key = RandomKey(low: 0x1234_5678, high: 0x9ABC_DEF0)
    func gaussians(_ table: KernelTable) -> [Vector] {
      var result = [Vector](repeating: Vector(repeating: .nan), count: 4000)
      result.withUnsafeMutableBufferPointer { buffer in
        if let base = buffer.baseAddress { table.gaussians(key, 1 << 40, 2000, base) }
      }
      return result
    }
    let expectedWords = groups(baselineTable, key, first: 1 << 40, count: 2000)
    let expected = gaussians(baselineTable)
    for table in allTables {
      #expect(groups(table, key, first: 1 << 40, count: 2000) == expectedWords, "\(table.name)")
      let same = zip(gaussians(table), expected).allSatisfy { found, wanted in
        (0..<16).allSatisfy { found[$0].bitPattern == wanted[$0].bitPattern }
      }
      #expect(same, "\(table.name)")
    }
    #expect(expected.allSatisfy { vector in (0..<16).allSatisfy { vector[$0].isFinite } })
  }

  /// The last table is the baseline's, which runs everywhere.
  private var baselineTable: KernelTable { allTables[allTables.count - 1] }

  @Test("A group's words are those of its counters one by one")
  func groupsAreCounters() {
    let stream = RandomStream(seed: 3, name: "bits")
    let bits = (0..<100).map { stream.bits(at: UInt64($0)) }
    #expect(Set(bits).count == 100, "a bijection of the counter")
    #expect(stream.bits(at: 1 << 32) != stream.bits(at: 0), "the counter's high word counts")
  }

  @Test("Any part of a stream is a slice of the whole", arguments: [0, 1, 15, 16, 31, 32, 33, 500])
  func offsets(offset: Int) {
    let stream = RandomStream(seed: 9, name: "slices")
    let gaussians = stream.gaussians(count: 700)
    let uniforms = stream.uniforms(count: 700)
    for count in [0, 1, 16, 31, 32, 33, 100] {
      let slice = offset..<(offset + count)
      #expect(firstDifference(stream.gaussians(count: count, offset: offset), Array(gaussians[slice])) == nil)
      #expect(firstDifference(stream.uniforms(count: count, offset: offset), Array(uniforms[slice])) == nil)
    }
  }

  @Test("Seeds and names give different streams, the same ones the same")
  func streams() {
    let base = RandomStream(seed: 1, name: "a").gaussians(count: 64)
    #expect(RandomStream(seed: 1, name: "a").gaussians(count: 64) == base)
    for other in [
      RandomStream(seed: 2, name: "a"), RandomStream(seed: 1, name: "b"), RandomStream(seed: 1, name: ""),
      RandomStream(seed: 1 | 1 << 32, name: "a"),
    ] {
      let numbers = other.gaussians(count: 64)
      #expect(zip(numbers, base).allSatisfy { $0 != $1 })
    }
  }

  @Test("The first Gaussians are pinned")
  func golden() {
    let bits = RandomStream(seed: 1, name: "golden").gaussians(count: 8).map(\.bitPattern)
    let pinned: [UInt32] = [
      0x3FB7_3101, 0xBE21_2F06, 0x3EEA_BA01, 0xBC42_D482, 0x3E87_BFC3, 0x3F35_95FB, 0x3FBB_2AA9,
      0xBF04_C12B,
    ]
    #expect(bits == pinned, "a change here changes every seeded result")
  }

  @Test("Gaussians are Box and Muller's transform of the words", arguments: allTables.map(\.name))
  func boxMuller(name: String) throws {
    let table = try #require(allTables.first { $0.name == name })
    let key = RandomKey(low: 77, high: 5)
    let words = groups(table, key, first: 0, count: 1000)
    var found = [Vector](repeating: Vector(repeating: .nan), count: 2000)
    found.withUnsafeMutableBufferPointer { buffer in
      if let base = buffer.baseAddress { table.gaussians(key, 0, 1000, base) }
    }
    for group in 0..<1000 {
      for lane in 0..<16 {
        let logarithm = Foundation.log((Double(words[2 * group][lane]) + 0.5) * 0x1p-32)
        let radius = (-2 * logarithm).squareRoot()
        // Two bits for the quarter, 23 for the place in it; the last seven are not used.
        let word = words[2 * group + 1][lane]
        let place = Double((word >> 7) & 0x7F_FFFF) * 0x1p-23 - 0.5
        let angle = (Double(word >> 30) + place) * Double.pi / 2
        // The uniform's rounding shifts the logarithm by u, its evaluation by some 8 u of its value; half of both
        // relative to ln is the radius's error. Sine and cosine are polynomials of a few roundings: 8 u.
        let bound = radius * unitRoundoff * ((1 / abs(logarithm) + 8) / 2 + 8)
        #expect(abs(Double(found[2 * group][lane]) - radius * Foundation.cos(angle)) <= bound)
        #expect(abs(Double(found[2 * group + 1][lane]) - radius * Foundation.sin(angle)) <= bound)
      }
    }
  }

  @Test("A million Gaussians have the moments of the normal distribution")
  func moments() {
    let n = 1_000_000.0
    let x = RandomStream(seed: 12, name: "moments").gaussians(count: 1_000_000).map { Double($0) }
    var sums = [0.0, 0.0, 0.0, 0.0]
    var lag1 = 0.0
    var lag16 = 0.0
    var beyond2 = 0.0
    var largest = 0.0
    for (i, value) in x.enumerated() {
      var power = 1.0
      for k in 0..<4 {
        power *= value
        sums[k] += power
      }
      if i >= 1 { lag1 += value * x[i - 1] }
      if i >= 16 { lag16 += value * x[i - 16] }
      if abs(value) > 2 { beyond2 += 1 }
      largest = max(largest, abs(value))
    }
    // Five standard deviations of each mean over n: Var xᵏ is 1, 2, 15, 96 for k = 1…4.
    for (k, (moment, variance)) in zip([0.0, 1, 0, 3], [1.0, 2, 15, 96]).enumerated() {
      #expect(abs(sums[k] / n - moment) <= 5 * (variance / n).squareRoot(), "moment \(k + 1)")
    }
    // Products of independent ones have variance 1; sixteen places apart are sine and cosine of one angle.
    #expect(abs(lag1 / n) <= 5 / n.squareRoot())
    #expect(abs(lag16 / n) <= 5 / n.squareRoot())
    // P(|x| > 2) = 0.0455003, a binomial proportion.
    let p = 0.045_500_3
    #expect(abs(beyond2 / n - p) <= 5 * (p * (1 - p) / n).squareRoot())
    // 10⁶ · P(|x| > 4) = 63, and 6.7 is the most that the radius gives.
    #expect(largest > 4 && largest < 6.8)
  }

  @Test("A million uniforms are in [0, 1), flat and multiples of 2⁻²⁴")
  func uniforms() {
    let n = 1_000_000.0
    let x = RandomStream(seed: 12, name: "uniforms").uniforms(count: 1_000_000)
    #expect(x.allSatisfy { $0 >= 0 && $0 < 1 })
    #expect(x.allSatisfy { ($0 * 0x1p24).rounded() == $0 * 0x1p24 })
    #expect(x.contains { Int($0 * 0x1p24) % 2 == 1 })
    let mean = x.reduce(0.0) { $0 + Double($1) } / n
    let square = x.reduce(0.0) { $0 + (Double($1) - 0.5) * (Double($1) - 0.5) } / n
    // Variances: 1/12 of x, 1/80 − 1/144 = 1/180 of (x − ½)²; five standard deviations of the means.
    #expect(abs(mean - 0.5) <= 5 * (1 / 12 / n).squareRoot())
    #expect(abs(square - 1.0 / 12) <= 5 * (1 / 180 / n).squareRoot())
    var counts = [Double](repeating: 0, count: 64)
    for value in x { counts[Int(value * 64)] += 1 }
    // χ² with 63 degrees of freedom: mean 63, variance 126; six standard deviations, as its tail is heavier.
    let chi = counts.reduce(0) { $0 + ($1 - n / 64) * ($1 - n / 64) / (n / 64) }
    #expect(chi <= 63 + 6 * 126.0.squareRoot())
  }

  @Test("Uniforms are the upper 24 bits of the words")
  func uniformsAreWords() {
    let stream = RandomStream(seed: 4, name: "words")
    let uniforms = stream.uniforms(count: 64)
    for i in 0..<64 {
      // Places 0…15 of a group are the low words, 16…31 the high words of the same counters.
      let bits = stream.bits(at: UInt64(i / 32 * 16 + i % 16))
      let word = i % 32 < 16 ? UInt32(truncatingIfNeeded: bits) : UInt32(truncatingIfNeeded: bits >> 32)
      #expect(uniforms[i] == Float(word >> 8) * 0x1p-24)
    }
  }

  @Test("A permutation has every index once and depends on the seed", arguments: [0, 1, 2, 16, 17, 1000])
  func permutation(count: Int) {
    let order = RandomStream(seed: 1, name: "order").permutation(count: count)
    #expect(order.sorted() == Array(0..<count))
    #expect(order == RandomStream(seed: 1, name: "order").permutation(count: count))
    if count >= 16 {
      #expect(order != Array(0..<count))
      #expect(order != RandomStream(seed: 2, name: "order").permutation(count: count))
    }
  }

  @Test("All orders of three are equally likely")
  func permutationsAreUniform() {
    var counts: [[Int]: Double] = [:]
    for seed in 0..<6000 {
      let stream = RandomStream(seed: UInt64(seed), name: "three")
      counts[stream.permutation(count: 3), default: 0] += 1
    }
    #expect(counts.count == 6)
    // Binomial with p = 1/6: five standard deviations.
    for (_, count) in counts { #expect(abs(count - 1000) <= 5 * (6000.0 * 5 / 36).squareRoot()) }
  }

  @Test("Whole numbers are in range and reach all of it", arguments: [1, 2, 7, 100, Int.max])
  func integers(bound: Int) {
    let stream = RandomStream(seed: 8, name: "integers")
    let values = (0..<3000).map { stream.integer(below: bound, at: UInt64($0)) }
    #expect(values.allSatisfy { (0..<bound).contains($0) })
    // 100 of 3000 draws miss a given one with probability e⁻³⁰.
    #expect(Set(values).count == (bound <= 100 ? bound : 3000))
  }
}
