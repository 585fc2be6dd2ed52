import Kernels

/// Handwritten-looking digits that are drawn, not loaded: stroke skeletons, written by a random hand with a soft pen.
///
/// They follow MNIST's conventions: 28 × 28 pixels, white on black, a digit fits a square of 20 × 20 pixels and its centre
/// of mass lies near the middle. They are not MNIST: results on them are results on them.
public struct Digits: Sendable, Equatable {
  /// The two sets, which come from different random streams.
  public enum Split: String, Sendable, CaseIterable {
    /// The digits to train with.
    case train
    /// The digits to test with.
    case test
  }

  /// Rows and columns of an image.
  public static let side = 28
  /// The digits 0 to 9.
  public static let classes = 10
  /// How many training images MNIST has.
  public static let trainCount = 60_000
  /// How many test images MNIST has.
  public static let testCount = 10_000

  /// What all images depend on.
  public let seed: UInt64

  /// The digits of a seed.
  public init(seed: UInt64) { self.seed = seed }

  /// Samples `range` of the endless sequence of a split. Of each ten from a multiple of ten on, every digit is one.
  ///
  /// A sample depends on the seed, the split and its index alone and has the same bytes on every machine: read in parts,
  /// the sequence is the same. Cost: some 15 µs a sample.
  public func samples(_ range: Range<Int>, of split: Split) -> LabelledImages {
    precondition(range.lowerBound >= 0, "digits: expected samples from 0 on, found \(range)")
    let size = Self.side * Self.side
    let labels = labels(range, of: split)
    var pixels = [UInt8](repeating: 0, count: range.count * size)
    // In parts, so that memory holds few random numbers beside the images.
    for start in stride(from: 0, to: range.count, by: 1024) {
      let part = start..<min(start + 1024, range.count)
      draw(labels[part], first: range.lowerBound + start, of: split, into: &pixels[(part.lowerBound * size)...])
    }
    return LabelledImages(
      height: Self.side, width: Self.side, classes: Self.classes, pixels: pixels, labels: labels)
  }

  /// The first `train` and `test` samples of the two splits: by default as many as MNIST has.
  public func splits(train: Int = trainCount, test: Int = testCount) -> ImageSplits {
    ImageSplits(checkedTrain: samples(0..<train, of: .train), checkedTest: samples(0..<test, of: .test))
  }

  private func stream(_ purpose: String, _ split: Split) -> RandomStream {
    RandomStream(seed: seed, name: "digits \(split.rawValue) \(purpose)")
  }

  private func draw(_ labels: ArraySlice<UInt8>, first: Int, of split: Split, into pixels: inout ArraySlice<UInt8>) {
    let count = labels.count
    let hands = stream("hands", split).gaussians(
      count: count * DigitHand.gaussians, offset: first * DigitHand.gaussians)
    let choices = stream("variants", split).uniforms(count: count, offset: first)
    let size = Self.side * Self.side
    for (index, label) in labels.enumerated() {
      let variants = DigitSkeleton.variants[Int(label)]
      let skeleton = variants[Int(choices[index] * Float(variants.count))]
      let hand = DigitHand(hands[(index * DigitHand.gaussians)..<((index + 1) * DigitHand.gaussians)])
      let start = pixels.startIndex + index * size
      hand.path(of: skeleton, side: Self.side).draw(into: &pixels[start..<(start + size)], side: Self.side)
    }
  }

  /// Each ten labels are a random order of the digits.
  private func labels(_ range: Range<Int>, of split: Split) -> [UInt8] {
    let tens = (range.lowerBound / 10)..<((range.upperBound + 9) / 10)
    let draws = stream("labels", split).uniforms(count: 10 * tens.count, offset: 10 * tens.lowerBound)
    var labels: [UInt8] = []
    labels.reserveCapacity(10 * tens.count)
    for ten in 0..<tens.count {
      var order = Array(0..<10 as Range<UInt8>)
      for last in stride(from: 9, to: 0, by: -1) {
        // A uniform number is below 1 by at least 2⁻²⁴, so the product rounds to less than last + 1.
        order.swapAt(last, Int(draws[10 * ten + last] * Float(last + 1)))
      }
      labels += order
    }
    return Array(labels[(range.lowerBound - 10 * tens.lowerBound)...].prefix(range.count))
  }
}
