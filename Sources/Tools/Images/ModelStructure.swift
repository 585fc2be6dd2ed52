import Flow
import Kernels
import ToolSupport

/// What a model is made of and what an image through it costs, as a table and as metrics.
struct ModelStructure {
  private struct Stage {
    let height, width, channels: Int
    /// Steps of a bijection, blocks of a ResNet.
    let parts: Int
    let multiplyAdds: Int
  }

  private let model: TrainedModel
  private let parts: String
  private let stages: [Stage]

  init(_ model: TrainedModel) {
    self.model = model
    switch model {
    case .bijective(let bijection):
      parts = "steps"
      stages = zip(bijection.network.stageShapes, bijection.network.stages).enumerated().map { index, stage in
        Stage(
          height: stage.0.height, width: stage.0.width, channels: stage.0.channels, parts: stage.1.layers.count,
          multiplyAdds: bijection.configuration.multiplyAdds(stage: index))
      }
    case .residual(let configuration, let network):
      parts = "blocks"
      stages = network.stageSummaries(height: configuration.height, width: configuration.width).map {
        Stage(
          height: $0.height, width: $0.width, channels: $0.channels, parts: $0.blocks, multiplyAdds: $0.multiplyAdds)
      }
    }
  }

  private var multiplyAdds: Int { stages.reduce(0) { $0 + $1.multiplyAdds } }

  /// Trainable values of a stage.
  private func parameters(stage: Int) -> Int {
    model.network.parameters().filter {
      $0.parameter.kind == .trainable && $0.parameter.name.hasPrefix("stages.\(stage).")
    }.reduce(0) { $0 + $1.values.count }
  }

  /// For a terminal.
  var text: String {
    var table = TextTable(["stage", "shape", parts, "parameters", "multiply-adds an image"])
    for (index, stage) in stages.enumerated() {
      table.add([
        String(index + 1), "\(stage.height)×\(stage.width)×\(stage.channels)", String(stage.parts),
        String(parameters(stage: index)), String(stage.multiplyAdds),
      ])
    }
    table.add(["all", "", "", String(model.network.parameterCount()), String(multiplyAdds)])
    let extras = model.extras.isEmpty ? "" : "beside the network: \(model.extras.map(\.name).joined(separator: ", "))\n"
    return "\(head)\n\(extras)\n\(table.text)\n"
  }

  private var head: String {
    let classes = model.configuration.classes
    switch model {
    case .bijective(let bijection):
      let input = bijection.network.inputShape
      return "\(input.height)×\(input.width)×\(input.channels) numbers, of which the code has \(classes) as "
        + "logits and \(input.values - classes) as nuisance"
    case .residual(let configuration, _):
      return "\(configuration.height)×\(configuration.width)×1 numbers, of which \(classes) logits are left: no inverse"
    }
  }

  /// Records all of it under `structure`.
  func record(in metrics: inout Metrics) {
    metrics["structure.stages"] = .array(
      stages.enumerated().map { index, stage in
        .object([
          "height": .integer(stage.height), "width": .integer(stage.width), "channels": .integer(stage.channels),
          parts: .integer(stage.parts), "parameters": .integer(parameters(stage: index)),
          "multiply_adds": .integer(stage.multiplyAdds),
        ])
      })
    metrics["structure.parameters"] = .integer(model.network.parameterCount())
    metrics["structure.multiply_adds"] = .integer(multiplyAdds)
    metrics["structure.extra_tensors"] = .array(model.extras.map { .text($0.name) })
  }
}
