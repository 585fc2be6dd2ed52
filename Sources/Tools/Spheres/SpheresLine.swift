import Flow
import Kernels
import ToolSupport

/// Where the oracle and the nuisance classifier change their minds on the line at fixed logits, from a hold-out point's
/// nuisance to that of a point of the other sphere.
///
/// On the line the logits stay, the nuisance moves steadily, and the point that both decode to gets longer or shorter.
/// The nuisance classifier sees a point's move onto the other sphere where it changes its mind before that sphere.
struct SpheresLine {
  let attack: SpheresAttack

  /// Pairs that are measured, the first ones: 2000 give a fraction with a deviation of at most 1.1 per cent.
  static let pairs = 2000

  /// What the lines of one direction came to. Places are fractions of the way to the other point's nuisance.
  struct Outcome {
    /// Pairs that were measured.
    var pairs = 0
    /// Where the nearer radius becomes the other one, of the pairs where it does.
    var oraclePlaces: [Double] = []
    /// Where the other sphere is met, of the pairs where it is.
    var spherePlaces: [Double] = []
    /// Where the nuisance classifier changes its mind, of the pairs where it does.
    var nuisancePlaces: [Double] = []
    /// Pairs where it does so before the other sphere is met.
    var nuisanceFirst = 0
    /// How long the point is there.
    var lengthsAtNuisanceChange: [Double] = []
    /// ‖z_n‖ of the points that the lines begin at.
    var ownNuisanceLengths: [Double] = []
    /// ‖z_n‖ of the points that they lead to.
    var donorNuisanceLengths: [Double] = []
    /// ‖z_n‖ where the other sphere is met.
    var sphereNuisanceLengths: [Double] = []

    /// Writes fractions, and the quantiles of what was found.
    func record(in metrics: inout Metrics, at path: String) {
      metrics["\(path).pairs"] = .integer(pairs)
      func fraction(_ places: [Double]) -> MetricsValue { .number(Double(places.count) / Double(max(pairs, 1))) }
      metrics["\(path).oracle_changes"] = fraction(oraclePlaces)
      metrics["\(path).meets_other_sphere"] = fraction(spherePlaces)
      metrics["\(path).nuisance_classifier_changes"] = fraction(nuisancePlaces)
      if !spherePlaces.isEmpty {
        let first = Double(nuisanceFirst) / Double(spherePlaces.count)
        metrics["\(path).nuisance_classifier_changes_first"] = .number(first)
      }
      let found = [
        ("oracle_change", oraclePlaces), ("other_sphere", spherePlaces),
        ("nuisance_classifier_change", nuisancePlaces),
        ("length_at_nuisance_classifier_change", lengthsAtNuisanceChange), ("own_nuisance_length", ownNuisanceLengths),
        ("donor_nuisance_length", donorNuisanceLengths), ("nuisance_length_on_other_sphere", sphereNuisanceLengths),
      ]
      for (name, values) in found where !values.isEmpty {
        metrics["\(path).\(name)_quantiles_5_50_95"] = .numbers(values.quantiles([0.05, 0.5, 0.95]))
      }
    }
  }

  /// Follows the lines from points of `sourceClass`. Cost: some 180 inverses and ninety evaluations of the nuisance
  /// classifier for each pair.
  func run(from sourceClass: UInt8, console: Console) throws -> Outcome {
    let pairs = min(attack.points.rows / 2, Self.pairs)
    let spheres = attack.spheres
    let direction = sourceClass == 0 ? "inner to outer" : "outer to inner"
    let progress = Progress("lines, \(direction)", total: pairs, unit: "pairs", console: console)
    let sampling = MetamericSampling(network: attack.classifier.network, readOut: attack.classifier.readOut)
    var outcome = Outcome(pairs: pairs)
    try forEachBatch(of: pairs, size: 500) { range in
      try Interrupt.check()
      let source = attack.codes(range.map { 2 * $0 + Int(sourceClass) })
      let donor = attack.codes(range.map { 2 * $0 + 1 - Int(sourceClass) })
      let oracle = sampling.crossings(
        logitSource: source, towards: donor, radius: (spheres.innerRadius + spheres.outerRadius) / 2)
      let sphere = sampling.crossings(
        logitSource: source, towards: donor, radius: sourceClass == 0 ? spheres.outerRadius : spheres.innerRadius)
      let nuisance = firstChanges(samples: source.samples) { t in
        attack.nuisanceClassifier.logits(sampling.nuisance(logitSource: source, towards: donor, at: t))
          .argmaxChannels().map { $0 == 1 }
      }
      outcome.oraclePlaces += oracle.compactMap { $0.map(Double.init) }
      outcome.spherePlaces += sphere.compactMap { $0.map(Double.init) }
      outcome.nuisancePlaces += nuisance.compactMap { $0.map(Double.init) }
      outcome.nuisanceFirst += zip(nuisance, sphere).reduce(0) { count, places in
        guard let change = places.0, let met = places.1 else { return count }
        return count + (change < met ? 1 : 0)
      }
      func kept(_ values: [Double], where places: [Float?]) -> [Double] {
        zip(values, places).compactMap { $1 == nil ? nil : $0 }
      }
      let changed = sampling.metamers(logitSource: source, towards: donor, at: nuisance.map { $0 ?? 0 })
      outcome.lengthsAtNuisanceChange += kept(changed.norms(), where: nuisance)
      let readOut = attack.classifier.readOut
      outcome.ownNuisanceLengths += readOut.nuisance(source).norms()
      outcome.donorNuisanceLengths += readOut.nuisance(donor).norms()
      let met = sampling.nuisance(logitSource: source, towards: donor, at: sphere.map { $0 ?? 0 })
      outcome.sphereNuisanceLengths += kept(met.norms(), where: sphere)
      progress.update(done: range.upperBound)
    }
    progress.finish()
    return outcome
  }
}

extension [Double] {
  /// The values below which the given fractions of all lie, the nearest ones; there is at least one value.
  func quantiles(_ fractions: [Double]) -> [Double] {
    let sorted = sorted()
    return fractions.map { sorted[Int((Double(sorted.count - 1) * $0).rounded())] }
  }
}
