import Datasets
import Flow
import Kernels
import ToolSupport

/// Codes of images, or images of codes, for readers to learn from: every epoch another draw of what augmentation makes of
/// the images.
///
/// With the paper's network, encoding an image takes some hundred times as long as a reader's step on its code. So a few
/// draws are made in advance and shown in turn. Where none are, each epoch's batches are encoded as the reader asks for them.
struct CodeDraws: BatchSource {
  let labels: [UInt8]
  /// A matrix a draw, a row a sample; none where batches are computed as they are asked for.
  private var kept: [Matrix] = []
  /// The shape of samples that are images; nil for codes.
  private let pixels: (height: Int, width: Int)?
  private let compute: ([Int], Int) -> Activation

  /// The codes of images, from their epoch `firstEpoch` on.
  ///
  /// - Parameter draws: how many are made in advance, each of which takes 4 bytes a number of z and image; 0 for none.
  init(
    of images: ImageBatches, by coder: ImageCoder, firstEpoch: Int = 0, draws: Int = 1, name: String, console: Console
  ) throws {
    labels = images.labels
    pixels = nil
    compute = { indices, epoch in coder.encode(images.batch(indices, epoch: firstEpoch + epoch)) }
    try keep(draws, "codes of \(name)", console)
  }

  /// F⁻¹(mean z_s, z_n) of codes, as many draws in advance as there are of these.
  ///
  /// - Parameter means: the mean of every number of z_s.
  init(blanking codes: CodeDraws, by coder: ImageCoder, means: [Double], name: String, console: Console) throws {
    labels = codes.labels
    pixels = (coder.configuration.paddedHeight, coder.configuration.paddedWidth)
    compute = { indices, epoch in coder.blanked(codes.batch(indices, epoch: epoch), means: means) }
    try keep(codes.kept.count, "\(name) without z_s", console)
  }

  private mutating func keep(_ draws: Int, _ name: String, _ console: Console) throws {
    for draw in 0..<draws {
      let label = draws > 1 ? "\(name), draw \(draw + 1) of \(draws)" : name
      let progress = Progress(label, total: labels.count, unit: "images", console: console)
      var rows = Matrix(rows: 0, columns: 0)
      try forEachBatch(of: labels.count, size: ImageTraining.evaluationBatch) { range in
        try Interrupt.check()
        let samples = compute(Array(range), draw)
        if range.lowerBound == 0 { rows = Matrix(rows: labels.count, columns: samples.valuesPerSample) }
        samples.write(to: &rows, firstRow: range.lowerBound)
        progress.update(done: range.upperBound)
      }
      kept.append(rows)
      progress.finish()
    }
  }

  func batch(_ indices: [Int], epoch: Int) -> Activation {
    guard !kept.isEmpty else { return compute(indices, epoch) }
    let samples = Activation(gathering: indices, from: kept[epoch % kept.count])
    return pixels.map { samples.reshaped(height: $0.height, width: $0.width, channels: 1) } ?? samples
  }
}

/// Some numbers of codes, standardised or as they are.
struct CodeView<Source: BatchSource>: BatchSource {
  let source: Source
  let columns: Range<Int>
  /// Moments of those numbers; nil to leave them as they are.
  let moments: ColumnMoments?

  var labels: [UInt8] { source.labels }

  func batch(_ indices: [Int], epoch: Int) -> Activation {
    let numbers = source.batch(indices, epoch: epoch).channels(columns)
    return moments?.standardise(numbers) ?? Activation(concatenating: [numbers])
  }
}
