import Flow
import Foundation
import Kernels
import ToolSupport

/// `Tools inspect`: what a model is made of, and how well it inverts.
struct InspectCommand: Command {
  let name = "inspect"
  let summary = "a model's structure and cost, and how well each layer inverts"
  let discussion = """
    Shows the stages with their shapes, parameters and multiply-adds; of a bijection then sends some test images through, and \
    for every layer shows how far its inverse misses its input, and by how much its inverse amplifies a small change of its output. \
    Both far above the others' show a layer that drifts to numerical non-invertibility.

    Writes metrics.json.
    """
  let example = "swift run Tools inspect runs/mnist"
  let arguments = ModelRun.arguments
  let options: [Option] =
    [
      .integer("samples", default: 16, in: 1...10_000, metavar: "N", help: "test images to measure on, the first ones"),
      .integer("probes", default: 4, in: 1...1000, metavar: "N", help: "random directions that a layer is probed in"),
      .unsigned("seed", default: 0, metavar: "SEED", help: "seed of the directions"),
      ModelRun.outputOption("inspect"),
    ] + ModelRun.options

  func run(_ options: Options, console: Console) throws {
    let run = try ModelRun(options, console: console)
    let folder = try run.outputFolder(name)
    var metrics = run.metrics
    let structure = ModelStructure(run.model)
    structure.record(in: &metrics)
    try console.output(structure.text)
    if case .bijective(let model) = run.model {
      let images = try run.images(train: 0, test: options.integer("samples")).test
      let x = model.batch.activation(images, Array(0..<images.count))
      let health = InverseHealth(
        of: model.network, on: x, probes: options.integer("probes"), seed: options.unsigned("seed"))
      metrics["seed"] = .text(String(options.unsigned("seed")))
      metrics["inverse.samples"] = .integer(images.count)
      metrics["inverse.network"] = Self.value(health.whole)
      metrics["inverse.layers"] = .array(health.parts.map(Self.value))
      let worst = health.worst.map { "\($0.name), off by \(NumberText.scientific($0.roundTripError, decimals: 1))" }
      try console.output("\(Self.table(health))\nworst layer: \(worst ?? "none")\n")
    }
    metrics.recordMachine()
    try folder.write(metrics.json(), to: "metrics.json")
    try console.output("Written to \(folder.file("metrics.json")).\n")
  }

  private static func table(_ health: InverseHealth) -> String {
    var table = TextTable(["layer", "round-trip error", "amplification"])
    for part in health.parts + [health.whole] {
      table.add([
        part.name, NumberText.scientific(part.roundTripError, decimals: 1),
        NumberText.fixed(part.amplification, decimals: 2),
      ])
    }
    return table.text
  }

  private static func value(_ part: InverseHealth.Part) -> MetricsValue {
    .object([
      "name": .text(part.name), "round_trip_error": .number(part.roundTripError),
      "amplification": .number(part.amplification),
    ])
  }
}
