import Flow
import Foundation
import Kernels
import ToolSupport

/// Training stopped; says what is left.
struct TrainingStopped: Error, CustomStringConvertible {
  let cause: TrainingDiverged
  let checkpoint: String?

  var description: String {
    let saved =
      checkpoint.map { "the last good checkpoint is \($0)" } ?? "no epoch was completed, so there is no checkpoint"
    return "\(cause); \(saved)."
  }
}

/// Epochs of one classifier, shown as they go, with a checkpoint after each.
struct TrainingRun<Model: Classifier> {
  let name: String
  let samples: Matrix
  var columns: Range<Int>?
  let labels: [UInt8]
  let epochs: Int
  let folder: OutputFolder
  let file: String
  let metadata: [String: String]
  let console: Console

  /// Runs up to `epochs` epochs; `isDone` may end it after any of them. Returns each epoch's seconds and loss.
  func run(_ trainer: inout Trainer<Model>, isDone: (Model) -> Bool = { _ in false }) throws -> [(
    seconds: Double, loss: Double
  )] {
    var record: [(seconds: Double, loss: Double)] = []
    while trainer.epochs < epochs {
      let label = "\(name), epoch \(trainer.epochs + 1) of \(epochs)"
      let progress = Progress(label, total: samples.rows, unit: "samples", console: console)
      let start = Progress.seconds()
      let epoch: Trainer<Model>.Epoch
      do {
        epoch = try trainer.runEpoch(samples: samples, columns: columns, labels: labels) { done, loss in
          try Interrupt.check()
          progress.update(done: done, extra: "loss \(Decimals.fixed(loss, places: 6))")
        }
      } catch let error as TrainingDiverged {
        throw TrainingStopped(cause: error, checkpoint: record.isEmpty ? nil : folder.file(file))
      }
      record.append((Progress.seconds() - start, epoch.loss))
      progress.update(done: samples.rows)
      let percent = Decimals.fixed(100 * epoch.accuracy, places: 3)
      progress.finish(extra: "mean loss \(Decimals.fixed(epoch.loss, places: 6)), accuracy \(percent) %")
      try folder.write(Checkpoint.encode(trainer.model, metadata: metadata), to: file)
      if isDone(trainer.model) { break }
    }
    return record
  }
}

extension Array where Element == Double {
  /// The middle value; of an even number of values the lower one. Zero for none.
  var lowerMedian: Double { isEmpty ? 0 : sorted()[(count - 1) / 2] }
}
