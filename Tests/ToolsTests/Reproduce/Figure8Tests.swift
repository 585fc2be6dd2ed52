import Foundation
import Kernels
import Testing

@testable import Datasets
@testable import ToolSupport
@testable import Tools

/// `Tools reproduce figure8` with networks of a few filters on a few digits, and its arithmetic.
@Suite(.serialized) struct Figure8Tests {
  private static let small = ["--stages", "2", "--steps", "1", "--filters", "4", "--batch", "48", "--epochs", "1"]

  private static let recipe = Figure8Recipe(
    words: [
      .resNet: ["--network", "resnet", "--blocks", "1", "--filters", "4", "--batch", "48", "--epochs", "2"],
      .crossEntropy: small, .independence: ["--objective", "ice"] + small,
      .bounded: ["--objective", "ice", "--gain-weight", "1"] + small,
      .control: ["--objective", "ice", "--gain-weight", "1", "--nuisance-weight", "0"] + small,
    ], reader: (hidden: 16, epochs: 2), remark: "Tiny networks.")

  private func experiment(
    _ data: String, _ output: String, seeds: [UInt64] = [4, 5], _ transcript: Transcript = Transcript()
  ) throws -> Figure8Experiment {
    Figure8Experiment(
      variant: .binary, data: ShiftMNISTFolder(data, variant: .binary), recipe: Self.recipe, limit: 150, seeds: seeds,
      runs: ExperimentRuns(
        folder: try OutputFolder(creating: output), threads: Parallel.threads, console: transcript.console()))
  }

  private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

  @Test("Five models and two seeds from the data to the report, and again without work")
  func wholeExperiment() throws {
    try withTemporaryFolder { folder in
      let (data, output) = ("\(folder)/data", "\(folder)/out")
      try ShiftedDigits.write(data, train: 160, test: 41)
      let transcript = Transcript()
      try experiment(data, output, transcript).run()
      #expect(transcript.output.contains("39.07") && transcript.output.contains("38.33"))
      for name in ["report.html", "figure8.png", "curves.png", "theorem6.png", "metrics.json"] {
        #expect(try bytes("\(output)/\(name)").count > 500)
      }
      #expect(transcript.output.contains("iCE fi-RevNet: Theorem 6 assumes"))

      let runs = ExperimentRuns(
        folder: try OutputFolder(creating: output), threads: 1, console: transcript.console())
      let metrics = try runs.metrics("metrics.json")
      for model in Figure8.Model.allCases {
        let path = model.rawValue
        for quantity in Figure8.Quantity.all {
          let isThere = metrics.number("\(path).\(quantity.name).mean") != nil
          let isOfCode = quantity.name.hasPrefix("theorem6")
          #expect(isThere == !(model == .resNet && isOfCode), "\(path) \(quantity)")
        }
        // The mean is of the runs' own files, and the error the model's own.
        let errors = try [4, 5].map { seed in
          let run = "seed-\(seed)/\(path)"
          let error = try #require(try runs.metrics("\(run)/shift.json").number("shifted.error"))
          let trained = try ModelFile.read(run: "\(output)/\(run)")
          let shifted = try ShiftMNISTFolder(data, variant: .binary).load().shifted
          let classes = trained.classify(trained.batch.activation(shifted, Array(0..<41)))
          #expect(abs(error - Double(zip(classes, shifted.labels).filter { $0 != $1 }.count) / 41) < 1e-12)
          return error
        }
        let mean = try #require(metrics.number("\(path).shifted_error.mean"))
        #expect(abs(mean - (errors[0] + errors[1]) / 2) < 1e-12)
      }
      // Trained identically but for the nuisance term, and without shifts.
      let training = try ["bounded", "control"].map { model in
        let file = try TensorFile(path: "\(output)/seed-4/\(model)/model.safetensors")
        return try file.decode(TrainingConfiguration.self, "training")
      }
      #expect(training[0].shift == 0 && training[0].nuisanceWeight == 1 && training[1].nuisanceWeight == 0)
      var same = training[1]
      same.nuisanceWeight = 1
      #expect(same == training[0])

      // Again: nothing is trained, and the figures are the same. After an interruption what is missing is done again.
      let state = "\(output)/seed-5/control/state.safetensors"
      let before = try bytes(state)
      let time = try FileManager.default.attributesOfItem(atPath: state)[.modificationDate] as? Date
      let shift = try bytes("\(output)/seed-5/ce/shift.json")
      let theorem6 = try bytes("\(output)/seed-5/ice/theorem6.json")
      try FileManager.default.removeItem(atPath: "\(output)/seed-5/ice/theorem6.json")
      try FileManager.default.removeItem(atPath: "\(output)/seed-5/ce/shift.json")
      try FileManager.default.removeItem(atPath: "\(output)/seed-4/resnet/metrics.json")
      try FileManager.default.removeItem(atPath: "\(output)/seed-4/resnet/state.safetensors")
      try FileManager.default.moveItem(
        atPath: "\(output)/seed-4/resnet/state.previous.safetensors",
        toPath: "\(output)/seed-4/resnet/state.safetensors")
      let model = try bytes("\(output)/seed-4/resnet/model.safetensors")
      try experiment(data, output).run()
      #expect(try bytes(state) == before)
      #expect(try FileManager.default.attributesOfItem(atPath: state)[.modificationDate] as? Date == time)
      #expect(try bytes("\(output)/seed-5/ce/shift.json") == shift)
      #expect(try bytes("\(output)/seed-5/ice/theorem6.json") == theorem6)
      #expect(try bytes("\(output)/seed-4/resnet/model.safetensors") == model)
      // The commands for one run measure the same.
      let run = "\(output)/seed-4/ce"
      for (words, file) in [
        (["shifted", run], "shift.json"),
        (["theorem6", run, "--hidden", "16", "--epochs", "2", "--seed", "4"], "theorem6.json"),
      ] {
        let own = try bytes("\(run)/\(file)")
        let outcome = runTools(words)
        #expect(outcome.code == 0, "\(outcome.error)")
        let alone = try runs.metrics("seed-4/ce/\(file)")
        let values = try JSONDecoder().decode([String: MetricsValue].self, from: own)
        for (name, value) in values { #expect(alone[name] == value, "\(file) \(name)") }
        #expect(values.count >= 2)
      }
      // Runs of something else are not mixed with these.
      let other = Figure8Experiment(
        variant: .binary, data: ShiftMNISTFolder(data, variant: .binary), recipe: Self.recipe, limit: 140, seeds: [4],
        runs: runs)
      #expect(throws: UsageError.self) { try other.run() }
      let again = try runs.metrics("metrics.json")
      for name in Figure8.Model.allCases.map(\.rawValue) + ["difference", "paper"] {
        #expect(again[name] == metrics[name], "\(name)")
      }
    }
  }

  /// By the definition in the caption, (b) gives what is printed and (a) does not.
  @Test func theDifferenceOfThePapersColumns() {
    for (variant, expected) in [(Figure8.Variant.binary, 39.07), (.texture, 27.84)] {
      let figure = Figure8(variant: variant, remark: "", seeds: [])
      #expect(abs((figure.paperColumnsDifference ?? 0) - expected) < 1e-9)
      let train = Figure8.difference({ Figure8.paper(variant, $0)?.train }, isImprovement: false)
      #expect(abs((train ?? 0) - Figure8.paperDifference(variant).train) < 1e-9)
    }
    #expect(Figure8(variant: .binary, remark: "", seeds: []).text.contains("give 39.07, not the 38.33"))
    #expect(!Figure8(variant: .texture, remark: "", seeds: []).text.contains("that it prints"))
  }

  @Test func meansSpreadsAndOrder() throws {
    var figure = Figure8(variant: .texture, remark: "Invented.", seeds: [1, 2, 3])
    for (index, error) in [0.5, 0.6, 0.7].enumerated() {
      for model in Figure8.Model.allCases {
        var (training, shift, theorem6) = (Metrics(), Metrics(), Metrics())
        training["train.error"] = .integer(0)
        training["test.error"] = .number(0.25)
        let last = [.crossEntropy, .independence].contains(model) ? error : model == .bounded ? 0.1 : 0.4
        let first = model == .resNet ? 0.9 : 0.25
        training["epochs"] = .array(
          [first, last].map {
            .object(["shifted_error": .number($0), "test_error": .number($0 / 100)])
          })
        let own =
          model == .resNet ? error + 0.125 : [.independence, .bounded].contains(model) ? error - 0.25 : error
        shift["shifted.error"] = .number(own)
        if model != .resNet {
          for part in Theorem6.parts {
            for distribution in Theorem6.Distribution.allCases.map(\.rawValue) {
              theorem6["\(distribution).entropy_nats"] = .number(2.25)
              theorem6["\(distribution).\(part).information_lower_bound_nats"] = .integer(2)
            }
          }
          theorem6["d_train.z_n.information_lower_bound_nats"] = .number(0.5 * Double(index))
          theorem6["d_adv.z_n.information_lower_bound_nats"] = .number(model == .control ? 0.75 : 0.5)
        }
        figure.add(model, training: training, shift: shift, theorem6: model == .resNet ? nil : theorem6)
      }
    }
    let spread = try #require(figure.spread(.crossEntropy, .shiftedError))
    #expect(abs(spread.mean - 0.6) < 1e-12 && abs((spread.deviation ?? 0) - 0.1) < 1e-12)
    #expect(Figure8.Spread([0.5])?.deviation == nil && Figure8.Spread([]) == nil)
    #expect(abs((figure.difference(.shiftedError) ?? 0) - 0.375) < 1e-12)
    #expect(figure.difference(.trainError) == 0)
    #expect(abs((figure.nuisanceTermEffect(.shiftedError) ?? 0) - 0.25) < 1e-12)
    #expect(figure.text.contains("25.00") && figure.metrics.number("nuisance_term.train_error") == 0)
    #expect(figure.bounds(.independence)?.isInOrder == true && figure.bounds(.control)?.isInOrder == false)
    #expect(figure.bounds(.independence)?.nuisance == 0.5 && figure.bounds(.resNet) == nil)
    #expect(
      figure.text.contains("0.500 ± 0.500")
        && figure.theorem6Chart.groups.map(\.nuisance) == [
          0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.75,
        ])
    #expect(figure.text.contains("60.00 ± 10.00") && figure.text.contains("37.50"))
    #expect(figure.curve(.crossEntropy).count == 2 && figure.curve(.crossEntropy)[0].shifted == 0.25)
    #expect(abs(figure.curve(.crossEntropy)[1].shifted - 0.6) < 1e-12)
    #expect(abs(figure.curve(.crossEntropy)[1].test - 0.006) < 1e-12)
    #expect(figure.place(.crossEntropy)?.contains("stays below that, and after 2 epochs it is 60.00 %") == true)
    #expect(figure.place(.independence)?.contains("first reaches that after epoch 2") == true)
    #expect(figure.place(.bounded) == nil)
    let lines = Figure8Curves(figure).draw()
    for model in Figure8.Model.allCases where model != .crossEntropy && model != .independence {
      #expect((80..<520).contains { x in (60..<430).contains { lines.color(x: x, y: $0) == model.color } })
    }
    let canvas = Figure8Chart(figure).draw()
    // A bar of each model's colour reaches to the axis.
    for color in [Color.blue, .orange, .green, .vermilion, .purple] {
      #expect((0..<canvas.width).contains { canvas.color(x: $0, y: 410) == color })
    }
  }

  @Test func commandLines() throws {
    func run(_ words: [String]) -> (code: Int32, output: String, error: String) { runTools(["reproduce"] + words) }
    #expect(run(["figure9"]).error == "Tools: expected table2 or figure8, found \"figure9\".\n")
    #expect(run(["figure8"]).code == 64 && run(["figure8"]).error.contains("build-shiftmnist"))
    #expect(run(["table2", "--variant", "binary"]).error.contains("--variant is for figure8"))
    #expect(run(["table2", "--seeds", "2"]).code == 64)
    try withTemporaryFolder { folder in
      let missing = run(["figure8", "--data", "\(folder)/none", "--output", "\(folder)/out"])
      #expect(missing.code == 1 && missing.error.contains("\(folder)/none"))
      // MNIST's four files are no shiftMNIST.
      try DigitFolder.write("\(folder)/digits", train: 10, test: 10)
      let plain = run(["figure8", "--data", "\(folder)/digits", "--output", "\(folder)/out"])
      #expect(plain.code == 1 && plain.error.contains("shifted-images-idx3-ubyte"))
      let small = LabelledImages(
        height: 2, width: 2, classes: 2, pixels: [UInt8](repeating: 0, count: 8), labels: [0, 1])
      try DigitFolder.write(small, "shifted", to: "\(folder)/digits")
      let size = run(["figure8", "--data", "\(folder)/digits", "--output", "\(folder)/out"])
      #expect(size.code == 1 && size.error.contains("28 × 28 pixels, its shifted ones 2 × 2"))
      // Nor is a folder of before there were images without the shortcut, which is said before anything is trained.
      try ShiftedDigits.write("\(folder)/old", train: 20, test: 20)
      try FileManager.default.removeItem(atPath: "\(folder)/old/binary/unshortcut-labels-idx1-ubyte.gz")
      let old = run(["figure8", "--data", "\(folder)/old", "--output", "\(folder)/old-out"])
      #expect(
        old.code == 1 && old.error.contains("it holds no unshortcut-labels-idx1-ubyte")
          && old.error.contains("`Tools build-shiftmnist` writes it"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/old-out") == [])
    }
  }

  @Test func epochsReachTheBudget() throws {
    for (words, epochs) in [([], nil), (["--epochs", "0"], nil), (["--epochs", "7"], 7)] as [([String], Int?)] {
      let command = ReproduceCommand()
      let options = try #require(
        try Options.parse(
          ["figure8", "--budget", "paper"] + words, command: "x", options: command.options,
          arguments: command.arguments))
      #expect(Budget(options).epochs == epochs && !Budget(options).isQuick)
    }
  }

  @Test func theBudgetsAreEqualAndTheControlDiffersInTheNuisanceTermAlone() {
    let budgets = Budget.Size.allCases.flatMap { size in [nil, 7].map { Budget(size: size, epochs: $0) } }
    for budget in budgets {
      let recipe = Figure8Recipe(.binary, budget: budget)
      let texture = Figure8Recipe(.texture, budget: budget).words[.bounded, default: []]
      #expect(recipe.words[.bounded, default: []].filter { !["--noise", "0.3"].contains($0) } == texture)
      let control = recipe.words[.control, default: []]
      let bounded = recipe.words[.bounded, default: []]
      #expect(control.dropLast(2) == bounded.dropLast(2) && bounded.suffix(2) == ["--nuisance-weight", "0.05"])
      #expect(!budget.isQuick || bounded.contains("64"))
      // All have equal epochs, rates and schedules.
      let schedules = recipe.words.values.map { words in
        ["--epochs", "--schedule", "--learning-rate"].map { name in
          words.firstIndex(of: name).map { words[$0 + 1] }
        }
      }
      #expect(Set(schedules).count == 1)
      #expect(budget.epochs == nil || recipe.words.values.allSatisfy { $0.contains("7") })
      #expect(budget.epochs == nil || recipe.remark.contains("7 for every model"))
      #expect(control.suffix(2) == ["--nuisance-weight", "0"])
      for words in recipe.words.values {
        #expect(throws: Never.self) {
          try Options.parse(words, command: "train", options: TrainCommand().options, arguments: [])
        }
      }
    }
  }
}
