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

/// Epochs of one learner, shown as they go.
struct TrainingRun {
  let name: String
  let unit: String
  let epochs: Int
  let console: Console

  /// What one epoch came to, and how long it took.
  struct Record {
    let seconds: Double
    let outcome: EpochOutcome
  }

  /// Runs the trainer up to epoch `epochs`. `afterEpoch` writes a checkpoint and says what it is called.
  func run<Student: Learner>(
    _ trainer: inout Trainer<Student>, on source: some BatchSource,
    afterEpoch: (inout Trainer<Student>, Record) throws -> String
  ) throws -> [Record] {
    var records: [Record] = []
    var checkpoint: String?
    while trainer.epochs < epochs {
      let label = "\(name), epoch \(trainer.epochs + 1) of \(epochs)"
      let progress = Progress(label, total: source.labels.count, unit: unit, console: console)
      let start = Progress.seconds()
      let outcome: EpochOutcome
      do {
        outcome = try trainer.runEpoch(source) { done, step in
          try Interrupt.check()
          progress.update(done: done, extra: "loss \(Decimals.fixed(step.loss, places: 6))")
        }
      } catch let error as TrainingDiverged {
        throw TrainingStopped(cause: error, checkpoint: checkpoint)
      }
      let record = Record(seconds: Progress.seconds() - start, outcome: outcome)
      records.append(record)
      progress.update(done: source.labels.count)
      let percent = Decimals.fixed(100 * outcome.accuracy, places: 3)
      progress.finish(extra: "mean loss \(Decimals.fixed(outcome.loss, places: 6)), accuracy \(percent) %")
      checkpoint = try afterEpoch(&trainer, record)
    }
    return records
  }
}

extension Array where Element == Double {
  /// The middle value; of an even number of values the lower one. Zero for none.
  var lowerMedian: Double { isEmpty ? 0 : sorted()[(count - 1) / 2] }
}
