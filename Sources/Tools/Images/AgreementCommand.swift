import Datasets
import Flow
import Kernels
import ToolSupport

/// `Tools agreement`: how often a model says of images what people say of them.
struct AgreementCommand: Command {
  let name = "agreement"
  let summary = "how often a model agrees with people on images that were made elsewhere"
  let discussion = """
    Classifies images that another program made, such as invariance-based adversarial examples, whose class was changed for \
    people and not for some model, and compares the answers with people's labels: the share on which they agree, and its \
    95 % confidence interval (Wilson), of all images and of those of every label.

    --images is an array samples × height × width in NumPy's format, bytes from 0 to 255 or floats from 0 to 1 (0.5 is the \
    grey of byte 127.5); --labels holds an integer for each.

    Writes metrics.json.
    """
  let example = "swift run Tools agreement runs/mnist --images adversarial.npy --labels people.npy"
  let arguments = ModelRun.arguments
  let options: [Option] = [
    .text("images", required: true, metavar: "FILE", help: "images, an .npy file"),
    .text("labels", required: true, metavar: "FILE", help: "what people say they show, an .npy file of integers"),
    .threads,
    ModelRun.outputOption("agreement"),
  ]

  func run(_ options: Options, console: Console) throws {
    let run = try ModelRun(options, images: options.text("images"), console: console)
    let configuration = run.model.configuration
    let images = try ForeignImages(
      images: options.text("images"), labels: options.text("labels"), height: configuration.height,
      width: configuration.width, classes: configuration.classes)
    let folder = try run.outputFolder(name)
    let answers = try classify(images.pixels, run.model, console)

    var metrics = run.metrics
    metrics["labels"] = .text(options.text("labels"))
    var table = TextTable(["label", "images", "agreeing", "% agreement", "95 % from", "to"])
    var classes: [MetricsValue] = []
    for label in 0..<configuration.classes {
      let found = Agreement(answers, images.labels, of: UInt8(label))
      guard found.count > 0 else { continue }
      table.add([String(label)] + found.cells)
      var value = found.metrics
      value["label"] = .integer(label)
      classes.append(.object(value))
    }
    let all = Agreement(answers, images.labels, of: nil)
    table.add(["all"] + all.cells)
    metrics["agreement"] = .object(all.metrics)
    metrics["agreement.classes"] = .array(classes)
    metrics.recordMachine()
    try folder.write(metrics.json(), to: "metrics.json")
    try console.output("\(table.text)Written to \(folder.file("metrics.json")).\n")
  }

  private func classify(_ pixels: Matrix, _ model: TrainedModel, _ console: Console) throws -> [UInt8] {
    var answers: [UInt8] = []
    let progress = Progress("images", total: pixels.rows, unit: "images", console: console)
    try forEachBatch(of: pixels.rows, size: ModelRun.batch) { range in
      try Interrupt.check()
      let values = Array(pixels.values[(range.lowerBound * pixels.columns)..<(range.upperBound * pixels.columns)])
      let rows = Matrix(rows: range.count, columns: pixels.columns, values: values)
      answers += model.classify(model.batch.activation(bytesAsNumbers: rows))
      progress.update(done: range.upperBound)
    }
    progress.finish()
    return answers
  }
}

/// Answers that are people's, of some images.
private struct Agreement {
  let count: Int
  private let agreeing: Int

  /// Of the images that people gave a label; of all where none is given.
  init(_ answers: [UInt8], _ labels: [UInt8], of label: UInt8?) {
    let chosen = zip(answers, labels).filter { label == nil || $0.1 == label }
    count = chosen.count
    agreeing = chosen.reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }
  }

  private var share: Double { Double(agreeing) / Double(count) }
  private var interval: WilsonInterval { WilsonInterval(successes: agreeing, of: count) }

  /// For the table.
  var cells: [String] {
    [String(count), String(agreeing)]
      + [share, interval.lower, interval.upper].map { Decimals.fixed(100 * $0, places: 2) }
  }

  /// For `metrics.json`.
  var metrics: [String: MetricsValue] {
    [
      "images": .integer(count), "agreeing": .integer(agreeing), "share": .number(share),
      "lower_95": .number(interval.lower), "upper_95": .number(interval.upper),
    ]
  }
}
