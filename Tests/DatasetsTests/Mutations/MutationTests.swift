import Foundation
import Testing

@testable import Datasets

/// Hundreds of thousands of damaged files for each parser: none crashes it, keeps it busy, or makes it say what is not so.
@Suite struct MutationTests {
  private static let texts: [[UInt8]] = [
    Array("invariance".utf8), Array("abcabcabcabcabc, abcd".utf8), [], Array(repeating: 0, count: 300),
    (0..<200).map { UInt8($0 * $0 >> 3 & 0x0F) },
  ]
  /// A stored block, a fixed one and a dynamic one, and what our own encoder makes.
  private static let streams: [[UInt8]] = InflateTests.known.map(\.stream) + texts.map { Deflate.compress($0) }

  private static let limit = 4_000

  @Test(.timeLimit(.minutes(5))) func deflate() throws {
    let accepted = try feedMutants(of: Self.streams, seed: 1) { mutant in
      try Inflate.decompress(mutant, limit: Self.limit)
    } check: { mutant, result in
      // What is left beyond the stream does not matter, and every shorter input is too short.
      guard result.bytes.count <= Self.limit, 0 < result.consumed, result.consumed <= mutant.count else { return false }
      let exact = try Inflate.decompress(Array(mutant[..<result.consumed]), limit: result.bytes.count)
      guard exact.bytes == result.bytes, exact.consumed == result.consumed else { return false }
      if (try? Inflate.decompress(Array(mutant[..<(result.consumed - 1)]), limit: Self.limit)) != nil { return false }
      return try Inflate.decompress(Deflate.compress(result.bytes), limit: Self.limit).bytes == result.bytes
    }
    // Streams have no checksum: many mutants are streams too.
    #expect(accepted > 1_000, "\(accepted)")
  }

  @Test(.timeLimit(.minutes(5))) func deflatePrefixes() throws {
    let accepted = try feedMutants(of: Self.streams, seed: 2) { mutant in
      try Inflate.prefix(mutant, count: 16)
    } check: { mutant, result in
      guard result.bytes.count <= 16 else { return false }
      // Where the whole stream is sound, the prefix is its prefix.
      guard let whole = try? Inflate.decompress(mutant, limit: 1 << 20) else { return true }
      return result.bytes == Array(whole.bytes.prefix(16)) && (result.consumed ?? whole.consumed) == whole.consumed
    }
    #expect(accepted > 1_000, "\(accepted)")
  }

  @Test(.timeLimit(.minutes(5))) func gzip() throws {
    let files = Self.texts.map { Gzip.compress($0) }
    let decorated = hex(
      """
      1f 8b 08 1e 87 d6 12 00 02 03 03 00 65 78 00 6e 61 6d 65 00 72 65 6d 61 72 6b 00 b1 31 cb cc 2b 4b 2c ca 4c cc 4b
      4e 05 00 b5 a0 34 7d 0a 00 00 00
      """)
    let accepted = try feedMutants(of: files + [decorated, files[0] + files[1]], seed: 3) { mutant in
      try Gzip.decompress(mutant, limit: Self.limit)
    } check: { _, bytes in
      // A checksum of 32 bits lets nothing through that is not one of the texts, or some of them joined.
      guard bytes.count <= Self.limit else { return false }
      var rest = bytes[...]
      while !rest.isEmpty {
        guard let text = Self.texts.first(where: { !$0.isEmpty && rest.starts(with: $0) }) else { return false }
        rest = rest.dropFirst(text.count)
      }
      return try Gzip.decompress(Gzip.compress(bytes), limit: bytes.count) == bytes
    }
    #expect(accepted > 1_000, "\(accepted)")
  }

  @Test(.timeLimit(.minutes(5))) func idx() throws {
    let plain = [
      IDX(dimensions: [2, 1, 3], bytes: [1, 2, 3, 4, 5, 6]), IDX(dimensions: [3], bytes: [7, 2, 1]),
      IDX(dimensions: [0], bytes: []), IDX(dimensions: [4, 2, 2], bytes: (0..<16).map { $0 }),
    ]
    let files = plain.map { $0.encode() } + plain.map { Gzip.compress($0.encode()) }
    let accepted = try feedMutants(of: files, seed: 4) { mutant in
      try IDX.decode(mutant, limit: Self.limit)
    } check: { mutant, idx in
      let encoded = idx.encode()
      guard encoded.count <= Self.limit, idx.bytes.count == idx.dimensions.reduce(1, *) else { return false }
      return try encoded == (Gzip.isGzip(mutant) ? Gzip.decompress(mutant, limit: Self.limit) : mutant)
    }
    #expect(accepted > 1_000, "\(accepted)")
  }

  @Test(.timeLimit(.minutes(5))) func labelledImages() throws {
    let images = IDX(dimensions: [3, 2, 1], bytes: [1, 2, 3, 4, 5, 6]).encode()
    let labels = IDX(dimensions: [3], bytes: [7, 2, 1]).encode()
    var accepted = 0
    var refused = 0
    var (imageMutants, labelMutants) = (Mutator([images, labels], seed: 5), Mutator([labels, images], seed: 6))
    for index in 0..<250_000 {
      // One of the two is whole now and then, so that more than headers disagree.
      let first = index % 3 == 0 ? images : imageMutants.next()
      let second = index % 3 == 1 ? labels : labelMutants.next()
      do {
        let (first, second) = (try IDX.decode(first, limit: Self.limit), try IDX.decode(second, limit: Self.limit))
        let set = try LabelledImages(images: first, labels: second)
        accepted += 1
        guard set.idx == (first, second), set.count * set.height * set.width == set.pixels.count,
          set.classes == Int(set.labels.max() ?? 0) + 1
        else {
          Issue.record("pair \(index): \(set)")
          return
        }
      } catch is FormatError {} catch is LabelledImagesError { refused += 1 }
    }
    #expect(accepted > 1_000 && refused > 1_000, "\(accepted), \(refused)")
  }

  @Test(.timeLimit(.minutes(5))) func npy() throws {
    let files = [
      NPY(shape: [2, 3], [1, 2, 3, 4, 5, 6] as [Float]), NPY(shape: [], [9] as [Float]),
      NPY(shape: [2], [1, -1] as [Int64]),
      NPY(element: .uint8, shape: [3, 1], payload: [1, 2, 3]), NPY(shape: [0, 5], [] as [Float]),
    ].map { $0.encode() }
    let accepted = try feedMutants(of: files, seed: 7) { mutant in
      try NPY.decode(mutant)
    } check: { mutant, array in
      // The payload is the file's end, whatever the header looks like, and what we write says the same.
      guard array.payload == Array(mutant.suffix(array.payload.count)) else { return false }
      guard array.payload.count == array.shape.reduce(array.element.size, *) else { return false }
      return try NPY.decode(array.encode()) == array
    }
    #expect(accepted > 1_000, "\(accepted)")
  }

  @Test(.timeLimit(.minutes(5))) func safetensors() throws {
    let files = [
      Safetensors(
        metadata: ["k": "a/b é"],
        tensors: [.init(name: "b", shape: [2], values: [1, -2.5]), .init(name: "a", shape: [], values: [9])]),
      Safetensors(tensors: [.init(name: "none", shape: [0, 5], values: [])]), Safetensors(tensors: []),
    ].map { $0.encode() }
    let accepted = try feedMutants(of: files, seed: 8) { mutant in
      try Safetensors.decode(mutant)
    } check: { mutant, file in
      guard file.tensors.allSatisfy({ $0.values.count == $0.shape.reduce(1, *) }) else { return false }
      // Length, header and data are all of the file.
      let header = mutant.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
      guard 8 + header + 4 * file.tensors.reduce(0, { $0 + $1.values.count }) == mutant.count else { return false }
      // By bytes: a value may be no number, which is not equal to itself.
      return try Safetensors.decode(file.encode()).encode() == file.encode()
    }
    #expect(accepted > 1_000, "\(accepted)")
  }

  @Test(.timeLimit(.minutes(5))) func jpeg() throws {
    let accepted = try feedMutants(of: KnownJPEG.all.map(\.file), seed: 10, count: 150_000) { mutant in
      try JPEG.decodeGrey(mutant, limit: Self.limit)
    } check: { mutant, image in
      // Bytes before the start and after the end tell nothing, so that only the size can be judged.
      let pixels = image.width * image.height
      guard image.channels == 1, image.pixels.count == pixels, pixels <= Self.limit else { return false }
      return try StillImage.decodeGrey(mutant, limit: pixels) == image
    }
    #expect(accepted > 1_000, "\(accepted)")
  }

  @Test(.timeLimit(.minutes(5))) func png() throws {
    let kinds: [(depth: Int, type: UInt8)] = [(1, 0), (8, 0), (16, 2), (4, 3), (8, 4), (8, 6)]
    let files = kinds.flatMap { kind in
      [false, true].map { isInterlaced in
        let writer = PNGWriter(
          width: 9, height: 5, depth: kind.depth, type: kind.type, isInterlaced: isInterlaced,
          palette: kind.type == 3 ? (0..<48).map { 5 * $0 } : [])
        return writer.file { x, y, sample in (x * 7 + y * 3 + sample) & ((1 << kind.depth) - 1) }
      }
    }
    let images = try files.map { try PNG.decodeGrey($0) }
    // Half of the mutants get checksums that fit, or nothing behind these would ever be reached.
    var index = 0
    let accepted = try feedMutants(of: files, seed: 11, count: 150_000) { mutant in
      index += 1
      return try PNG.decodeGrey(index % 2 == 0 ? Self.withChecksums(mutant) : mutant, limit: Self.limit)
    } check: { mutant, image in
      let pixels = image.width * image.height
      guard image.channels == 1, image.pixels.count == pixels, pixels <= Self.limit else { return false }
      // Checksums let nothing through that is not one of the images.
      return index % 2 == 0 || images.contains(image)
    }
    #expect(accepted > 1_000, "\(accepted)")
  }

  /// The file with the CRC-32 of every chunk that lies within it made right.
  private static func withChecksums(_ file: [UInt8]) -> [UInt8] {
    var file = file
    var offset = 8
    while offset + 12 <= file.count {
      let length = file[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
      guard offset + 12 + length <= file.count else { break }
      let crc = crc32(Array(file[offset + 4..<offset + 8 + length]))
      for byte in 0..<4 { file[offset + 8 + length + byte] = UInt8(truncatingIfNeeded: crc >> (24 - 8 * UInt32(byte))) }
      offset += 12 + length
    }
    return file
  }

  @Test func mutantsAreTheSameInEveryRunAndDiffer() {
    var (first, second) = (Mutator(Self.streams, seed: 9), Mutator(Self.streams, seed: 9))
    var seen = Set<[UInt8]>()
    for _ in 0..<10_000 {
      let mutant = first.next()
      #expect(mutant == second.next())
      seen.insert(mutant)
    }
    #expect(seen.count > 8_000)
    #expect(seen.contains { $0.count < 5 } && seen.contains { $0.count > 60 })
  }
}
