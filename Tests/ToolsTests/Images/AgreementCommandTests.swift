import Foundation
import Kernels
import Testing

@testable import Datasets
@testable import ToolSupport
@testable import Tools

/// `Tools agreement` on digits written as arrays, and on arrays that do not fit.
@Suite(.serialized) struct AgreementCommandTests {
  private static let digits = Digits(seed: 5).samples(0..<60, of: .test)
  private static let shape = [60, 28, 28]

  private func run(_ run: String, images: NPY, labels: NPY, output: String) throws -> (code: Int32, error: String) {
    try Data(images.encode()).write(to: URL(fileURLWithPath: "\(run)/images.npy"))
    try Data(labels.encode()).write(to: URL(fileURLWithPath: "\(run)/labels.npy"))
    let words = [
      "agreement", run, "--images", "\(run)/images.npy", "--labels", "\(run)/labels.npy", "--output",
      "\(run)/\(output)",
    ]
    let outcome = runTools(words)
    return (outcome.code, outcome.error)
  }

  private func metrics(_ path: String) throws -> Metrics {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    return try ExperimentRuns(
      folder: OutputFolder(creating: folder), threads: 1, console: Transcript().console()
    ).metrics("metrics.json")
  }

  private static let bytes = NPY(element: .uint8, shape: shape, payload: digits.pixels)
  private static let floats = NPY(shape: shape, digits.pixels.map { Float($0) / 255 })
  private static let doubles: NPY = {
    var writer = ByteWriter()
    for pixel in digits.pixels { writer.littleEndian((Double(pixel) / 255).bitPattern) }
    return NPY(element: .float64, shape: shape, payload: writer.bytes)
  }()

  @Test("Bytes and floats, and every integer type, of both kinds of model", arguments: [false, true])
  func agreement(isResidual: Bool) throws {
    let model = isResidual ? SmallModel.residual : .bijective(SmallModel.make())
    try SmallModel.withRun(model) { folder in
      let answers = model.classify(model.batch.activation(Self.digits, Array(0..<60)))
      // People agree on all but every third image; label 9 is never theirs.
      let people = answers.enumerated().map { index, answer in
        answer == 9 ? 8 : index % 3 == 0 ? (answer + 1) % 9 : answer
      }
      let agreeing = zip(answers, people).filter { $0 == $1 }.count
      var words = ByteWriter()
      for label in people { words.littleEndian(UInt32(label)) }
      let labels = [
        NPY(element: .uint8, shape: [60], payload: people), NPY(shape: [60], people.map { Int64($0) }),
        NPY(element: .int32, shape: [60], payload: words.bytes),
      ]
      for (index, images) in [Self.bytes, Self.floats, Self.doubles].enumerated() {
        let (code, error) = try run(folder, images: images, labels: labels[index], output: "\(index)")
        try #require(code == 0, "\(error)")
        let metrics = try metrics("\(folder)/\(index)/metrics.json")
        #expect(metrics.number("agreement.agreeing") == Double(agreeing))
        #expect(metrics.number("agreement.images") == 60)
        let interval = WilsonInterval(successes: agreeing, of: 60)
        #expect(abs((metrics.number("agreement.lower_95") ?? 2) - interval.lower) < 1e-12)
        guard case .array(let classes) = metrics["agreement.classes"] else { continue }
        #expect(classes.count == Set(people).count && !classes.isEmpty)
        var total = 0
        for case .object(let values) in classes {
          guard case .integer(let label) = values["label"], case .integer(let count) = values["images"] else {
            continue
          }
          #expect(count == people.filter { Int($0) == label }.count)
          total += count
        }
        #expect(total == 60)
      }
    }
  }

  /// Between two grey levels floats are what they are.
  @Test func floatsAreNotRoundedToBytes() {
    let batch = ImageBatch(height: 1, width: 3, paddedHeight: 2, paddedWidth: 4)
    let x = batch.activation(bytesAsNumbers: Matrix(rows: 1, columns: 3, values: [0, 127.5, 255]))
    #expect(x.matrix().values == [0.5, 128, 255.5, 0.5, 0.5, 0.5, 0.5, 0.5].map { Float($0) / 256 })
    let images = LabelledImages(height: 1, width: 3, classes: 2, pixels: [7, 0, 255], labels: [1])
    let rows = Matrix(rows: 1, columns: 3, values: [7, 0, 255])
    #expect(batch.activation(bytesAsNumbers: rows).matrix() == batch.activation(images, [0]).matrix())
  }

  @Test func arraysThatDoNotFitAreRefused() throws {
    let labels = NPY(element: .uint8, shape: [60], payload: [UInt8](repeating: 3, count: 60))
    func floats(_ value: Float) -> NPY {
      var values = Self.floats.floats
      values[784 * 2 + 5] = value
      return NPY(shape: Self.shape, values)
    }
    func number(_ label: Int64) -> NPY { NPY(shape: [60], [Int64](repeating: 0, count: 59) + [label]) }
    let pixels = Self.digits.pixels
    let cases: [(images: NPY, labels: NPY, file: String, words: [String])] = [
      (NPY(element: .uint8, shape: [60, 784], payload: pixels), labels, "images", ["28 × 28", "[60, 784]"]),
      (NPY(element: .uint8, shape: [60, 1, 28, 28], payload: pixels), labels, "images", ["[60, 1, 28, 28]"]),
      (NPY(element: .uint8, shape: [60, 56, 14], payload: pixels), labels, "images", ["[60, 56, 14]"]),
      (NPY(element: .uint8, shape: [0, 28, 28], payload: []), labels, "images", ["at least one image"]),
      (NPY(shape: [0, 28, 28], [] as [Int64]), labels, "images", ["|u1", "<i8"]),
      // The header has 128 bytes.
      (floats(1.5), labels, "images", ["byte \(128 + 4 * (784 * 2 + 5))", "0 to 1", "1.5 in image 2"]),
      (floats(-0.25), labels, "images", ["-0.25"]), (floats(.nan), labels, "images", ["nan"]),
      (Self.bytes, Self.floats, "labels", ["integers", "<f4"]),
      (Self.bytes, NPY(element: .uint8, shape: [60, 1], payload: labels.payload), "labels", ["[60]", "[60, 1]"]),
      (Self.bytes, NPY(shape: [2], [1, 2] as [Int64]), "labels", ["[60]", "[2]"]),
      (Self.bytes, number(10), "labels", ["byte \(128 + 8 * 59)", "0 to 9", "10 for image 59"]),
      (Self.bytes, number(-1), "labels", ["-1"]), (Self.bytes, number(.min), "labels", ["-9223372036854775808"]),
    ]
    try SmallModel.withRun(SmallModel.residual) { folder in
      for (images, labels, file, words) in cases {
        let (code, error) = try run(folder, images: images, labels: labels, output: "out")
        #expect(code == 1)
        for word in ["\(folder)/\(file).npy: NPY, byte "] + words { #expect(error.contains(word), "\(error)") }
      }
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/out"))
      try Data([1, 2]).write(to: URL(fileURLWithPath: "\(folder)/broken.npy"))
      let transcript = Transcript()
      let words = ["agreement", folder, "--images", "\(folder)/broken.npy", "--labels", "\(folder)/none.npy"]
      #expect(Tools.run(arguments: words, commands: Tools.commands, console: transcript.console()) == 1)
      #expect(transcript.error.contains("broken.npy: NPY, byte 0"))
    }
  }
}
