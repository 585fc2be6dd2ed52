import Datasets
import Testing

/// The SplitMix64 generator, so that every run draws the same numbers.
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }

  mutating func bytes(_ count: Int, below bound: UInt8 = 255) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 0...bound, using: &self) }
  }
}

/// The bytes written as hexadecimal pairs apart by spaces.
func hex(_ text: String) -> [UInt8] {
  text.split(whereSeparator: \.isWhitespace).compactMap { UInt8($0, radix: 16) }
}

/// Feeds `decode` what is left of `valid` after seeded damage; it must throw a `FormatError` or return, never trap.
///
/// Every strict prefix must be rejected. `accepts` judges what is returned for bytes of the right length.
func fuzz<Result>(
  _ valid: [UInt8], seed: UInt64, rounds: Int = 400, accepts: (Result) -> Bool = { _ in true },
  decode: ([UInt8]) throws -> Result
) throws {
  #expect(accepts(try decode(valid)))
  let lengths = valid.count <= 600 ? Array(0..<valid.count) : (0..<600).map { $0 * valid.count / 600 }
  for length in lengths {
    #expect(throws: FormatError.self, "a prefix of \(length) bytes") { try decode(Array(valid[..<length])) }
  }
  var generator = SplitMix64(seed: seed)
  for round in 0..<rounds {
    var damaged = valid
    for _ in 0...round % 4 {
      let index = Int.random(in: damaged.indices, using: &generator)
      switch round % 3 {
      case 0: damaged[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      case 1: damaged[index] = [0, 0x7F, 0x80, 0xFF].randomElement(using: &generator) ?? 0
      default:
        damaged.removeSubrange(index..<min(damaged.count, index + 3))
        if damaged.isEmpty { damaged = [0] }
      }
    }
    do {
      let result = try decode(damaged)
      if damaged.count == valid.count { #expect(accepts(result), "seed \(seed), round \(round)") }
    } catch let error as FormatError {
      #expect(!error.found.isEmpty && error.offset >= 0)
    }
    let noise = generator.bytes(Int.random(in: 0...64, using: &generator))
    let headed = Array(valid.prefix(Int.random(in: 0...min(16, valid.count), using: &generator))) + noise
    do { _ = try decode(headed) } catch is FormatError {}
  }
}

/// Bytes that stress a compressor in different ways, by name.
let compressorInputs: [(name: String, bytes: [UInt8])] = {
  var generator = SplitMix64(seed: 1)
  let image = (0..<60_000).map { (index: Int) -> UInt8 in
    let (x, y) = (index % 28, index / 28 % 28)
    let far = (x - 14) * (x - 14) + (y - 14) * (y - 14) - 60 - index / 784 % 40
    return UInt8(max(0, 255 - far * far / 8))
  }
  // Each half is the other's match, just within or just beyond the window.
  let noise = generator.bytes(32_769)
  var inputs: [(name: String, bytes: [UInt8])] = [
    ("empty", []), ("zeros", Array(repeating: 0, count: 300_000)), ("image", image),
    ("noise", generator.bytes(200_000)), ("two letters", generator.bytes(50_000, below: 1)),
    ("at the window's edge", Array(noise[1...] + noise[1...])), ("beyond the window", noise + noise),
    ("stored piece, exactly", Array(noise + noise.reversed())[..<65_535] + []),
    ("stored piece and a byte", Array(noise + noise.reversed())[..<65_536] + []),
    ("text", Array(String(repeating: "a lane is a sample; ", count: 999).utf8)),
  ]
  for length in 1...20 {
    inputs.append(("\(length) alike", Array(repeating: 9, count: length)))
    inputs.append(("\(length) of noise", generator.bytes(length)))
  }
  for length in 255...263 { inputs.append(("run of \(length)", [1] + Array(repeating: 2, count: length) + [3])) }
  return inputs
}()

/// `CRC32.checksum` of bytes that need not have a name, as a span's owner must.
func crc32(_ bytes: [UInt8]) -> UInt32 { CRC32.checksum(bytes.span) }

/// `Adler32.checksum` of bytes that need not have a name.
func adler32(_ bytes: [UInt8]) -> UInt32 { Adler32.checksum(bytes.span) }
