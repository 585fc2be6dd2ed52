import Foundation
import Testing

@testable import Datasets

/// What a parser holds is bounded by what it reads and by the limit it is given, whatever a file promises.
@Suite struct MemoryTests {
  /// The most memory that this process has had, in bytes; nil where the system does not tell.
  private static func peak() -> Int? {
    guard let status = FileManager.default.contents(atPath: "/proc/self/status") else { return nil }
    let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line.flatMap { Int($0.split(separator: " ").dropLast().last ?? "") }.map { $0 * 1024 }
  }

  /// The peak belongs to a whole process, so this has its own.
  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/self/status"), "needs /proc"))
  func promisesAllocateNothing() async {
    await #expect(processExitsWith: .success) {
      // A MiB of zeros in a kilobyte, and then gigabytes that a header of each format promises.
      let zeros = Gzip.compress(
        hex("00 00 08 03 00 00 10 00 00 00 01 00 00 00 01 00") + [UInt8](repeating: 0, count: 1 << 20))
      let images = hex("00 00 08 03 ff ff ff ff 00 00 00 01 00 00 00 01")
      var files: [[UInt8]] = [Gzip.compress(images), images, zeros]
      files.append([0x93] + Array("NUMPY".utf8) + [2, 0, 0xFF, 0xFF, 0xFF, 0xFF])
      let shape = "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000,), }\n"
      files.append([0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(shape.utf8.count), 0] + Array(shape.utf8))
      let header = #"{"a":{"dtype":"F32","shape":[1000000000],"data_offsets":[0,4000000000]}}"#
      files.append([UInt8(header.utf8.count), 0, 0, 0, 0, 0, 0, 0] + Array(header.utf8))
      files.append([0xFF, 0xFF, 0xFF, 0x00, 0, 0, 0, 0] + Array(header.utf8))
      // A stored block that promises 65 535 bytes.
      files.append(hex("01 ff ff 00 00"))
      // Images of 8192 × 8192 pixels, which the limit allows, in a few bytes.
      var jpeg = KnownJPEG.grey.file
      let frame = try #require((0..<jpeg.count).first { jpeg[$0...].starts(with: [0xFF, 0xC0]) })
      jpeg.replaceSubrange(frame + 5..<frame + 9, with: [0x20, 0, 0x20, 0])
      let png = PNGWriter(width: 8192, height: 8192, depth: 8, type: 0).file(lines: [0, 1, 2, 3])
      files += [jpeg, png]
      let before = try #require(Self.peak())
      for _ in 0..<200 {
        for file in files {
          _ = try? IDX.decode(file, limit: 1 << 32)
          _ = try? NPY.decode(file)
          _ = try? Safetensors.decode(file)
          _ = try? Inflate.decompress(file, limit: 1 << 32)
          _ = try? Gzip.prefix(file, count: 16)
          _ = try? StillImage.decodeGrey(file)
        }
      }
      // Whatever is promised has gigabytes; what is there decodes to 1 MiB at most, which is held twice or so.
      let growth = try #require(Self.peak()) - before
      #expect(growth < 32 << 20, "\(growth) bytes")
    }
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/self/status"), "needs /proc"))
  func aBombAllocatesNoMoreThanItsLimit() async {
    await #expect(processExitsWith: .success) {
      let member = Gzip.compress([UInt8](repeating: 0, count: 1 << 20))
      // 512 members of a MiB each, half a gigabyte in about half a megabyte.
      let file = (0..<512).flatMap { _ in member }
      let before = try #require(Self.peak())
      #expect(throws: FormatError.self) { try Gzip.decompress(file, limit: 8 << 20) }
      #expect(throws: FormatError.self) { try IDX.decode(file, limit: .max) }
      let growth = try #require(Self.peak()) - before
      #expect(growth < 64 << 20, "\(growth) bytes")
    }
  }
}
