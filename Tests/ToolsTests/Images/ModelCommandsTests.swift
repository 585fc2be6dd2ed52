import Foundation
import Kernels
import Testing

@testable import Datasets
@testable import ToolSupport
@testable import Tools

@Suite(.serialized) struct ModelCommandsTests {
  /// A command that must succeed; returns what it says.
  private func succeed(_ words: [String]) throws -> String {
    let (code, output, error) = runTools(words)
    try #require(code == 0, "\(error)")
    return output
  }

  private func object(_ path: String) throws -> [String: Any] {
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  private func number(_ object: [String: Any], _ path: String) throws -> Double {
    var value: Any? = object
    for name in path.split(separator: ".") { value = (value as? [String: Any])?[String(name)] }
    return try #require(value as? Double, "\(path)")
  }

  private func files(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  @Test func evaluateCountsErrors() throws {
    let model = SmallModel.make()
    try SmallModel.withRun(model) { folder in
      let output = try succeed(["evaluate", folder, "--train", "250", "--test", "33"])
      #expect(try files(folder) == ["evaluation.json", "model.safetensors"])
      let metrics = try object(folder + "/evaluation.json")
      for (split, name, count) in [(Digits.Split.train, "train", 250), (.test, "test", 33)] {
        let images = Digits(seed: 5).samples(0..<count, of: split)
        let classes = model.classify(model.encode(images, Array(0..<count)))
        let wrong = zip(classes, images.labels).filter { $0 != $1 }.count
        let error = try number(metrics, "\(name).error")
        // Foundation's reader of JSON may be off by a bit.
        #expect(abs(error - Double(wrong) / Double(count)) < 1e-12)
        #expect(try number(metrics, "\(name).images") == Double(count))
      }
      let roundTrip = try number(metrics, "test.max_round_trip_error")
      #expect(roundTrip > 0 && roundTrip < 1e-4)
      #expect(try number(metrics, "test.images_per_second") > 0)
      #expect(output.contains("built-in digits (synthetic), seed 5"))
      #expect(!(try succeed(["evaluate", folder, "--train", "0", "--test", "3"])).contains("train error"))
    }
  }

  @Test func metamersKeepTheLogits() throws {
    try SmallModel.withRun(SmallModel.make()) { folder in
      let words = ["metamers", folder, "--pairs", "210", "--columns", "4"]
      let output = try succeed(words + ["--threads", "2"])
      #expect(try files(folder) == ["metamers", "model.safetensors"])
      #expect(try files(folder + "/metamers") == ["metamers.png", "metrics.json"])
      let metrics = try object(folder + "/metamers/metrics.json")
      #expect(try number(metrics, "metamers.count") == 210)
      let difference = try number(metrics, "metamers.max_logit_difference")
      #expect(difference > 0 && difference < 1e-3)
      #expect(try number(metrics, "metamers.predictions_unchanged") == 1)
      #expect(try number(metrics, "metamers.as_bytes.max_logit_difference") > difference)
      #expect(output.contains("decisions unchanged: 100.00 %"))
      // Another seed, other images; the same seed, the same bytes for any number of threads.
      let figure = { (name: String) in try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)/metamers.png")) }
      _ = try succeed(words + ["--threads", "1", "--output", folder + "/b"])
      _ = try succeed(words + ["--seed", "1", "--output", folder + "/c"])
      #expect(try figure("b") == figure("metamers"))
      #expect(try figure("c") != figure("metamers"))
    }
  }

  @Test("A second run's ways stand beside the first's, of the same pairs")
  func interpolationsSideBySide() throws {
    try SmallModel.withRun(SmallModel.make()) { folder in
      let words = ["interpolate", folder, "--rows", "2", "--columns", "3"]
      let output = try succeed(words + ["--beside", folder])
      #expect(output.components(separatedBy: "run: ").count == 4, "two runs, each named, and the first line")
      let metrics = try object(folder + "/interpolate/metrics.json")
      for name in ["interpolation", "interpolation_beside"] {
        #expect(try number(metrics, "\(name).count") == 6)
      }
      try SmallModel.withRun(SmallModel.residual) { other in
        let refused = runTools(words + ["--beside", other])
        #expect(refused.code == 1 && refused.error.contains("ResNet"))
      }
    }
  }

  @Test("A judge that is the model itself sees the logits' class in every metamer that keeps it as bytes")
  func metamersAreJudged() throws {
    try SmallModel.withRun(SmallModel.make()) { folder in
      let output = try succeed(["metamers", folder, "--pairs", "60", "--judge", folder])
      let metrics = try object(folder + "/metamers/metrics.json")
      let images = Digits(seed: 5).splits(train: 1, test: Digits.testCount).test
      let model = SmallModel.make()
      let pairs = try #require(ImagePairs(labels: images.labels, count: 60, seed: 0))
      let z = model.encode(images, pairs.sources)
      let metamers = model.metamers(logitSource: z, nuisanceSource: model.encode(images, pairs.donors))
      let seen = model.classify(model.encode(model.batch.quantised(metamers)))
      for (name, indices) in [("logit_source_class", pairs.sources), ("nuisance_source_class", pairs.donors)] {
        let hits = zip(seen, indices).filter { $0.0 == images.labels[$0.1] }.count
        let share = try number(metrics, "metamers.judge.\(name)")
        #expect(abs(share - Double(hits) / 60) < 1e-12)
      }
      #expect(output.contains("the judge sees"))
      let other = runTools(["metamers", folder, "--judge", folder + "/nobody"])
      #expect(other.code == 1 && other.error.contains("nobody"))
    }
  }

  @Test func interpolationsBeginAtTheImage() throws {
    let model = SmallModel.make()
    try SmallModel.withRun(model) { folder in
      _ = try succeed(["interpolate", folder, "--rows", "2", "--columns", "3"])
      #expect(try files(folder + "/interpolate") == ["interpolation.png", "metrics.json"])
      let metrics = try object(folder + "/interpolate/metrics.json")
      #expect(try number(metrics, "interpolation.count") == 6)
      #expect(try number(metrics, "interpolation.predictions_unchanged") == 1)
      let images = Digits(seed: 5).samples(0..<40, of: .test)
      let pairs = try #require(ImagePairs(labels: images.labels, count: 2, seed: 0))
      let command = InterpolateCommand()
      let steps = try command.steps(model, images, pairs, columns: 3)
      let decisions = model.classify(model.encode(images, pairs.sources))
      let sheet = command.figure(
        images, pairs, [InterpolateCommand.Track(name: "", decisions: decisions, steps: steps)])
      let labels = pairs.sources.map { images.labels[$0] }
      #expect(zip(sheet.rowLabels, labels).allSatisfy { $0.hasPrefix("\($1) to ") } && sheet.rowLabels.count == 2)
      #expect(sheet.columnLabels == ["t = 0.00", "t = 0.50", "t = 1.00", "nuisance from"])
      let metamers = model.batch.images(
        model.metamers(
          logitSource: model.encode(images, pairs.sources), nuisanceSource: model.encode(images, pairs.donors)))
      for row in 0..<2 {
        let cells = sheet.cells[row]
        #expect(cells.count == 4)
        #expect(cells[0] == Array(images.image(pairs.sources[row])))
        #expect(cells[3] == Array(images.image(pairs.donors[row])))
        #expect(cells[1] != cells[0] && cells[1] != cells[2])
        // At t = 1 the interpolation rounds: by a grey level at most.
        let last = try #require(cells[2])
        #expect(zip(last, metamers[row]).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
      }
    }
  }

  @Test func samplesComeFromThePrior() throws {
    let model = SmallModel.make(hasPrior: true)
    let prior = try ImagePrior(model, path: "x")
    let z = prior.codes(
      classes: [2] + [Int](repeating: 9, count: 99), of: 10, margin: 4, temperature: 0.5,
      random: RandomStream(seed: 1, name: "x")
    ).matrix()
    // 99 000 numbers of mean 0.25 and deviation e⁻²/2, and 99 of mean 4 and deviation 1/2.
    let nuisance = (1..<100).flatMap { row in (10..<1024).map { Double(z[row, $0]) } }
    let mean = nuisance.reduce(0, +) / Double(nuisance.count)
    let variance = nuisance.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(nuisance.count)
    #expect(abs(mean - 0.25) < 0.001)
    #expect(abs(variance.squareRoot() - 0.067_667_6) < 0.001)
    #expect(abs((1..<100).reduce(0) { $0 + Double(z[$1, 9]) } / 99 - 4) < 0.2)
    #expect(z[0, 2] > 2 && z[0, 9] < 2)

    try SmallModel.withRun(model) { folder in
      let output = try succeed(["samples", folder, "--columns", "3", "--margin", "9"])
      #expect(try files(folder + "/samples") == ["metrics.json", "samples.png"])
      #expect(output.contains("30 of 30"))
    }
  }

  @Test func samplesNeedAPrior() throws {
    try SmallModel.withRun(SmallModel.make()) { folder throws in
      let (code, _, error) = runTools(["samples", folder])
      #expect(code == 1)
      #expect(error.contains("\(folder)/model.safetensors: tensor prior.mean: expected shape [1014]"))
      #expect(try files(folder) == ["model.safetensors"])
    }
  }

  @Test func inspectShowsStructureAndHealth() throws {
    let model = SmallModel.make(hasPrior: true)
    try SmallModel.withRun(model) { folder in
      let output = try succeed(["inspect", folder, "--samples", "5"])
      #expect(output.contains("4×4×16") && output.contains("nuisance.scale, prior.log_scale, prior.mean"))
      #expect(output.contains("stages.2.blocks.1.coupling") && output.contains("worst layer: stages."))
      let metrics = try object(folder + "/inspect/metrics.json")
      #expect(try number(metrics, "structure.parameters") == Double(model.network.parameterCount()))
      let layers = try #require((metrics["inverse"] as? [String: Any])?["layers"] as? [[String: Any]])
      #expect(layers.count == 3 * 2 * 3)
      #expect(try number(metrics, "inverse.network.amplification") > 0)
    }
  }

  @Test func aResNetIsEvaluatedAndInspectedAndNotInverted() throws {
    try SmallModel.withRun(SmallModel.residual) { folder in
      let output = try succeed(["evaluate", folder, "--train", "0", "--test", "33"])
      #expect(!output.contains("round trip"))
      let metrics = try object(folder + "/evaluation.json")
      let images = Digits(seed: 5).samples(0..<33, of: .test)
      let classes = SmallModel.residual.classify(SmallModel.residual.batch.activation(images, Array(0..<33)))
      let wrong = zip(classes, images.labels).filter { $0 != $1 }.count
      #expect(abs(try number(metrics, "test.error") - Double(wrong) / 33) < 1e-12)
      #expect((metrics["test"] as? [String: Any])?["max_round_trip_error"] == nil)

      let structure = try succeed(["inspect", folder])
      #expect(structure.contains("7×7×16") && structure.contains("blocks") && !structure.contains("worst layer"))
      let inspected = try object(folder + "/inspect/metrics.json")
      #expect(
        try number(inspected, "structure.parameters") == Double(SmallModel.residual.network.parameterCount()))
      #expect(inspected["inverse"] == nil)

      let before = try files(folder)
      for command in ["nuisance", "metamers", "interpolate", "samples"] {
        let (code, _, error) = runTools([command, folder])
        #expect(code == 1)
        #expect(
          error == "Tools: cannot use \(folder): it is a ResNet, which has no inverse, and `\(command)` needs one.\n")
      }
      #expect(try files(folder) == before)
    }
  }

  @Test func imagesThatDoNotFitAreRefused() throws {
    try SmallModel.withRun(SmallModel.make()) { folder in
      let data = folder + "/images"
      try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: false)
      func write(side: Int, labels: [UInt8]) throws {
        let bytes = [UInt8](repeating: 3, count: labels.count * side * side)
        let images = IDX(dimensions: [labels.count, side, side], bytes: bytes).encode()
        for split in ["train", "t10k"] {
          try Data(images).write(to: URL(fileURLWithPath: "\(data)/\(split)-images-idx3-ubyte"))
          try Data(IDX(dimensions: [labels.count], bytes: labels).encode()).write(
            to: URL(fileURLWithPath: "\(data)/\(split)-labels-idx1-ubyte"))
        }
      }
      try write(side: 27, labels: [0, 1])
      let size = runTools(["metamers", folder, "--data", data])
      #expect(size.code == 1 && size.error.contains("the model takes 28 × 28 pixels, these have 27 × 27"))
      try write(side: 28, labels: [0, 10])
      let classes = runTools(["evaluate", folder, "--data", data])
      #expect(classes.code == 1 && classes.error.contains("the model has 10 classes, these images 11"))
      try write(side: 28, labels: [4, 4])
      let pairs = runTools(["interpolate", folder, "--data", data])
      #expect(pairs.code == 1 && pairs.error.contains("all of one class"))
      try write(side: 28, labels: [4, 2])
      #expect(runTools(["metamers", folder, "--data", data]).code == 0)
      #expect(!FileManager.default.fileExists(atPath: folder + "/evaluation.json"))
    }
  }
}
