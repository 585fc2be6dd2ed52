import Datasets
import Flow
import Kernels
import ToolSupport

/// The metameric attack on hold-out pairs of points from different spheres (paper, section 2.1), one direction.
struct SpheresAttack {
  typealias Network = DenseFiRevNet

  /// What an attack in one direction came to.
  struct Outcome {
    var pairs = 0
    var largestLogitDifference = 0.0
    var unchanged = 0
    var flipped = 0
    var nuisanceFollows = 0
    var norms: [Double] = []
    var reached = 0
    var largestLogitDifferenceOnSphere = 0.0
    var largestRadiusError = 0.0
    var unchangedOnSphere = 0
    var nuisanceFollowsOnSphere = 0
    /// A pair that reached the other sphere: its index and the place on the line.
    var example: (pair: Int, position: Float)?
  }

  let classifier: BijectiveClassifier<Network>
  let nuisanceClassifier: RectifierNetwork
  let spheres: Spheres
  /// Hold-out points: pair i is rows 2i (inner) and 2i + 1 (outer).
  let points: Matrix

  /// Takes the logits of the points of `sourceClass` and the nuisance of their partners.
  func run(from sourceClass: UInt8, console: Console) throws -> Outcome {
    let pairs = points.rows / 2
    let direction = sourceClass == 0 ? "inner to outer" : "outer to inner"
    let progress = Progress("attack, \(direction)", total: pairs, unit: "pairs", console: console)
    let sampling = MetamericSampling(network: classifier.network, readOut: classifier.readOut)
    let radius = sourceClass == 0 ? spheres.outerRadius : spheres.innerRadius
    var outcome = Outcome()
    try forEachBatch(of: pairs, size: 2000) { range in
      try Interrupt.check()
      let source = codes(range.map { 2 * $0 + Int(sourceClass) })
      let donor = codes(range.map { 2 * $0 + 1 - Int(sourceClass) })
      let swapped = sampling.metamers(logitSource: source, nuisanceSource: donor)
      let bare = judge(swapped, source: source)
      outcome.pairs += range.count
      outcome.largestLogitDifference = max(outcome.largestLogitDifference, bare.largestLogitDifference)
      outcome.norms += bare.norms
      let crossings = sampling.crossings(logitSource: source, towards: donor, radius: radius)
      let onSphere = judge(
        sampling.metamers(logitSource: source, towards: donor, at: crossings.map { $0 ?? 0 }), source: source)
      for i in range.indices.map({ $0 - range.lowerBound }) {
        if bare.unchanged[i] { outcome.unchanged += 1 }
        if bare.oracle[i] != sourceClass { outcome.flipped += 1 }
        if bare.nuisance[i] == bare.oracle[i] { outcome.nuisanceFollows += 1 }
        guard let position = crossings[i] else { continue }
        outcome.reached += 1
        if outcome.example == nil { outcome.example = (range.lowerBound + i, position) }
        outcome.largestLogitDifferenceOnSphere = max(
          outcome.largestLogitDifferenceOnSphere, onSphere.logitDifferences[i])
        outcome.largestRadiusError = max(outcome.largestRadiusError, abs(onSphere.norms[i] - radius) / radius)
        if onSphere.unchanged[i] { outcome.unchangedOnSphere += 1 }
        if onSphere.nuisance[i] == onSphere.oracle[i] { outcome.nuisanceFollowsOnSphere += 1 }
      }
      progress.update(done: range.upperBound)
    }
    progress.finish()
    return outcome
  }

  /// F of some hold-out points.
  func codes(_ rows: [Int]) -> Activation {
    classifier.network.forward(Activation(gathering: rows, from: points)).y
  }

  private struct Judgement {
    let norms: [Double]
    let oracle: [UInt8]
    let unchanged: [Bool]
    let nuisance: [UInt8]
    let logitDifferences: [Double]
    var largestLogitDifference: Double { logitDifferences.max() ?? 0 }
  }

  /// Encodes metamers again, as a stranger would who has only the points.
  private func judge(_ metamers: Activation, source: Activation) -> Judgement {
    let norms = metamers.norms()
    let code = classifier.network.forward(metamers).y
    let before = classifier.logits(ofCode: source)
    let after = classifier.logits(ofCode: code)
    let differences = (0..<metamers.samples).map { sample in
      (0..<after.channels).map { Double(abs(after[sample, $0] - before[sample, $0])) }.max() ?? 0
    }
    return Judgement(
      norms: norms, oracle: norms.map { spheres.oracle(norm: $0) },
      unchanged: zip(before.argmaxChannels(), after.argmaxChannels()).map { $0 == $1 },
      nuisance: nuisanceClassifier.logits(classifier.readOut.nuisance(code)).argmaxChannels().map { UInt8($0) },
      logitDifferences: differences)
  }
}
