/// Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3") on
/// sixteen consecutive counters: a bijection of the 64-bit counter for every 64-bit key, made of additions, rotations
/// and exclusive ors, so that the words are the same on every machine.
@inlinable @inline(__always)
public func threefry(_ key: RandomKey, firstCounter: UInt64) -> (low: SIMD16<UInt32>, high: SIMD16<UInt32>) {
  let k0 = SIMD16<UInt32>(repeating: key.low)
  let k1 = SIMD16<UInt32>(repeating: key.high)
  let k2 = SIMD16<UInt32>(repeating: key.low ^ key.high ^ 0x1BD1_1BDA)
  var state = RoundState(firstCounter: firstCounter)
  state.add(k0, k1, 0)
  state.firstRounds()
  state.add(k1, k2, 1)
  state.secondRounds()
  state.add(k2, k0, 2)
  state.firstRounds()
  state.add(k0, k1, 3)
  state.secondRounds()
  state.add(k1, k2, 4)
  state.firstRounds()
  state.add(k2, k0, 5)
  return (state.x, state.y)
}

@usableFromInline
struct RoundState {
  @usableFromInline var x: SIMD16<UInt32>
  @usableFromInline var y: SIMD16<UInt32>

  @inlinable @inline(__always)
  init(firstCounter: UInt64) {
    // The caller starts groups at multiples of 16, so that the low word does not carry within a group.
    let lanes = SIMD16<UInt32>(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
    x = lanes | SIMD16(repeating: UInt32(truncatingIfNeeded: firstCounter))
    y = SIMD16(repeating: UInt32(truncatingIfNeeded: firstCounter >> 32))
  }

  @inlinable @inline(__always)
  mutating func add(_ k0: SIMD16<UInt32>, _ k1: SIMD16<UInt32>, _ injection: UInt32) {
    x = x &+ k0
    y = y &+ k1 &+ SIMD16(repeating: injection)
  }

  @inlinable @inline(__always)
  mutating func firstRounds() {
    round(13)
    round(15)
    round(26)
    round(6)
  }

  @inlinable @inline(__always)
  mutating func secondRounds() {
    round(17)
    round(29)
    round(16)
    round(24)
  }

  @inlinable @inline(__always)
  mutating func round(_ rotation: UInt32) {
    x = x &+ y
    let left = y &<< SIMD16(repeating: rotation)
    let right = y &>> SIMD16(repeating: 32 &- rotation)
    y = (left | right) ^ x
  }
}

/// Words of `groups` groups of sixteen counters, `[group][word 0 or 1][lane]`.
@inlinable @inline(__always)
public func randomWords(
  _ key: RandomKey, _ firstGroup: UInt64, _ groups: Int, _ words: UnsafeMutablePointer<SIMD16<UInt32>>
) {
  for group in 0..<groups {
    let (low, high) = threefry(key, firstCounter: (firstGroup &+ UInt64(group)) &* 16)
    words[2 * group] = low
    words[2 * group + 1] = high
  }
}
