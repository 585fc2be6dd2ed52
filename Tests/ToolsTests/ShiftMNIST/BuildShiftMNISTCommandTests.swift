import Foundation
import Kernels
import Testing

@testable import Datasets
@testable import ToolSupport
@testable import Tools

/// `Tools build-shiftmnist` on small folders of IDX files.
@Suite(.serialized) struct BuildShiftMNISTCommandTests {
  private static let idx = ["train", "t10k", "shifted", "unshortcut"].flatMap {
    ["\($0)-images-idx3-ubyte.gz", "\($0)-labels-idx1-ubyte.gz"]
  }
  private static let others = ["manifest.json", "preview.png", "provenance.csv"]

  private func run(_ words: [String]) -> (code: Int32, output: String, error: String) {
    let transcript = Transcript()
    let before = Parallel.threads
    defer { Parallel.threads = before }
    let code = Tools.run(
      arguments: ["build-shiftmnist"] + words, commands: Tools.commands, console: transcript.console())
    return (code, transcript.output, transcript.error)
  }

  @discardableResult
  private func succeed(_ words: [String]) throws -> (output: String, error: String) {
    let (code, output, error) = run(words)
    try #require(code == 0, "\(error)")
    return (output, error)
  }

  private func bytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }

  /// Every file below a folder, hidden ones included, by its path there.
  private func contents(_ folder: String) throws -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
      if !OutputFolder.isFolder("\(folder)/\(name)") { files[name] = try bytes("\(folder)/\(name)") }
    }
    return files
  }

  private func images(_ folder: String, _ stem: String) throws -> LabelledImages {
    let images = try IDX.decode(try bytes("\(folder)/\(stem)-images-idx3-ubyte.gz"), limit: 1 << 24)
    let labels = try IDX.decode(try bytes("\(folder)/\(stem)-labels-idx1-ubyte.gz"), limit: 1 << 24)
    return try LabelledImages(images: images, labels: labels, classes: 10)
  }

  /// The arrays of an archive, read from its local headers.
  private func arrays(_ path: String) throws -> [String: NPY] {
    let file = try bytes(path)
    var arrays: [String: NPY] = [:]
    func number(_ offset: Int, _ size: Int) -> Int { (0..<size).reduce(0) { $0 | Int(file[offset + $1]) << (8 * $1) } }
    var offset = 0
    while number(offset, 4) == 0x0403_4B50 {
      let start = offset + 30 + number(offset + 26, 2)
      let name = String(decoding: file[(offset + 30)..<start], as: UTF8.self)
      let entry = try Inflate.decompress(file, from: start, limit: number(offset + 22, 4))
      arrays[name] = try NPY.decode(entry.bytes)
      offset = start + number(offset + 18, 4)
    }
    return arrays
  }

  @Test func bothVariantsAreWrittenAndLoad() throws {
    try withTemporaryFolder { root in
      try SmallIDX.write(to: "\(root)/mnist")
      let plain = try ImageFiles(folder: "\(root)/mnist").load()
      let (output, error) = try succeed(["--mnist", "\(root)/mnist", "--output", "\(root)/out"])
      #expect(
        output == "shiftMNIST is in \(root)/out; look at \(root)/out/binary/preview.png and "
          + "\(root)/out/texture/preview.png.\n")
      #expect(error.hasPrefix("digits: IDX files in \(root)/mnist\n") && error.contains("textures: built-in, seed 0\n"))
      #expect(error.contains("writing binary: 16 steps") && error.contains("writing texture: 16 steps"))
      for variant in ["binary", "texture"] {
        let folder = "\(root)/out/\(variant)"
        #expect(Set(try contents(folder).keys) == Set(Self.idx + Self.others + ["shiftmnist.npz"]))
        // As `train` and other commands load it.
        let splits = try ImageSource.folder(folder).load()
        #expect(splits.train.labels == plain.train.labels && splits.test.labels == plain.test.labels)
        #expect(splits.train.pixels != plain.train.pixels && splits.test.pixels != plain.test.pixels)
        let arrays = try arrays("\(folder)/shiftmnist.npz")
        #expect(arrays.count == 8)
        let names = [("train", "train"), ("t10k", "test"), ("shifted", "shifted"), ("unshortcut", "unshortcut")]
        for (stem, name) in names {
          let images = try images(folder, stem)
          let shape = [images.count, 28, 28]
          #expect(arrays["x_\(name).npy"] == NPY(element: .uint8, shape: shape, payload: images.pixels))
          #expect(arrays["y_\(name).npy"] == NPY(element: .uint8, shape: [images.count], payload: images.labels))
        }
      }
      let shifted = try images("\(root)/out/binary", "shifted")
      #expect(shifted == plain.test)
      #expect(try images("\(root)/out/binary", "unshortcut") == plain.train)
      let texture = try images("\(root)/out/texture", "unshortcut")
      #expect(texture.labels == plain.train.labels && texture.pixels != plain.train.pixels)
    }
  }

  @Test func theManifestSaysWhatTheFilesAre() throws {
    try withTemporaryFolder { root in
      try SmallIDX.write(to: "\(root)/mnist")
      try succeed(["--mnist", "\(root)/mnist", "--output", "\(root)/out", "--seed", "18446744073709551615"])
      for variant in ["binary", "texture"] {
        let folder = "\(root)/out/\(variant)"
        let json = try JSONDecoder().decode(MetricsValue.self, from: Data(try bytes("\(folder)/manifest.json")))
        guard case .object(let manifest) = json, case .object(let files) = manifest["files"] else {
          Issue.record("\(json)")
          return
        }
        var found: [String: MetricsValue] = [:]
        for (name, bytes) in try contents(folder) where name != "manifest.json" {
          found[name] = .object(["bytes": .integer(bytes.count), "sha256": .text(SHA256.hexadecimal(bytes))])
        }
        #expect(files == found)
        #expect(manifest["seed"] == "18446744073709551615" && manifest["variant"] == .text(variant))
        #expect(manifest["counts"] == .object(["train": 60, "test": 40, "shifted": 40, "unshortcut": 60]))
        #expect(!String(decoding: try bytes("\(folder)/manifest.json"), as: UTF8.self).contains(root))
        if variant == "binary" {
          #expect(
            manifest["parameters"]
              == .object(["code_value": 255, "code_column": 0, "code_first_row": 4, "code_row_step": 2]))
        } else {
          #expect(manifest["parameters"] == .object(["texture_low": 0, "texture_high": 170]))
          guard case .object(let textures) = manifest["textures"], case .array(let labels) = textures["labels"] else {
            Issue.record("no textures")
            return
          }
          #expect(labels.count == 10)
          guard case .object(let first) = labels[0], case .array(let train) = first["train"] else { return }
          #expect(first["texture"] == "banded" && train.count == 12)
        }
      }
    }
  }

  @Test("The same options give the same bytes with any number of threads, another seed does not")
  func threads() throws {
    try withTemporaryFolder { root in
      try SmallIDX.write(to: "\(root)/mnist", train: 1100)
      let words = ["--mnist", "\(root)/mnist", "--output"]
      for threads in 1...3 { try succeed(words + ["\(root)/\(threads)", "--threads", "\(threads)"]) }
      let first = try contents("\(root)/1")
      #expect(first.count == 24)
      #expect(try contents("\(root)/2") == first && contents("\(root)/3") == first)
      try succeed(words + ["\(root)/4", "--seed", "1"])
      let other = try contents("\(root)/4")
      #expect(other["texture/train-images-idx3-ubyte.gz"] != first["texture/train-images-idx3-ubyte.gz"])
      // Nothing in the binary variant is random.
      #expect(other["binary/train-images-idx3-ubyte.gz"] == first["binary/train-images-idx3-ubyte.gz"])
    }
  }

  @Test func optionsReachTheImages() throws {
    try withTemporaryFolder { root in
      try SmallIDX.write(to: "\(root)/mnist", height: 20, width: 30, classes: 3)
      let plain = try ImageFiles(folder: "\(root)/mnist").load()
      let words = ["--mnist", "\(root)/mnist", "--output", "\(root)/out", "--format", "npz"]
      try succeed(
        words + [
          "--variant", "binary", "--code-column", "29", "--code-first-row", "3", "--code-row-step", "8",
        ])
      #expect(Set(try contents("\(root)/out").keys) == Set((Self.others + ["shiftmnist.npz"]).map { "binary/\($0)" }))
      let coded = try #require(try arrays("\(root)/out/binary/shiftmnist.npz")["x_train.npy"])
      let expected = try BinaryShift(column: 29, firstRow: 3, rowStep: 8).apply(to: plain).train.images
      #expect(coded.payload == expected.pixels && coded.shape == [60, 20, 30])

      try succeed(
        words + ["--variant", "texture", "--texture-low", "20", "--texture-high", "90", "--seed", "6"])
      let types = try BuiltInTexture.types(classes: 3, height: 20, width: 30, seed: 6)
      let set = try TextureShift(types: types, low: 20, high: 90, seed: 6).apply(to: plain)
      #expect(try arrays("\(root)/out/texture/shiftmnist.npz")["x_shifted.npy"]?.payload == set.shifted.images.pixels)
      #expect(try bytes("\(root)/out/texture/provenance.csv") == Provenance.csv(set, types: types))

      try succeed(
        words + [
          "--variant", "texture", "--texture-scale", "4", "--texture-contrast", "stretch", "--texture-sources", "1",
          "--texture-split", "patches",
        ])
      let preparation = TexturePreparation(scale: 4, contrast: .stretch)
      let prepared = try BuiltInTexture.types(classes: 3, height: 80, width: 120, seed: 0).map {
        $0.prepared(preparation)
      }
      let shift = TextureShift(types: prepared, sourceCount: 1, split: .patches, seed: 0)
      let expectedImages = try shift.apply(to: plain).test.images
      #expect(try arrays("\(root)/out/texture/shiftmnist.npz")["x_test.npy"]?.payload == expectedImages.pixels)
      let json = try JSONDecoder().decode(
        MetricsValue.self, from: Data(try bytes("\(root)/out/texture/manifest.json")))
      guard case .object(let manifest) = json else {
        Issue.record("\(json)")
        return
      }
      #expect(
        manifest["parameters"]
          == .object([
            "texture_low": 0, "texture_high": 170, "texture_scale": 4, "texture_contrast": "stretch",
            "texture_sources": 1, "texture_split": "patches",
          ]))
    }
  }

  /// The digest is of files that the builder wrote before it had options that choose and prepare texture images, and training images
  /// without the shortcut.
  @Test func theDefaultsGiveTheBytesThatTheyAlwaysGave() throws {
    try withTemporaryFolder { root in
      try SmallIDX.write(to: "\(root)/mnist")
      try succeed(["--mnist", "\(root)/mnist", "--output", "\(root)/out", "--variant", "texture"])
      let folder = "\(root)/out/texture"
      let pixels = try ["train", "t10k", "shifted"].flatMap { try images(folder, $0).pixels }
      let lines = String(decoding: try bytes("\(folder)/provenance.csv"), as: UTF8.self)
        .split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("unshortcut,") }
      let digest = SHA256.hexadecimal(pixels + [UInt8](lines.joined(separator: "\n").utf8))
      #expect(digest == "5adbc6ebb317a1f6d6199a80e32649eabc73ec4fe7d9e3b50db62e8c0ef4d4ca")
    }
  }

  @Test(
    "What makes no sense is a usage error",
    arguments: [
      (["--variant", "colour"], "option --variant needs one of binary, texture, both, found \"colour\"."),
      (["--format", "idx,csv"], "option --format needs a list of idx, npz, each once, found \"idx,csv\"."),
      (["--format", "npz,npz"], "option --format needs a list of idx, npz, each once, found \"npz,npz\"."),
      (["--format", "idx,"], "option --format needs a list of idx, npz, each once, found \"idx,\"."),
      (["--texture-low", "9", "--texture-high", "9"], "--texture-low must be below --texture-high, found 9 and 9."),
      (["--texture-high", "256"], "option --texture-high needs an integer from 1 to 255, found 256."),
      (
        ["--texture-sources", "1"],
        "--texture-sources 1 leaves no image for test patches; give 2, or --texture-split patches."
      ),
      (["--texture-scale", "0"], "option --texture-scale needs an integer from 1 to 64, found 0."),
      (
        ["--variant", "texture", "--texture-scale", "19"],
        "--texture-scale 19 needs texture images of 532 × 532 pixels, and built-in ones are drawn for 512 × 512 at "
          + "most."
      ),
      (["--code-row-step", "0"], "option --code-row-step needs an integer from 1 to 65535, found 0."),
      (
        ["--code-first-row", "10"],
        "the code of label 9 is row 28, column 0: expected a pixel of images of 28 × 28; --code-column, "
          + "--code-first-row and --code-row-step say where."
      ),
      (["more"], "unexpected argument \"more\" after \"build-shiftmnist\"."),
    ] as [([String], String)])
  func usage(words: [String], sentence: String) throws {
    try withTemporaryFolder { root in
      try SmallIDX.write(to: "\(root)/mnist")
      let (code, output, error) = run(["--mnist", "\(root)/mnist", "--output", "\(root)/out"] + words)
      #expect(code == 64 && output.isEmpty)
      #expect(error.hasSuffix("Tools: \(sentence)\n"), "\(error)")
      #expect(((try? contents("\(root)/out")) ?? [:]).isEmpty)
    }
  }

  @Test("A run that fails leaves what was there, and nothing else")
  func failure() throws {
    try withTemporaryFolder { root in
      try SmallIDX.write(to: "\(root)/mnist")
      let words = ["--mnist", "\(root)/mnist", "--output", "\(root)/out"]
      try succeed(words)
      try Data("mine".utf8).write(to: URL(fileURLWithPath: "\(root)/out/binary/notes.txt"))
      let before = try contents("\(root)/out")
      try FileManager.default.createDirectory(atPath: "\(root)/textures/one", withIntermediateDirectories: true)
      // The binary variant is complete, under hidden names, when the textures turn out to be too few.
      let (code, output, error) = run(words + ["--textures", "\(root)/textures", "--code-column", "5"])
      #expect(code == 1 && output.isEmpty)
      #expect(error.contains("writing binary: 16 steps"))
      #expect(
        error.contains(
          "Tools: cannot use the textures in \(root)/textures: 10 labels need 10 folders of at least 2 JPEG or PNG "
            + "images of 28 × 28 pixels or more, found 0.\n"))
      #expect(try contents("\(root)/out") == before)
      // A run that works replaces its own files alone, and names what it leaves.
      let (_, notes) = try succeed(words + ["--code-column", "5", "--format", "idx"])
      #expect(notes.contains("warning: \(root)/out/binary/shiftmnist.npz is from an earlier run and is left as it is."))
      let after = try contents("\(root)/out")
      #expect(after.keys == before.keys && after["binary/notes.txt"] == before["binary/notes.txt"])
      #expect(after["binary/train-images-idx3-ubyte.gz"] != before["binary/train-images-idx3-ubyte.gz"])
    }
  }

  @Test func manyClassesNeedTexturesOfTheirOwn() throws {
    try withTemporaryFolder { root in
      try SmallIDX.write(to: "\(root)/mnist", height: 12, width: 12, classes: 12)
      let words = ["--mnist", "\(root)/mnist", "--output", "\(root)/out"]
      let texture = run(words + ["--variant", "texture"])
      #expect(texture.code == 1)
      #expect(texture.error.hasSuffix("Tools: expected a texture for each of 12 labels, found 10.\n"))
      try succeed(words + ["--variant", "binary", "--code-first-row", "0", "--code-row-step", "1"])
    }
  }

  @Test func moreTextureImagesThanThereAreIsAnError() throws {
    try withTemporaryFolder { root in
      try SmallIDX.write(to: "\(root)/mnist")
      let (code, _, error) = run(
        ["--mnist", "\(root)/mnist", "--output", "\(root)/out", "--variant", "texture", "--texture-sources", "17"])
      #expect(code == 1)
      #expect(
        error.hasSuffix("Tools: texture banded: expected images to cut patches out of, at least 17, found 16.\n"))
    }
  }

  @Test func digitsThatAreMissingAreAnError() throws {
    try withTemporaryFolder { root in
      let (code, _, error) = run(["--mnist", "\(root)/none", "--output", "\(root)/out"])
      #expect(code == 1)
      #expect(error.hasSuffix("Tools: cannot read the folder \(root)/none: no such file or folder.\n"))
    }
  }

  /// The whole data set from the real files, where `METAMER_MNIST` and `METAMER_TEXTURES` name their folders.
  @Test(
    .enabled(
      if: ["METAMER_MNIST", "METAMER_TEXTURES"].allSatisfy { ProcessInfo.processInfo.environment[$0] != nil },
      "METAMER_MNIST and METAMER_TEXTURES name no folders"))
  func theRealThing() throws {
    let environment = ProcessInfo.processInfo.environment
    let (mnist, textures) = (
      try #require(environment["METAMER_MNIST"]), try #require(environment["METAMER_TEXTURES"])
    )
    try withTemporaryFolder { root in
      try succeed(["--mnist", mnist, "--textures", textures, "--output", root])
      for variant in ["binary", "texture"] {
        let splits = try ImageFiles(folder: "\(root)/\(variant)").load()
        #expect(splits.train.count == 60_000 && splits.test.count == 10_000)
      }
    }
  }
}
