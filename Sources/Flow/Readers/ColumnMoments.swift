import Kernels

/// Mean and deviation of every number of some samples, as a reader's input is standardised by them.
public struct ColumnMoments: Sendable, Equatable {
  /// The means.
  public let means: [Double]
  /// The standard deviations, of the samples themselves (divided by their number).
  public let deviations: [Double]

  /// Moments of all samples of a source as its epoch 0 shows them, in Double and in the order of the samples, so that they
  /// depend neither on threads nor on how the source is divided into batches. Cost: one pass over the samples.
  public init(_ source: some BatchSource, batch: Int = 256) {
    precondition(!source.labels.isEmpty, "moments: expected some samples, found none")
    // Sums of distances from the first sample: of numbers far from zero, squares would lose what they differ by.
    var first: [Double] = []
    var (sums, squares): ([Double], [Double]) = ([], [])
    forEachBatch(of: source.labels.count, size: batch) { range in
      let rows = source.batch(Array(range), epoch: 0).matrix()
      if first.isEmpty {
        first = rows.values[..<rows.columns].map { Double($0) }
        sums = [Double](repeating: 0, count: rows.columns)
        squares = sums
      }
      for row in 0..<rows.rows {
        for column in 0..<rows.columns {
          let distance = Double(rows.values[row * rows.columns + column]) - first[column]
          sums[column] += distance
          squares[column] += distance * distance
        }
      }
    }
    let count = Double(source.labels.count)
    means = zip(first, sums).map { $0 + $1 / count }
    deviations = zip(sums, squares).map { sum, square in
      max(0, square / count - (sum / count) * (sum / count)).squareRoot()
    }
  }

  /// Some of the numbers.
  public subscript(columns: Range<Int>) -> ColumnMoments {
    ColumnMoments(means: Array(means[columns]), deviations: Array(deviations[columns]))
  }

  private init(means: [Double], deviations: [Double]) {
    self.means = means
    self.deviations = deviations
  }

  /// x with these moments taken away: (x − mean)/deviation, channel by channel. A number that is constant becomes one close
  /// to zero.
  public func standardise(_ x: ChannelView) -> Activation {
    shiftThenScale(
      x, shift: means.map { Float(-$0) }, scale: deviations.map { Float(1 / ($0 * $0 + 1e-12).squareRoot()) })
  }

  /// x, whose moments are these, with the moments `other` instead: a batch from another distribution, re-centred and
  /// re-scaled as its network knew batches to be.
  public func replace(_ x: ChannelView, by other: ColumnMoments) -> Activation {
    unscaleThenUnshift(
      standardise(x).view, shift: other.means.map { Float(-$0) },
      scale: other.deviations.map { Float(1 / ($0 * $0 + 1e-12).squareRoot()) })
  }
}
