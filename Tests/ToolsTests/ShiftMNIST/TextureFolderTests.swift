import Foundation
import Kernels
import Testing

@testable import Datasets
@testable import ToolSupport
@testable import Tools

@Suite struct TextureFolderTests {
  /// A stand-in for a decoder: width, height and a value; zeros are refused.
  private static func decode(_ bytes: [UInt8]) throws(FormatError) -> Raster {
    guard bytes.count == 3, bytes[0] > 0, bytes[1] > 0 else {
      throw FormatError(format: "test", offset: 0, expected: "a size", found: "\(bytes)")
    }
    let (width, height) = (Int(bytes[0]), Int(bytes[1]))
    let pixels = [UInt8](repeating: bytes[2], count: width * height)
    return Raster(width: width, height: height, channels: 1, pixels: pixels)
  }

  private func write(_ files: [String: [UInt8]], to root: String) throws {
    for (name, bytes) in files {
      let url = URL(fileURLWithPath: "\(root)/\(name)")
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(bytes).write(to: url)
    }
  }

  private func load(
    _ root: String, classes: Int, side: Int = 8
  ) -> (types: [TextureType], warnings: [String], sentence: String) {
    let transcript = Transcript()
    var (types, sentence): ([TextureType], String) = ([], "")
    do {
      types = try TextureFolder(path: root, decode: { bytes throws(FormatError) in try Self.decode(bytes) })
        .load(classes: classes, height: side, width: side, console: transcript.console())
    } catch {
      sentence = ErrorSentence(error).text
    }
    let warnings = transcript.error.split(separator: "\n").map(String.init).filter { $0.hasPrefix("warning") }
    return (types, warnings, sentence)
  }

  private let fine: [UInt8] = [9, 8, 1]

  @Test func theFirstUsableClassesAreTakenInOrder() throws {
    try withTemporaryFolder { root throws in
      try write(
        [
          "b/2.jpg": [8, 8, 2], "b/10.JPEG": [8, 9, 10], "b/1.png": fine, "b/notes.txt": [], "b/.DS_Store": [],
          "b/._1.jpg": [], "a/x.png": fine, "a/y.PNG": fine, "c/x.png": fine, "c/y.png": fine, "README.md": [],
          ".hidden/x.png": fine, ".hidden/y.png": fine,
        ], to: root)
      let (types, warnings, _) = load(root, classes: 2)
      #expect(types.map(\.name) == ["a", "b"] && warnings.isEmpty)
      #expect(types[1].images.map(\.name) == ["b/1.png", "b/10.JPEG", "b/2.jpg"])
      #expect(types[1].images.map(\.raster.pixels.first) == [1, 10, 2])
      #expect(types[0].images[0].digest == SHA256.hexadecimal(fine))
    }
  }

  @Test func whatIsSkippedIsCountedAndSaid() throws {
    try withTemporaryFolder { root throws in
      try write(
        [
          "a/1.png": fine, "a/2.png": fine, "a/3.png": [7, 9, 0], "a/4.png": [9, 7, 0], "a/5.png": [0],
          "a/6.png": [1], "b/1.png": fine, "c/1.png": fine, "c/2.png": fine,
        ], to: root)
      let (types, warnings, _) = load(root, classes: 2)
      #expect(types.map(\.name) == ["a", "c"] && types.map(\.images.count) == [2, 2])
      #expect(
        warnings == [
          "warning: \(root)/a: 4 of 6 images skipped: 2 cannot be read (a/5.png: test, byte 0: expected a size, found "
            + "[0]); 2 are smaller than 8 × 8 pixels.",
          "warning: \(root)/b: skipped, as fewer than 2 of its images are usable.",
        ])
    }
  }

  @Test func tooFewClassesAreAnError() throws {
    try withTemporaryFolder { root throws in
      try write(["a/1.png": fine, "a/2.png": fine, "b/1.png": fine], to: root)
      let (_, warnings, sentence) = load(root, classes: 2)
      #expect(warnings.count == 1)
      #expect(
        sentence == "cannot use the textures in \(root): 2 labels need 2 folders of at least 2 JPEG or PNG images of "
          + "8 × 8 pixels or more, found 1.")
      let none = root + "/none"
      #expect(load(none, classes: 1).sentence == "cannot read the folder \(none): no such file or folder.")
      #expect(load(root, classes: 1, side: 10).sentence.hasSuffix("found 0."))
    }
  }

  @Test func imagesArePreparedAndNeedRoomForThat() throws {
    try withTemporaryFolder { root throws in
      try write(
        ["a/1.png": [17, 16, 1], "a/2.png": [16, 17, 2], "a/3.png": [15, 30, 3], "b/1.png": [16, 16, 4]], to: root)
      let transcript = Transcript()
      let folder = TextureFolder(
        path: root, preparation: TexturePreparation(scale: 2), leastImages: 1,
        decode: { bytes throws(FormatError) in try Self.decode(bytes) })
      let types = try folder.load(classes: 2, height: 8, width: 8, console: transcript.console())
      #expect(types.map(\.images.count) == [2, 1])
      #expect(types[0].images.map { [$0.raster.width, $0.raster.height] } == [[8, 8], [8, 8]])
      // The digest is the file's, which the preparation does not change.
      #expect(types[0].images[0].digest == SHA256.hexadecimal([17, 16, 1]))
      #expect(transcript.error.contains("1 of 3 images skipped: 1 are smaller than 16 × 16 pixels."))
      let error = #expect(throws: FileError.self) {
        try folder.load(classes: 3, height: 8, width: 8, console: transcript.console())
      }
      #expect(
        try ErrorSentence(#require(error)).text
          == "cannot use the textures in \(root): 3 labels need 3 folders of at least one JPEG or PNG image of 16 × 16 "
          + "pixels or more, found 2.")
    }
  }

  @Test func nothingDependsOnTheThreads() throws {
    try withTemporaryFolder { root throws in
      var files: [String: [UInt8]] = [:]
      for index in 0..<40 { files["a/\(index).png"] = [UInt8(8 + index), 9, UInt8(index)] }
      try write(files, to: root)
      let before = Parallel.threads
      defer { Parallel.threads = before }
      Parallel.threads = 1
      let first = load(root, classes: 1).types
      #expect(first.first?.images.count == 40)
      for threads in 2...3 {
        Parallel.threads = threads
        #expect(load(root, classes: 1).types == first)
      }
    }
  }

  @Test func onlySoManyPixelsAreKept() throws {
    try withTemporaryFolder { root throws in
      // 200 × 200 pixels each: of four, two fit.
      for image in 1...3 as ClosedRange<UInt8> { try write(["a/\(image).png": [200, 200, image]], to: root) }
      try write(["a/4.png": fine], to: root)
      let transcript = Transcript()
      let folder = TextureFolder(
        path: root, largestTotal: 100_000, decode: { bytes throws(FormatError) in try Self.decode(bytes) })
      let types = try folder.load(classes: 1, height: 8, width: 8, console: transcript.console())
      #expect(types[0].images.map(\.name) == ["a/1.png", "a/2.png"])
      #expect(
        transcript.error.contains(
          "warning: \(root)/a: 2 of 4 images skipped: 2 are more than the 100000 pixels that are kept of a texture."))
    }
  }
}
