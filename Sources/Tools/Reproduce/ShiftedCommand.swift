import ToolSupport

/// `Tools shifted`: what becomes of any run's model where the shortcut to the class is gone.
struct ShiftedCommand: Command {
  let name = "shifted"
  let summary = "what becomes of a model of shiftMNIST where the shortcut to the class is gone"
  let discussion = """
    Takes a run that was trained on a folder of shiftMNIST and writes into it, as shift.json, what `reproduce figure8` \
    measures: its error on the i.i.d. test and on D_Adv, the shifted test, and, of a bijection, what fresh classifiers \
    read of the class from the nuisance of either.
    """
  let example = "swift run Tools shifted shift-ce"
  let arguments = ModelRun.arguments
  let options: [Option] =
    [
      .integer("epochs", default: 12, in: 1...1000, metavar: "N", help: "passes of a fresh classifier over the codes"),
      .integer("hidden", default: 1024, in: 1...8192, metavar: "N", help: "units in each of its two hidden layers"),
      .integer("limit", default: 0, in: 0...100_000_000, metavar: "N", help: "training images to read; 0 for all"),
      .unsigned("seed", default: 0, metavar: "SEED", help: "seed of its weights and batches"),
    ] + ModelRun.options

  func run(_ options: Options, console: Console) throws {
    let run = try ModelRun(options, console: console)
    guard case .folder(let data) = run.source else {
      throw FileError("use", run.path, reason: "it was trained on built-in digits, which have no shifted test")
    }
    let images = try run.images(train: .max, test: .max)
    let (_, shifted) = try ShiftMNISTFolder(data, variant: nil).load()
    let folder = try OutputFolder(creating: run.path)
    let seed = options.unsigned("seed")
    let measurement = ShiftMeasurement(
      hidden: options.integer("hidden"), epochs: options.integer("epochs"), seed: seed, console: console)
    let limit = options.integer("limit")
    let splits = limit > 0 ? images.prefix(train: limit, test: nil) : images
    var metrics = try measurement.run(run.model, splits, shifted: shifted)
    for name in ["run", "data", "configuration"] { metrics[name] = run.metrics[name] }
    metrics["seed"] = .text(String(seed))
    metrics.recordMachine()
    try folder.write(metrics.json(), to: ShiftMeasurement.file)
    try console.output(Self.text(metrics) + "Written to \(folder.file(ShiftMeasurement.file)).\n")
  }

  private static func text(_ metrics: Metrics) -> String {
    func percent(_ path: String) -> String {
      metrics.number(path).map { Decimals.fixed(100 * $0, places: 2) + " %" } ?? "–"
    }
    func nats(_ path: String) -> String { metrics.number(path).map { Decimals.fixed($0, places: 3) } ?? "–" }
    var table = TextTable(["", "logits", "fresh classifier on z_n", "I(y; z_n) in nats ≥"])
    table.add([
      "i.i.d. test", percent("iid.error"), percent("nuisance.iid.test_error"),
      nats("nuisance.iid.information_lower_bound_nats"),
    ])
    for (name, path) in [("its halves", "iid_halves"), ("D_Adv, halves", "shifted_halves")] {
      table.add([
        name, path == "shifted_halves" ? percent("shifted.error") : "–", percent("nuisance.\(path).test_error"),
        nats("nuisance.\(path).information_lower_bound_nats"),
      ])
    }
    return table.text
  }
}
