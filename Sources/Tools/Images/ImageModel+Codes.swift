import Flow
import Kernels
import ToolSupport

extension ImageModel {
  /// Codes of all of a data set's images, a row each, shown as they are made.
  func codes(of batches: ImageBatches, epoch: Int, label: String, console: Console) throws -> Matrix {
    var codes = Matrix(rows: batches.labels.count, columns: configuration.dimensions)
    let progress = Progress(label, total: codes.rows, unit: "images", console: console)
    try forEachBatch(of: codes.rows, size: ImageTraining.evaluationBatch) { range in
      try Interrupt.check()
      encode(batches.batch(Array(range), epoch: epoch)).write(to: &codes, firstRow: range.lowerBound)
      progress.update(done: range.upperBound)
    }
    progress.finish()
    return codes
  }
}
