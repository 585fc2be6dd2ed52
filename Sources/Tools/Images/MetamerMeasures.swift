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
  private var (pixels, pixelsOutside) = (0, 0)

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
    pixelsOutside += metamers.matrix().values.reduce(0) { $0 + ((0...1).contains($1) ? 0 : 1) }
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
  }

  /// In words, two lines.
  var summary: String {
    """
    largest difference of a logit, encoded again: \(NumberText.scientific(largestLogitDifference, decimals: 2)); \
    decisions unchanged: \(Decimals.fixed(100 * predictionsUnchanged, places: 2)) %
    as images of bytes: \(NumberText.scientific(largestLogitDifferenceAsBytes, decimals: 2)) and \
    \(Decimals.fixed(100 * predictionsUnchangedAsBytes, places: 2)) %

    """
  }

  /// The larger of two; NaN if either is.
  private static func larger(_ a: Double, _ b: Double) -> Double { a.isNaN || b.isNaN ? .nan : max(a, b) }
}
