import Flow
import Kernels

/// Whole training steps at the sizes of the spheres experiment: gather the batch, loss, gradients, Adam.
///
/// Each of the M multiply-adds a sample in the forward products has one in the input gradient and one in the weight
/// gradient, so a step counts 6·M·batch operations; everything else, such as Adam, takes time but counts nothing. The
/// nuisance classifier does not compute its first layer's input gradient, yet it is counted: one rule for both.
enum StepCases {
  private static let batch = 500

  static var all: [Case] { [spheres, nuisance] }

  private static var spheres: Case {
    let (dimension, blocks, hidden) = (100, 4, 200)
    let model = spheresModel(dimension: dimension, blocks: blocks, hidden: hidden)
    let multiplyAdds = model.network.layers.reduce(0) { $0 + Self.multiplyAdds($1.function) }
    return Case(
      name: "step spheres", shape: "\(dimension), \(blocks) blocks of \(hidden), batch \(batch)",
      work: .operations(6 * Double(multiplyAdds * batch))
    ) { check in
      // An odd width, so that the halves differ.
      try SlowStep.check(spheresModel(dimension: 11, blocks: 3, hidden: 13), inputs: 11, check)
      return try step(model, inputs: dimension, check)
    }
  }

  private static var nuisance: Case {
    let widths = [98, 1000, 1000, 1000, 2]
    let model = nuisanceModel(widths)
    return Case(
      name: "step nuisance", shape: "\(widths.map(String.init).joined(separator: "→")), batch \(batch)",
      work: .operations(6 * Double(multiplyAdds(model) * batch))
    ) { check in
      try SlowStep.check(nuisanceModel([11, 19, 17, 13, 2]), inputs: 11, check)
      return try step(model, inputs: widths[0], check)
    }
  }

  private static func spheresModel(
    dimension: Int, blocks: Int, hidden: Int
  ) -> BijectiveClassifier<DenseFiRevNet> {
    BijectiveClassifier(
      network: DenseFiRevNet(dimension: dimension, blocks: blocks, hidden: hidden, seed: 1), classes: 2)
  }

  private static func nuisanceModel(_ widths: [Int]) -> RectifierNetwork {
    RectifierNetwork(widths: widths, random: RandomStream(seed: 1, name: "nuisance classifier"))
  }

  private static func multiplyAdds(_ network: RectifierNetwork) -> Int {
    network.layers.reduce(0) { $0 + $1.weight.values.count }
  }

  /// One epoch over as many rows as a batch has is one step.
  private static func step<Model: SlowClassifier>(_ model: Model, inputs: Int, _ check: Check) throws -> Body {
    let data = RandomData.matrix(batch, inputs, "data")
    let labels = RandomData.labels(batch, classes: 2)
    try SlowStep.checkLogits(model, data, check)
    // So slow that the numbers stay as they are at the start, however many steps are timed.
    var trainer = Trainer(model: model, optimiser: Adam(learningRate: 1e-6), batch: batch, seed: 1)
    let source = MatrixSource(samples: data, labels: labels)
    return .call { _ = try trainer.runEpoch(source) { _, _ in } }
  }
}
