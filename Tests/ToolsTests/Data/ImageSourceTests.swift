import Datasets
import Foundation
import Testing

@testable import ToolSupport
@testable import Tools

@Suite struct ImageSourceTests {
  private let images = IDX(dimensions: [3, 2, 2], bytes: (0..<12).map { UInt8($0) })
  private let labels = IDX(dimensions: [3], bytes: [4, 0, 1])
  private let testImages = IDX(dimensions: [1, 2, 2], bytes: [9, 8, 7, 6])
  private let testLabels = IDX(dimensions: [1], bytes: [2])

  /// Writes MNIST's four files, with the given ending, then the files in `others` over them.
  private func write(
    to folder: String, dotted: Bool = false, gzip: Bool = false, others: [String: [UInt8]?] = [:]
  ) throws {
    let files = [
      ("train-images", "idx3", images), ("train-labels", "idx1", labels), ("t10k-images", "idx3", testImages),
      ("t10k-labels", "idx1", testLabels),
    ]
    for (name, kind, file) in files {
      let bytes = gzip ? Gzip.compress(file.encode()) : file.encode()
      let path = "\(folder)/\(name)\(dotted ? "." : "-")\(kind)-ubyte\(gzip ? ".gz" : "")"
      try Data(bytes).write(to: URL(fileURLWithPath: path))
    }
    for (name, bytes) in others {
      if let bytes {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
      } else {
        try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
      }
    }
  }

  private func sentence(_ source: ImageSource) -> String {
    do { _ = try source.load() } catch { return ErrorSentence(error).text }
    return ""
  }

  private func options(_ words: [String]) throws -> Options {
    try #require(try Options.parse(words, command: "x", options: [ImageSource.option], arguments: []))
  }

  @Test(arguments: [(false, false), (false, true), (true, false), (true, true)])
  func aFolderIsLoaded(dotted: Bool, gzip: Bool) throws {
    try withTemporaryFolder { folder throws in
      try write(to: folder, dotted: dotted, gzip: gzip)
      for path in [folder, folder + "/"] {
        let splits = try ImageSource.folder(path).load()
        #expect(splits.train.pixels == images.bytes && splits.train.labels == labels.bytes)
        #expect(splits.test.pixels == testImages.bytes && splits.test.labels == testLabels.bytes)
        // The larger label of the training set counts for both.
        #expect(splits.train.classes == 5 && splits.test.classes == 5)
        #expect(try ImageSource.folder(path).load(train: 2) == splits.prefix(train: 2, test: nil))
      }
    }
  }

  @Test func aPlainFileComesBeforeAGzippedOne() throws {
    try withTemporaryFolder { folder throws in
      let other = IDX(dimensions: [3], bytes: [1, 1, 1])
      try write(to: folder, others: ["train-labels-idx1-ubyte.gz": Gzip.compress(other.encode())])
      #expect(try ImageSource.folder(folder).load().train.labels == labels.bytes)
      try FileManager.default.removeItem(atPath: folder + "/train-labels-idx1-ubyte")
      #expect(try ImageSource.folder(folder).load().train.labels == other.bytes)
    }
  }

  @Test func theSourceIsNamed() throws {
    #expect(ImageSource(try options([]), seed: 7) == .digits(seed: 7))
    #expect(
      ImageSource(try options(["--data", "synthetic"]), seed: 7).summary == "built-in digits (synthetic), seed 7")
    #expect(ImageSource(try options(["--data", "mnist/"]), seed: 7).summary == "IDX files in mnist/")
  }

  @Test func builtInDigitsAreThoseOfTheSeed() throws {
    let splits = try ImageSource.digits(seed: 7).load(train: 30, test: 20)
    #expect(splits == Digits(seed: 7).splits(train: 30, test: 20))
  }

  @Test func aFileThatIsMissingIsNamed() throws {
    try withTemporaryFolder { folder throws in
      let none = folder + "/none"
      #expect(sentence(.folder(none)) == "cannot read the folder \(none): no such file or folder.")
      try write(to: folder, others: ["t10k-labels-idx1-ubyte": nil])
      #expect(
        sentence(.folder(folder))
          == "cannot read the folder \(folder): it holds no t10k-labels-idx1-ubyte, plain or .gz "
          + "(`Tools fetch-mnist` downloads MNIST).")
      let file = "\(folder)/train-images-idx3-ubyte"
      #expect(sentence(.folder(file)) == "cannot read the folder \(file): it is a file.")
    }
  }

  @Test func aBadFileIsNamed() throws {
    let bomb = Gzip.compress(Array(images.encode().prefix(16)) + [UInt8](repeating: 0, count: 100_000))
    let cases: [(name: String, bytes: [UInt8], found: String)] = [
      ("t10k-labels-idx1-ubyte", [0, 0, 8, 1, 0, 0, 0, 2, 5], "expected 2 bytes for dimensions [2], found 1."),
      (
        "t10k-labels-idx1-ubyte", [0, 0, 8, 1, 0, 0, 0, 2, 5, 6],
        "byte 4: expected 1 labels, one for each image, found 2."
      ),
      ("train-labels-idx1-ubyte", images.encode(), "byte 3: expected 1 dimension (labels), found 3 (images)."),
      ("train-images-idx3-ubyte", [1, 2, 3, 4], "magic number"), ("t10k-images-idx3-ubyte", [], "magic number"),
      ("train-images-idx3-ubyte", bomb, "expected at most 28 decoded bytes, found more."),
      (
        "t10k-images-idx3-ubyte", IDX(dimensions: [1, 1, 4], bytes: [1, 2, 3, 4]).encode(),
        "byte 8: expected images of 2 × 2 pixels as for training, found 1 × 4."
      ),
    ]
    for (name, bytes, found) in cases {
      try withTemporaryFolder { folder throws in
        try write(to: folder, others: [name: bytes])
        let text = sentence(.folder(folder))
        #expect(text.contains(found), "\(text)")
        #expect(text.hasPrefix("\(folder)/\(name): "), "\(text)")
      }
    }
  }

  @Test func aSetWithoutImagesIsRefused() throws {
    try withTemporaryFolder { folder throws in
      try write(
        to: folder,
        others: [
          "t10k-images-idx3-ubyte": IDX(dimensions: [0, 2, 2], bytes: []).encode(),
          "t10k-labels-idx1-ubyte": IDX(dimensions: [0], bytes: []).encode(),
        ])
      #expect(
        sentence(.folder(folder))
          == "\(folder)/t10k-images-idx3-ubyte: IDX, byte 4: expected at least one image, found none."
      )
    }
  }

  @Test func whatIsNoOrdinaryFileIsNotRead() throws {
    try withTemporaryFolder { folder throws in
      try write(to: folder, others: ["train-labels-idx1-ubyte": nil])
      let path = "\(folder)/train-labels-idx1-ubyte"
      try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/dev/zero")
      #expect(sentence(.folder(folder)) == "cannot read \(path): it is no ordinary file.")
    }
  }

  @Test func aFileBeyondTheLimitIsNotRead() throws {
    try withTemporaryFolder { folder throws in
      let path = folder + "/a"
      try Data([1, 2, 3]).write(to: URL(fileURLWithPath: path))
      #expect(try ImageFiles.read(path, limit: 3) == Data([1, 2, 3]))
      let error = #expect(throws: FileError.self) { try ImageFiles.read(path, limit: 2) }
      #expect(error?.description == "cannot read \(path): it has 3 bytes, more than the 2 that are read at most.")
    }
  }

  /// The real MNIST, where `METAMER_MNIST` names its folder.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["METAMER_MNIST"] != nil, "METAMER_MNIST names no folder"))
  func mnistItself() throws {
    let folder = try #require(ProcessInfo.processInfo.environment["METAMER_MNIST"])
    let splits = try ImageSource.folder(folder).load()
    #expect(splits.train.count == 60_000 && splits.test.count == 10_000)
    #expect(splits.train.height == 28 && splits.train.width == 28 && splits.train.classes == 10)
    // Le Cun's files begin with these.
    #expect(splits.train.labels.prefix(6) == [5, 0, 4, 1, 9, 2] && splits.test.labels.prefix(4) == [7, 2, 1, 0])
    let mean = splits.train.pixels.reduce(0.0) { $0 + Double($1) } / Double(splits.train.pixels.count)
    #expect(abs(mean - 33.3184) < 1e-4)
  }
}
