import Flow
import Kernels
import ToolSupport

/// What became of metamers when they were encoded again, as a stranger would who has only the images.
struct MetamerMeasures {
  private(set) var count = 0
  private(set) var largestLogitDifference = 0.0
  private var unchanged = 0
  private var largestLogitDifferenceAsBytes = 0.0
  private var unchangedAsBytes = 0
  private var distanceToSource = 0.0
  private var distanceToDonor = 0.0
  private var (pixels, pixelsOutside, pixelsFarOutside) = (0, 0, 0)
  private var verdicts: (source: Int, donor: Int)?

  /// Adds some metamers: what they were made of, as codes and as images.
  mutating func add(
    _ metamers: Activation, of model: ImageModel, logitSource: Activation, source: Activation, donor: Activation
  ) {
    let before = model.logits(logitSource)
    let decisions = before.argmaxChannels()
    for isQuantised in [false, true] {
      let after = model.logits(model.encode(isQuantised ? model.batch.quantised(metamers) : metamers))
      let difference = after.largestDifference(from: before)
      let kept = zip(after.argmaxChannels(), decisions).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }
      if isQuantised {
        largestLogitDifferenceAsBytes = Self.larger(difference, largestLogitDifferenceAsBytes)
        unchangedAsBytes += kept
      } else {
        largestLogitDifference = Self.larger(difference, largestLogitDifference)
        unchanged += kept
      }
    }
    count += metamers.samples
    distanceToSource += subtract(metamers.view, source.view).norms().reduce(0, +)
    distanceToDonor += subtract(metamers.view, donor.view).norms().reduce(0, +)
    pixels += metamers.samples * metamers.valuesPerSample
    let values = metamers.matrix().values
    pixelsOutside += values.reduce(0) { $0 + ((0...1).contains($1) ? 0 : 1) }
    pixelsFarOutside += values.reduce(0) { $0 + ((-0.1...1.1).contains($1) ? 0 : 1) }
  }

  /// Adds what a judge sees in some metamers as images of bytes: the class of the logits' source, of the nuisance's, or neither.
  mutating func add(verdicts seen: [UInt8], sourceLabels: [UInt8], donorLabels: [UInt8]) {
    let source = zip(seen, sourceLabels).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }
    let donor = zip(seen, donorLabels).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }
    verdicts = ((verdicts?.source ?? 0) + source, (verdicts?.donor ?? 0) + donor)
  }

  /// The fraction of metamers that are classified as the source of their logits.
  var predictionsUnchanged: Double { Double(unchanged) / Double(max(count, 1)) }
  /// The same, once they are images of bytes: rounded, and cut off below 0 and above 1.
  var predictionsUnchangedAsBytes: Double { Double(unchangedAsBytes) / Double(max(count, 1)) }

  /// Records all of it under a path.
  func record(in metrics: inout Metrics, at path: String) {
    let total = Double(max(count, 1))
    metrics["\(path).count"] = .integer(count)
    metrics["\(path).max_logit_difference"] = .number(largestLogitDifference)
    metrics["\(path).predictions_unchanged"] = .number(predictionsUnchanged)
    metrics["\(path).as_bytes.max_logit_difference"] = .number(largestLogitDifferenceAsBytes)
    metrics["\(path).as_bytes.predictions_unchanged"] = .number(predictionsUnchangedAsBytes)
    metrics["\(path).mean_distance_to_logit_source"] = .number(distanceToSource / total)
    metrics["\(path).mean_distance_to_nuisance_source"] = .number(distanceToDonor / total)
    metrics["\(path).pixels_outside_0_1"] = .number(Double(pixelsOutside) / Double(max(pixels, 1)))
    metrics["\(path).pixels_a_tenth_outside_0_1"] = .number(
      Double(pixelsFarOutside) / Double(max(pixels, 1)))
    guard let verdicts else { return }
    metrics["\(path).judge.logit_source_class"] = .number(Double(verdicts.source) / total)
    metrics["\(path).judge.nuisance_source_class"] = .number(Double(verdicts.donor) / total)
  }

  /// In words, two lines, and a third with a judge.
  var summary: String {
    """
    largest difference of a logit, encoded again: \(NumberText.scientific(largestLogitDifference, decimals: 2)); \
    decisions unchanged: \(Decimals.fixed(100 * predictionsUnchanged, places: 2)) %
    as images of bytes: \(NumberText.scientific(largestLogitDifferenceAsBytes, decimals: 2)) and \
    \(Decimals.fixed(100 * predictionsUnchangedAsBytes, places: 2)) %; pixels outside [0, 1] by a tenth or more: \
    \(Decimals.fixed(100 * Double(pixelsFarOutside) / Double(max(pixels, 1)), places: 2)) %
    \(judgement)
    """
  }

  /// What the judge sees, a line; empty without one.
  private var judgement: String {
    guard let verdicts else { return "" }
    func percent(_ hits: Int) -> String { "\(Decimals.fixed(100 * Double(hits) / Double(max(count, 1)), places: 2)) %" }
    return "the judge sees the class of the nuisance's source in \(percent(verdicts.donor)), of the logits' source in "
      + "\(percent(verdicts.source))\n"
  }

  /// The larger of two; NaN if either is.
  private static func larger(_ a: Double, _ b: Double) -> Double { a.isNaN || b.isNaN ? .nan : max(a, b) }
}
