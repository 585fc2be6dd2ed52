import Flow
import Foundation
import Kernels
import TestSupport
import Testing

@testable import Datasets
@testable import ToolSupport
@testable import Tools

/// A model file read by another program: `Tests/Python/logits.py` computes the logits in PyTorch, from the file alone.
///
/// Runs where `METAMER_PYTHON`, or `python3`, has numpy, torch and safetensors, and says that it was skipped elsewhere.
struct PyTorchTests {

  private static let isThere = Python.has(["numpy", "torch", "safetensors"])

  @Test("PyTorch computes the same logits from the file", .enabled(if: isThere), arguments: CouplingKind.allCases)
  func logits(coupling: CouplingKind) throws {
    var configuration = SmallModel.configuration
    configuration.coupling = coupling
    configuration.logitScale = .fixed(3)
    let model = SmallModel.make(configuration, deviation: 0.1)
    try compare(.bijective(model)) { model.logits(model.encode($0)) }
  }

  @Test("PyTorch computes learned logits of a network that preserves volume from the file", .enabled(if: isThere))
  func learnedLogits() throws {
    var configuration = SmallModel.configuration
    configuration.logitScale = .learned
    configuration.preservesVolume = true
    let model = SmallModel.make(configuration, deviation: 0.1)
    try compare(.bijective(model)) { model.logits(model.encode($0)) }
  }

  @Test("PyTorch computes a ResNet's logits from the file", .enabled(if: isThere))
  func residualLogits() throws {
    guard case .residual(_, let network) = SmallModel.residual else { return }
    try compare(SmallModel.residual) { network.logits($0) }
  }

  private func compare(_ model: TrainedModel, _ logits: (Activation) -> Activation) throws {
    try SmallModel.withRun(model) { run in
      let configuration = model.configuration
      let x = configuration.batch.activation(Digits(seed: 5).samples(0..<20, of: .test), Array(0..<20))
      let (height, width) = (configuration.paddedHeight, configuration.paddedWidth)
      let images = NPY(shape: [20, height, width], x.matrix().values).encode()
      try Data(images).write(to: URL(fileURLWithPath: "\(run)/images.npy"))
      let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Python/logits.py").path
      let (code, output) = try Python.call([
        script, "\(run)/\(ModelFile.name)", "\(run)/images.npy", "\(run)/logits.npy",
      ])
      try #require(code == 0, "\(output)")
      let file = try NPY.decode([UInt8](Data(contentsOf: URL(fileURLWithPath: "\(run)/logits.npy"))))
      let found = file.floats
      let expected = logits(x).matrix().values
      #expect(found.count == expected.count)
      let largest = zip(found, expected).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
      #expect(largest < 1e-4, "\(largest)")
      #expect((expected.map { abs($0) }.max() ?? 0) > 0.1, "logits this small would prove nothing")
    }
  }
}
