import Flow
import Foundation
import Kernels
import ToolSupport

/// `Tools inspect`: what a model is made of, and how well it inverts.
struct InspectCommand: Command {
  let name = "inspect"
  let summary = "a model's structure and cost, and how well each layer inverts"
  let discussion = """
    Shows the stages with their shapes, parameters and multiply-adds, then sends some test images through, and for every \
    layer shows how far its inverse misses its input, and by how much its inverse amplifies a small change of its output. \
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
    let images = try run.images(train: 0, test: options.integer("samples")).test
    var metrics = run.metrics
    try console.output(structure(run.model, &metrics))

    let x = run.model.batch.activation(images, Array(0..<images.count))
    let health = InverseHealth(
      of: run.model.network, on: x, probes: options.integer("probes"), seed: options.unsigned("seed"))
    metrics["seed"] = .text(String(options.unsigned("seed")))
    metrics["inverse.samples"] = .integer(images.count)
    metrics["inverse.network"] = Self.value(health.whole)
    metrics["inverse.layers"] = .array(health.parts.map(Self.value))
    metrics.recordMachine()
    try folder.write(metrics.json(), to: "metrics.json")
    let worst = health.worst.map { "\($0.name), off by \(NumberText.scientific($0.roundTripError, decimals: 1))" }
    try console.output(
      Self.table(health) + """

        worst layer: \(worst ?? "none")
        Written to \(folder.file("metrics.json")).

        """)
  }

  /// The stages, as a table and in `metrics`.
  private func structure(_ model: ImageModel, _ metrics: inout Metrics) -> String {
    let network = model.network
    let parameters = network.parameters().filter { $0.parameter.kind == .trainable }
    var table = TextTable(["stage", "shape", "steps", "parameters", "multiply-adds an image"])
    var stages: [MetricsValue] = []
    var multiplyAdds = 0
    for (stage, shape) in network.stageShapes.enumerated() {
      let own = parameters.filter { $0.parameter.name.hasPrefix("stages.\(stage).") }.reduce(0) { $0 + $1.values.count }
      let cost = model.configuration.multiplyAdds(stage: stage)
      multiplyAdds += cost
      let steps = network.stages[stage].layers.count
      let text = "\(shape.height)×\(shape.width)×\(shape.channels)"
      table.add([String(stage + 1), text, String(steps), String(own), String(cost)])
      stages.append(
        .object([
          "height": .integer(shape.height), "width": .integer(shape.width), "channels": .integer(shape.channels),
          "steps": .integer(steps), "parameters": .integer(own), "multiply_adds": .integer(cost),
        ]))
    }
    let total = network.parameterCount()
    table.add(["all", "", "", String(total), String(multiplyAdds)])
    metrics["structure.stages"] = .array(stages)
    metrics["structure.parameters"] = .integer(total)
    metrics["structure.multiply_adds"] = .integer(multiplyAdds)
    metrics["structure.extra_tensors"] = .array(model.extras.map { .text($0.name) })
    let input = network.inputShape
    let extras = model.extras.isEmpty ? "" : "beside the network: \(model.extras.map(\.name).joined(separator: ", "))\n"
    return """
      \(input.height)×\(input.width)×\(input.channels) numbers, of which the code has \(model.configuration.classes) as \
      logits and \(input.values - model.configuration.classes) as nuisance
      \(extras)
      \(table.text)

      """
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
