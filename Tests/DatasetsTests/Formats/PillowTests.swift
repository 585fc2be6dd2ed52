import Foundation
import TestSupport
import Testing

@testable import Datasets

/// Images decoded by another program: `Tests/Python/grey.py` has Pillow, hence libjpeg and zlib, decode the same files.
///
/// Runs where `METAMER_PYTHON`, or `python3`, has numpy and Pillow, and says that it was skipped elsewhere.
struct PillowTests {
  private static let textures = ProcessInfo.processInfo.environment["METAMER_TEXTURES"]

  private static let isThere = Python.has(["numpy", "PIL"])

  /// Runs the script in a new folder, which is removed after `body`.
  private func withPillow(_ mode: String, _ files: [String] = [], body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Python/grey.py").path
    let (code, output) = try Python.call([script, mode, folder.path] + files)
    try #require(code == 0, "\(output)")
    try body(folder.path)
  }

  private func bytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }

  /// The sum and the largest of the differences between a file decoded here and Pillow's pixels.
  private func difference(_ file: String, _ reference: String) throws -> (sum: Int, largest: Int, pixels: Int) {
    let image = try StillImage.decodeGrey(bytes(file))
    let expected = try NPY.decode(bytes(reference))
    try #require(expected.element == .uint8 && expected.shape == [image.height, image.width], "\(file)")
    let differences = zip(image.pixels, expected.payload).map { abs(Int($0) - Int($1)) }
    return (differences.reduce(0, +), differences.max() ?? 0, differences.count)
  }

  /// Kinds of files that Pillow writes: progressive, subsampled, with restart markers, EXIF, RGB; all types of PNG.
  @Test("Pillow decodes its own files to the same pixels", .enabled(if: isThere, "no Pillow"))
  func variants() throws {
    try withPillow("variants") { folder in
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      var (jpegs, pngs) = (0, 0)
      for name in names where !name.hasSuffix(".npy") {
        let found = try difference("\(folder)/\(name)", "\(folder)/\(name).npy")
        #expect(found.largest == 0, "\(name): \(found)")
        if name.hasSuffix(".png") { pngs += 1 } else { jpegs += 1 }
      }
      #expect(jpegs > 900 && pngs > 30, "\(jpegs) and \(pngs) files")
    }
  }

  /// The describable textures' photographs, or whatever JPEG and PNG files are in folders of `METAMER_TEXTURES`.
  @Test(
    "Pillow decodes textures to the same pixels",
    .enabled(if: textures != nil, "METAMER_TEXTURES names no folder"), .enabled(if: isThere, "no Pillow"))
  func photographs() throws {
    let folder = try #require(Self.textures)
    let names = try #require(FileManager.default.enumerator(atPath: folder)).compactMap { $0 as? String }
    let files = names.filter { $0.hasSuffix(".jpg") || $0.hasSuffix(".png") }.sorted().map { "\(folder)/\($0)" }
    try #require(!files.isEmpty, "\(folder) has no images")
    try withPillow("decode", files) { references in
      var (differing, largest) = (0, 0)
      for (index, file) in files.enumerated() {
        let found = try difference(file, "\(references)/\(index).npy")
        #expect(found.sum <= found.pixels && found.largest <= 16, "\(file): \(found)")
        differing += found.sum > 0 ? 1 : 0
        largest = max(largest, found.largest)
      }
      print("\(files.count) textures: \(differing) differ, by \(largest) grey levels at most")
    }
  }
}
