import Datasets
import Testing

/// Makes damaged files of whole ones: bits flipped, bytes replaced, ends cut, pieces spliced, lengths changed.
struct Mutator {
  /// Whole files of one format; every mutant comes from one of them.
  let seeds: [[UInt8]]
  private var generator: SplitMix64

  /// A sequence of mutants that is the same in every run.
  init(_ seeds: [[UInt8]], seed: UInt64) {
    precondition(!seeds.isEmpty && seeds.allSatisfy { !$0.isEmpty }, "expected files to damage")
    self.seeds = seeds
    generator = SplitMix64(seed: seed)
  }

  /// The next mutant: one to four kinds of damage to one of the files.
  mutating func next() -> [UInt8] {
    var bytes = seeds[below(seeds.count)]
    for _ in 0...below(4) { damage(&bytes) }
    return bytes
  }

  private mutating func below(_ bound: Int) -> Int { Int(generator.next() % UInt64(max(bound, 1))) }

  private mutating func damage(_ bytes: inout [UInt8]) {
    guard !bytes.isEmpty else { return bytes = [UInt8(below(256))] }
    let place = below(bytes.count)
    switch below(9) {
    case 0, 1: bytes[place] ^= 1 << UInt8(below(8))
    case 2: bytes[place] = [0, 1, 0x7F, 0x80, 0xFE, 0xFF][below(6)]
    case 3: bytes.removeLast(bytes.count - place)
    case 4: bytes.removeSubrange(place..<min(bytes.count, place + 1 + below(8)))
    case 5:
      // A piece of this file or of another one takes a place in it.
      let other = below(2) == 0 ? bytes : seeds[below(seeds.count)]
      let start = below(other.count)
      let piece = other[start..<min(other.count, start + 1 + below(24))]
      if below(2) == 0 {
        bytes.insert(contentsOf: piece, at: place)
      } else {
        bytes.replaceSubrange(place..<min(bytes.count, place + piece.count), with: piece)
      }
    case 6:
      // The front of one file, the end of another.
      let other = seeds[below(seeds.count)]
      bytes.replaceSubrange(place..., with: other[below(other.count)...])
    case 7:
      // A field of two, four or eight bytes, in either order, becomes a number that lengths do not expect.
      let width = [2, 4, 8][below(3)]
      let numbers: [UInt64] = [0, 1, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF, .max >> 1, .max, UInt64(bytes.count), 3]
      let number = numbers[below(numbers.count)] &+ UInt64(below(3)) &- 1
      for index in 0..<min(width, bytes.count - place) {
        let shift = 8 * (below(2) == 0 ? index : width - 1 - index)
        bytes[place + index] = UInt8(truncatingIfNeeded: number >> UInt64(shift))
      }
    default: bytes.insert(UInt8(below(256)), at: below(bytes.count + 1))
    }
  }
}

/// Feeds `count` mutants to `decode`, which must return or throw a `FormatError`, and hands what it returns to `check`.
///
/// - Returns: how many mutants were accepted.
func feedMutants<Result>(
  of seeds: [[UInt8]], seed: UInt64, count: Int = 250_000, decode: ([UInt8]) throws -> Result,
  check: (_ mutant: [UInt8], Result) throws -> Bool
) throws -> Int {
  var mutator = Mutator(seeds, seed: seed)
  for file in seeds { #expect(try check(file, decode(file)), "a whole file") }
  var accepted = 0
  for index in 0..<count {
    let mutant = mutator.next()
    do {
      let result = try decode(mutant)
      accepted += 1
      // Not `#expect` in the loop: it is slow, and thousands of the same failures help nobody.
      if try !check(mutant, result) {
        Issue.record("mutant \(index) of seed \(seed) is accepted wrongly: \(mutant)")
        return accepted
      }
    } catch let error as FormatError {
      if error.expected.isEmpty || error.found.isEmpty || !(0...max(mutant.count, 1 << 16)).contains(error.offset) {
        Issue.record("mutant \(index) of seed \(seed): \(error)")
        return accepted
      }
    }
  }
  return accepted
}
