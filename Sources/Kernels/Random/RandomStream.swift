import MicroKernels

/// A sequence of random numbers that can be read at any place: number i depends on the seed, the stream's name and i
/// alone. So threads can draw any part in any order, and a resumed run draws what it would have drawn.
///
/// Threefry-2x32-20 on a 64-bit counter; the words, uniforms and Gaussians are the same bits on every machine.
public struct RandomStream: Sendable, Equatable {
  private let key: RandomKey

  /// The stream called `name` of a seed; different names give independent streams.
  public init(seed: UInt64, name: String) {
    let seedKey = RandomKey(low: UInt32(truncatingIfNeeded: seed), high: UInt32(truncatingIfNeeded: seed >> 32))
    // The name's 64-bit FNV-1a hash is encrypted with the seed: two seeds' keys cannot collide for the same name.
    let hash = name.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    let words = Self.words(seedKey, at: hash)
    key = RandomKey(low: words.low, high: words.high)
  }

  /// 64 random bits: number `index` of the stream. Cost: sixteen times a bulk draw's.
  public func bits(at index: UInt64) -> UInt64 {
    let words = Self.words(key, at: index)
    return UInt64(words.high) << 32 | UInt64(words.low)
  }

  /// A whole number in 0..<bound, unbiased to 2⁻⁶⁴·bound, from number `index`.
  public func integer(below bound: Int, at index: UInt64) -> Int {
    precondition(bound > 0, "integer: expected a bound of at least 1, found \(bound)")
    return Int(bits(at: index).multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// `count` uniform numbers in [0, 1), multiples of 2⁻²⁴, from place `offset` on.
  public func uniforms(count: Int, offset: Int = 0) -> [Float] {
    fill(count: count, offset: offset) { firstGroup, groups, output in
      output.withMemoryRebound(to: SIMD16<UInt32>.self, capacity: 2 * groups) { words in
        InstructionSet.selected.randomWords(key, UInt64(firstGroup), groups, words)
        for i in 0..<(2 * groups) {
          let word = words[i] &>> SIMD16(repeating: 8)
          // The upper bits as a whole number below 2²⁴, in two exact steps.
          let high = unsafeBitCast((word &>> SIMD16(repeating: 1)) | SIMD16(repeating: 0x4B00_0000), to: Vector.self)
          let odd = unsafeBitCast((word & SIMD16(repeating: 1)) | SIMD16(repeating: 0x4B00_0000), to: Vector.self)
          let value = (high - 8_388_608) * 2 + (odd - 8_388_608)
          words[i] = unsafeBitCast(value * 5.960_464_5e-8, to: SIMD16<UInt32>.self)
        }
      }
    }
  }

  /// `count` standard normal numbers from place `offset` on.
  public func gaussians(count: Int, offset: Int = 0) -> [Float] {
    fill(count: count, offset: offset) { firstGroup, groups, output in
      InstructionSet.selected.gaussians(key, UInt64(firstGroup), groups, output)
    }
  }

  /// A uniformly random order of 0..<count (Durstenfeld 1964), from numbers 0..<count of the stream.
  public func permutation(count: Int) -> [Int] {
    var order = Array(0..<count)
    guard count > 1 else { return order }
    let bulk = words(count: count)
    for i in stride(from: count - 1, to: 0, by: -1) {
      let j = Int(bulk[i].multipliedFullWidth(by: UInt64(i + 1)).high)
      order.swapAt(i, j)
    }
    return order
  }

  /// Numbers 0..<count of the stream, 64 bits each.
  private func words(count: Int) -> [UInt64] {
    withWords(firstGroup: 0, groups: (count + 15) / 16) { words in
      (0..<count).map { i in UInt64(words[2 * (i / 16) + 1][i % 16]) << 32 | UInt64(words[2 * (i / 16)][i % 16]) }
    }
  }

  /// Calls `body` with two vectors of words for every one of some groups.
  func withWords<Result>(
    firstGroup: UInt64, groups: Int, _ body: (UnsafePointer<SIMD16<UInt32>>) -> Result
  ) -> Result {
    let storage = VectorStorage(count: 2 * groups)
    return storage.pointer.withMemoryRebound(to: SIMD16<UInt32>.self, capacity: 2 * groups) { words in
      InstructionSet.selected.randomWords(key, firstGroup, groups, words)
      return body(words)
    }
  }

  /// Numbers come in groups of 32; a part of the first and of the last may not be asked for.
  private func fill(
    count: Int, offset: Int, _ body: (_ firstGroup: Int, _ groups: Int, UnsafeMutablePointer<Vector>) -> Void
  ) -> [Float] {
    precondition(
      count >= 0 && offset >= 0, "random: expected count and offset of at least 0, found \(count), \(offset)")
    guard count > 0 else { return [] }
    let firstGroup = offset / 32
    let groups = (offset + count + 31) / 32 - firstGroup
    let storage = VectorStorage(count: 2 * groups)
    let output = Unchecked(storage.pointer)
    Parallel.forRanges(groups, grain: 512) { range in
      body(firstGroup + range.lowerBound, range.count, output.value + 2 * range.lowerBound)
    }
    let floats = UnsafeRawPointer(storage.pointer).assumingMemoryBound(to: Float.self)
    return Array(UnsafeBufferPointer(start: floats + (offset - 32 * firstGroup), count: count))
  }

  private static func words(_ key: RandomKey, at index: UInt64) -> (low: UInt32, high: UInt32) {
    var low: UInt32 = 0
    var high: UInt32 = 0
    withUnsafeTemporaryAllocation(of: SIMD16<UInt32>.self, capacity: 2) { words in
      guard let base = words.baseAddress else { return }
      InstructionSet.selected.randomWords(key, index / 16, 1, base)
      low = base[0][Int(index % 16)]
      high = base[1][Int(index % 16)]
    }
    return (low, high)
  }
}
