import Datasets
import Foundation
import Kernels
import ToolSupport

/// `Tools spheres`: section 2.1's experiment on adversarial spheres.
struct SpheresCommand: Command {
  let name = "spheres"
  let summary = "the adversarial-spheres experiment of the paper: train, attack, figure 4"
  let discussion = """
    Trains a fully invertible RevNet to tell two spheres apart, trains a second classifier on the nuisance that its \
    logits leave out, and attacks: hold-out points keep their logits while their nuisance becomes another point's. Needs \
    no data and no network; with the defaults it has the paper's size.

    Writes figure4.png, report.html, metrics.json and the two models (safetensors) into the output folder.

    With --export it only writes the data set as .npy files. With --misaligned it runs Example 8 instead: the classifier \
    that does not look at the last coordinate, on 10 million and 2 million streamed samples.
    """
  let example = "swift run Tools spheres --samples 50000 --holdout 10000 --epochs 3 --output quick-spheres"
  let arguments: [Argument] = []
  let options: [Option] =
    SpheresConfiguration.options + [
      .threads,
      .text("output", default: "spheres", metavar: "DIR", help: "folder for what the run writes"),
      .integer(
        "seeds", default: 1, in: 1...100, metavar: "N",
        help: "runs, with seeds from --seed on; of several each has a folder of its own, seed-0 and so on"),
      .text("export", metavar: "DIR", help: "only write the data set into this folder, as .npy"),
      .flag("misaligned", help: "run Example 8 instead"),
    ]

  /// What `--misaligned` has no use for.
  private static let trainingOptions = [
    "samples", "holdout", "epochs", "nuisance-epochs", "batch", "learning-rate", "blocks", "hidden", "nuisance-hidden",
    "nuisance-noise", "logit-scale", "memory", "seeds",
  ]

  func run(_ options: Options, console: Console) throws {
    let configuration = try SpheresConfiguration(options)
    if options.isGiven("seeds") && options.isGiven("export") {
      throw UsageError.refused("--seeds is for runs; --export writes the data set of one seed")
    }
    if options.flag("misaligned") && options.isGiven("export") {
      throw UsageError.refused("--export and --misaligned exclude each other")
    }
    if options.flag("misaligned"), let name = Self.trainingOptions.first(where: { options.isGiven($0) }) {
      throw UsageError.refused(
        "--\(name) is for training; --misaligned trains nothing and has 10 and 2 million samples")
    }
    Parallel.threads = options.integer("threads")
    if options.isGiven("export") {
      try SpheresExport(configuration: configuration, console: console).write(to: options.text("export"))
      return try console.output("The data set is in \(options.text("export")).\n")
    }
    let folder = try OutputFolder(creating: options.text("output"))
    if options.flag("misaligned") { return try runMisaligned(configuration, folder, console) }
    let count = options.integer("seeds")
    guard count > 1 else {
      let result = try run(configuration, folder, options, console)
      return try console.output(summary(result, folder))
    }
    var runs: [(seed: UInt64, metrics: Metrics)] = []
    var figure: [UInt8] = []
    for index in 0..<count {
      var configuration = configuration
      configuration.seed &+= UInt64(index)
      console.error("seed \(configuration.seed)\n")
      let inner = try OutputFolder(creating: folder.file("seed-\(configuration.seed)"))
      let result = try run(configuration, inner, options, console)
      runs.append((configuration.seed, result.metrics))
      if index == 0 { figure = result.figure.png }
      try console.output(summary(result, inner))
    }
    let seeds = SpheresSeeds(runs: runs)
    try folder.write(seeds.report(figure: figure, commandLine: commandLine(options)), to: "report.html")
    try folder.write(seeds.metrics.json(), to: "metrics.json")
    try console.output("All seeds side by side: \(folder.file("report.html")).\n")
  }

  /// One run, with its files.
  private func run(
    _ configuration: SpheresConfiguration, _ folder: OutputFolder, _ options: Options, _ console: Console
  ) throws -> SpheresExperiment.Result {
    let result = try SpheresExperiment(configuration: configuration, folder: folder, console: console).run()
    let png = result.figure.png
    let report = SpheresReport(metrics: result.metrics, figure: png, commandLine: commandLine(options))
    try folder.write(Data(png), to: "figure4.png")
    try folder.write(report.html(), to: "report.html")
    try folder.write(result.metrics.json(), to: "metrics.json")
    return result
  }

  private func runMisaligned(_ configuration: SpheresConfiguration, _ folder: OutputFolder, _ console: Console) throws {
    let experiment = MisalignedExperiment(spheres: configuration.spheres, seed: configuration.seed, console: console)
    let error = MisalignedClassifier(spheres: configuration.spheres).errorProbability()
    var metrics = Metrics()
    metrics["seed"] = .text(String(configuration.seed))
    metrics["configuration.dimension"] = .integer(configuration.spheres.dimension)
    metrics["configuration.inner_radius"] = .number(configuration.spheres.innerRadius)
    metrics["configuration.outer_radius"] = .number(configuration.spheres.outerRadius)
    metrics["analytic.error_probability"] = .number(error)
    var lines = "Example 8: D(x) = sign(‖x without its last coordinate‖ − (R₁ + R₂)/2)\n"
    lines += "  exact error probability  \(error)\n"
    let splits = [
      ("train", MisalignedExperiment.trainingCount), ("test", MisalignedExperiment.testCount),
    ]
    for (split, count) in splits {
      let outcome = try experiment.run(split, count: count)
      metrics["\(split).samples"] = .integer(outcome.samples)
      metrics["\(split).accuracy"] = .number(outcome.accuracy)
      metrics["\(split).accuracy_perturbed"] = .number(outcome.accuracyPerturbed)
      lines += "  \(split), \(count) samples: accuracy \(outcome.accuracy), "
      lines += "with the last coordinate moved \(outcome.accuracyPerturbed)\n"
    }
    try folder.write(metrics.json(), to: "misaligned.json")
    try console.output(lines + "Written to \(folder.file("misaligned.json")).\n")
  }

  private func commandLine(_ options: Options) -> String {
    "swift run Tools spheres "
      + options.configuration.map { $0.value == "true" ? "--\($0.name)" : "--\($0.name) \($0.value)" }.joined(
        separator: " ")
  }

  private func summary(_ result: SpheresExperiment.Result, _ folder: OutputFolder) -> String {
    func percent(_ path: String) -> String {
      if case .number(let fraction) = result.metrics[path] { return Decimals.fixed(100 * fraction, places: 3) + " %" }
      return "n/a"
    }
    return """
      classifier on zₛ: \(percent("classifier.train_accuracy")) train, \(percent("classifier.validation_accuracy")) validation
      classifier on zₙ: \(percent("nuisance_classifier.train_accuracy")) train, \
      \(percent("nuisance_classifier.validation_accuracy")) validation
      metamers that keep the decision: \(percent("attack.predictions_unchanged")); \
      inner points moved onto the outer sphere at the same logits: \(percent("attack.on_sphere.reached")), \
      of which the classifier on zₙ notices \(percent("attack.on_sphere.nuisance_predictions_follow_oracle"))
      Look at \(folder.file("figure4.png")); read \(folder.file("report.html")).

      """
  }
}
