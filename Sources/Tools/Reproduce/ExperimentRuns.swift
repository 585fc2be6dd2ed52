import Foundation
import ToolSupport

/// Runs of other commands inside an experiment's folder: begun, gone on with where they were interrupted, or found done.
struct ExperimentRuns {
  /// The experiment's folder.
  let folder: OutputFolder
  let threads: Int
  let console: Console

  /// The file that says what the folder's runs are of.
  private static let description = "experiment.json"

  /// Notes what the folder's runs are of, so that runs with other options are not taken for those that are asked for.
  ///
  /// - Throws: `UsageError` where the folder holds runs of something else.
  func claim(_ options: [String: String]) throws {
    let text = options.jsonText + "\n"
    guard exists(Self.description) else { return try folder.write(Data(text.utf8), to: Self.description) }
    let found = String(decoding: try ImageFiles.read(folder.file(Self.description), limit: 1 << 20), as: UTF8.self)
    guard found == text else {
      throw UsageError.refused(
        "\(folder.path) holds runs with other options (\(Self.description)); another --output begins new ones")
    }
  }

  /// Trains the run in the folder's folder `run` with the options `words`, unless that has been done.
  func train(_ run: String, _ words: [String]) throws {
    guard !exists("\(run)/metrics.json") else { return }
    let isBegun = exists("\(run)/\(ImageTraining.stateFile)")
    try command(TrainCommand(), ["--output", folder.file(run)] + (isBegun ? ["--resume"] : words))
  }

  /// Runs a command with a command line of its own.
  func command(_ command: any Command, _ words: [String]) throws {
    let words = words + ["--threads", String(threads)]
    let parsed = try Options.parse(
      words, command: command.name, options: command.options, arguments: command.arguments)
    if let parsed { try command.run(parsed, console: console) }
  }

  /// Whether a file of the folder is there.
  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: folder.file(name)) }

  /// What a run wrote as JSON.
  ///
  /// - Throws: `FileError` where the file is missing or no such JSON.
  func metrics(_ name: String) throws -> Metrics { try Metrics(contentsOf: folder.file(name)) }

  /// Writes an experiment's figures, with the command, the time since `began` and the machine.
  func write(_ metrics: Metrics, began: Double) throws {
    var metrics = metrics
    metrics["command"] = .text((["swift run Tools"] + CommandLine.arguments.dropFirst()).joined(separator: " "))
    metrics["seconds"] = .number(Progress.seconds() - began)
    metrics.recordMachine()
    try folder.write(metrics.json(), to: "metrics.json")
  }
}

extension Metrics {
  /// The JSON of a file.
  ///
  /// - Throws: `FileError` where the file is missing or no such JSON.
  init(contentsOf path: String) throws {
    let data = try ImageFiles.read(path, limit: 1 << 24)
    guard case .object(let values) = try? JSONDecoder().decode(MetricsValue.self, from: data) else {
      throw FileError("read", path, reason: "it is no JSON of metrics")
    }
    self.init()
    for (name, value) in values where !name.contains(".") && !name.isEmpty { self[name] = value }
  }

  /// The number at a path; nil where there is none.
  func number(_ path: String) -> Double? { self[path].asNumber }
}

extension MetricsValue {
  /// A number, whole or not; nil for anything else.
  var asNumber: Double? {
    switch self {
    case .number(let value): value
    case .integer(let value): Double(value)
    default: nil
    }
  }
}
