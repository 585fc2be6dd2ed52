import Kernels

/// Samples with labels, of which batches can be had in any order.
public protocol BatchSource {
  /// The class of every sample.
  var labels: [UInt8] { get }

  /// The samples of the given indices, as they are shown in one epoch: what is random about them depends on the epoch and
  /// the index alone.
  func batch(_ indices: [Int], epoch: Int) -> Activation
}

/// Rows of a matrix, or some columns of them.
public struct MatrixSource: BatchSource {
  /// One sample a row.
  public let samples: Matrix
  /// The class of every row.
  public let labels: [UInt8]
  private let columns: Range<Int>?

  /// All columns where none are given.
  public init(samples: Matrix, columns: Range<Int>? = nil, labels: [UInt8]) {
    precondition(samples.rows == labels.count, "trainer: \(samples.rows) samples and \(labels.count) labels")
    self.samples = samples
    self.labels = labels
    self.columns = columns
  }

  /// The rows of the given indices.
  public func batch(_ indices: [Int], epoch: Int) -> Activation {
    Activation(gathering: indices, from: samples, columns: columns)
  }
}
